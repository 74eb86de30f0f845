"""What a product is: closed meshes in metres, each with a material and perhaps a printed texture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import trimesh
from jaxtyping import UInt8

Values = Sequence[Any] | np.ndarray  # numbers, or points

MaterialKind = Literal[
    "clear_glass",
    "tinted_glass",
    "frosted_glass",
    "chrome",
    "brushed_metal",
    "gold",
    "gloss_white",
    "matt_white",
    "ceramic",
    "plastic",
    "translucent_plastic",
    "rubber",
    "wood",
    "fabric",
    "label",
    "paint",
]
MATERIAL_KINDS: tuple[str, ...] = get_args(MaterialKind)
TRANSPARENT = ("clear_glass", "tinted_glass", "frosted_glass", "translucent_plastic")
METALS = ("chrome", "brushed_metal", "gold")
TAGS = ("thin", "holes", "fine", "concave", "transparent", "reflective", "white")


@dataclass(frozen=True)
class Material:
    """`colour` is linear RGB in 0..1 (of a dielectric: what one surface lets through); `roughness` in 0..1."""

    kind: MaterialKind
    colour: tuple[float, float, float]
    roughness: float


@dataclass(frozen=True, eq=False)
class Part:
    """One piece of a product.

    `mesh`: metres, wound outwards, closed (up to vertices doubled along texture seams); `mesh.visual.uv` where the
    part has a texture. `texture`: sRGB, replaces the material's colour.
    """

    mesh: trimesh.Trimesh
    material: Material
    texture: UInt8[np.ndarray, "h w 3"] | None = None


@dataclass(frozen=True, eq=False)
class Product:
    """Parts placed in the product frame: z up, the base on z = 0, the bounding box centred on x = y = 0.

    `tags` (out of `TAGS`) are derived from shape and material, see `tags.py`.
    """

    name: str
    family: str
    seed: int
    parts: tuple[Part, ...]
    tags: tuple[str, ...]
