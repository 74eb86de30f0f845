"""The families of products, which of them training may see, and the making of one product."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from cleanplate.render.products import vessels
from cleanplate.render.products.dressing import FREE_SHARE, redress
from cleanplate.render.products.primitives import transformed
from cleanplate.render.products.tags import derive_tags
from cleanplate.render.products.types import Part, Product

_TRAIN: dict[str, Callable[[np.random.Generator], list[Part]]] = {
    "tumbler": vessels.tumbler,
    "mug": vessels.mug,
}
# shape classes that no training family has
_TEST: dict[str, Callable[[np.random.Generator], list[Part]]] = {}

TRAIN_FAMILIES: tuple[str, ...] = tuple(_TRAIN)
TEST_FAMILIES: tuple[str, ...] = tuple(_TEST)
FAMILIES: tuple[str, ...] = TRAIN_FAMILIES + TEST_FAMILIES


def make_product(family: str, seed: int) -> Product:
    """One product of a family (see `FAMILIES`); the same family and seed give the same bytes.

    Raises:
        ValueError: an unknown family.
    """
    makers = {**_TRAIN, **_TEST}
    if family not in makers:
        raise ValueError(f"unknown product family {family!r}; choose one of {', '.join(FAMILIES)}")
    rng = np.random.default_rng([seed, zlib.crc32(family.encode())])
    parts: Sequence[Part] = makers[family](rng)
    if rng.random() < FREE_SHARE:
        parts = redress(parts, rng)
    placed = place(parts, turn=rng.uniform(0, 2 * np.pi))
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
