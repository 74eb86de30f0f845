"""The families of products, which of them training may see, and the making of one product."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import numpy as np

from cleanplate.render.products import (
    abstract,
    arms,
    electronics,
    furniture,
    garden,
    glassware,
    goods,
    household,
    kitchenware,
    panels,
    tableware,
    tools,
    toys,
    utensils,
    wires,
)
from cleanplate.render.products.dressing import FREE_SHARE, fuse_transparent, vary
from cleanplate.render.products.placing import pose
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
    electronics.gadget,
    toys.blocks,
    toys.animal,
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
    electronics.headphones,
    garden.plant,
    garden.watering_can,
)
# for training too; apart, so that earlier compositions stay what they were
_MORE: tuple[_Maker, ...] = (
    household.letter_tray,
    household.dish_rack,
    household.lantern,
    household.tripod,
    household.strap,
    household.chain,
    household.coil,
    household.step_ladder,
    household.crate,
    household.soft,
)
# for training too, but no products
_ABSTRACT: tuple[_Maker, ...] = (
    abstract.tangle,
    abstract.fretwork,
    abstract.lattice,
    abstract.clump,
    abstract.heap,
    abstract.rosette,
    abstract.slots,
    arms.arms,
    panels.panels,
)
# share of products that lie on their side
LYING = {
    "tumbler": 0.15,
    "bottle": 0.25,
    "jar": 0.1,
    "vase": 0.1,
    "mug": 0.1,
    "mill": 0.3,
    "can": 0.15,
    "stool": 0.1,
    "brush": 0.3,
    "animal": 0.15,
    "stemware": 0.2,
    "funnel": 0.4,
    "ladle": 0.5,
    "chair": 0.1,
    "candle_holder": 0.1,
}
_MAKERS = {maker.__name__: maker for maker in (*_TRAIN, *_TEST, *_MORE, *_ABSTRACT)}

TRAIN_FAMILIES: tuple[str, ...] = tuple(maker.__name__ for maker in _TRAIN)
TEST_FAMILIES: tuple[str, ...] = tuple(maker.__name__ for maker in _TEST)
MORE_FAMILIES: tuple[str, ...] = tuple(maker.__name__ for maker in _MORE)
ABSTRACT_FAMILIES: tuple[str, ...] = tuple(maker.__name__ for maker in _ABSTRACT)
FAMILIES: tuple[str, ...] = TRAIN_FAMILIES + TEST_FAMILIES


def make_product(family: str, seed: int) -> Product:
    """One product of a family; the same family and seed give the same bytes.

    Raises:
        ValueError: an unknown family.
    """
    if family not in _MAKERS:
        raise ValueError(f"unknown product family {family!r}; choose one of {', '.join(_MAKERS)}")
    rng = np.random.default_rng([seed, zlib.crc32(family.encode())])
    parts: Sequence[Part] = _MAKERS[family](rng)
    if rng.random() < FREE_SHARE:
        parts = vary(parts, rng)
    placed = pose(fuse_transparent(parts), rng, LYING.get(family, 0.0))
    return Product(f"{family}-{seed}", family, seed, placed, derive_tags(placed))
