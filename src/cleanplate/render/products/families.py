"""The families of products, which of them training may see, and the making of one product."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from cleanplate.render.products import furniture, glassware, goods, kitchenware, living, tableware, tools, utensils, wires
from cleanplate.render.products.dressing import FREE_SHARE, fuse_transparent, redress
from cleanplate.render.products.primitives import transformed
from cleanplate.render.products.tags import derive_tags
from cleanplate.render.products.types import Part, Product

_Maker = Callable[[np.random.Generator], list[Part]]
_TRAIN: tuple[_Maker, ...] = (
    glassware.tumbler,
    glassware.bottle,
    glassware.jar,
    glassware.vase,
    tableware.mug,
    tableware.bowl,
    tableware.plates,
    tableware.pitcher,
    kitchenware.pot,
    kitchenware.pan,
    kitchenware.sieve,
    kitchenware.mill,
    utensils.cutlery,
    utensils.turner,
    utensils.board,
    wires.wire_rack,
    wires.basket,
    wires.hanger,
    wires.mug_tree,
    furniture.stool,
    furniture.lamp,
    furniture.shelf,
    goods.carton,
    goods.can,
    goods.squeeze_tube,
    goods.picture_frame,
    tools.hammer,
    tools.screwdriver,
    tools.brush,
    living.gadget,
    living.blocks,
    living.animal,
)
# shape classes of which training has none
_TEST: tuple[_Maker, ...] = (
    glassware.stemware,
    glassware.funnel,
    tableware.teapot,
    kitchenware.kettle,
    kitchenware.colander,
    utensils.ladle,
    utensils.whisk,
    wires.trivet,
    wires.bird_cage,
    furniture.chair,
    goods.candle_holder,
    goods.clock,
    tools.pliers,
    tools.scissors,
    tools.spectacles,
    living.headphones,
    living.plant,
    living.watering_can,
)
_MAKERS = {maker.__name__: maker for maker in (*_TRAIN, *_TEST)}

TRAIN_FAMILIES: tuple[str, ...] = tuple(maker.__name__ for maker in _TRAIN)
TEST_FAMILIES: tuple[str, ...] = tuple(maker.__name__ for maker in _TEST)
FAMILIES: tuple[str, ...] = TRAIN_FAMILIES + TEST_FAMILIES


def make_product(family: str, seed: int) -> Product:
    """One product of a family (see `FAMILIES`); the same family and seed give the same bytes.

    Raises:
        ValueError: an unknown family.
    """
    if family not in _MAKERS:
        raise ValueError(f"unknown product family {family!r}; choose one of {', '.join(FAMILIES)}")
    rng = np.random.default_rng([seed, zlib.crc32(family.encode())])
    parts: Sequence[Part] = _MAKERS[family](rng)
    if rng.random() < FREE_SHARE:
        parts = redress(parts, rng)
    placed = place(fuse_transparent(parts), turn=rng.uniform(0, 2 * np.pi))
    return Product(f"{family}-{seed}", family, seed, placed, derive_tags(placed))


def place(parts: Sequence[Part], turn: float = 0.0, scale: float = 1.0) -> tuple[Part, ...]:
    """Parts turned about z (radians) and scaled, with their common base on z = 0 and centred on x = y = 0."""
    c, s = np.cos(turn), np.sin(turn)
    matrix = np.eye(4)
    matrix[:3, :3] = scale * np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    meshes = [transformed(p.mesh, matrix) for p in parts]
    low = np.min([m.bounds[0] for m in meshes], axis=0)
    high = np.max([m.bounds[1] for m in meshes], axis=0)
    shift = np.eye(4)
    shift[:3, 3] = [-(low[0] + high[0]) / 2, -(low[1] + high[1]) / 2, -low[2]]
    return tuple(replace(p, mesh=transformed(m, shift)) for p, m in zip(parts, meshes, strict=True))
