"""Other people's shapes, dressed: their own textures, prints all over, one hard material, or a free mixture."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import trimesh

from cleanplate.render.products import textures
from cleanplate.render.products.dressing import draw, is_closed
from cleanplate.render.products.tags import derive_tags
from cleanplate.render.products.types import TRANSPARENT, Material, Product
from cleanplate.render.products.user import load_user_mesh, redress

HARD = ("matt_white", "clear_glass", "gloss_white", "ceramic", "frosted_glass", "matt_white", "chrome", "clear_glass")
PRINTS: tuple[Callable[[np.random.Generator], np.ndarray], ...] = (
    textures.label, textures.label, textures.box_atlas, textures.pattern, textures.wood, textures.weave,
)  # fmt: skip
"""Labels have grounds as white as a plate: networks that see them seldom take white letters for openings."""


def dressed_shape(path: Path, seed: int) -> Product:
    """Return a mesh file as a product, dressed by its seed and name.

    A shape with textures keeps them more often than not; one that is not closed is never made of glass.

    Raises:
        MeshError: the mesh file cannot be used.
    """
    product = load_user_mesh(path)
    rng = np.random.default_rng([seed, zlib.crc32(path.stem.encode())])
    lot = rng.random()
    if lot < 0.55 and any(part.texture is not None for part in product.parts):
        return product
    if lot < 0.4:
        return printed(product, rng)
    if lot < 0.72:
        kind = HARD[rng.integers(len(HARD))]
        open_ = kind in TRANSPARENT and not all(is_closed(part) for part in product.parts)
        return redress(product, seed, "matt_white" if open_ else kind)
    return redress(product, seed)


def printed(product: Product, rng: np.random.Generator) -> Product:
    """Return the product with prints on its parts; parts that shared a material share a print."""
    size = float(np.ptp(np.concatenate([part.mesh.bounds for part in product.parts]), axis=0).max())
    chosen: dict[Material, tuple[np.ndarray, float, Material]] = {}
    parts = []
    for part in product.parts:
        if part.material not in chosen:
            make = PRINTS[rng.integers(len(PRINTS))]
            material = draw(rng, label=2, plastic=1, paint=1, ceramic=1)
            chosen[part.material] = (make(rng), size * rng.uniform(0.25, 1.2), material)
        texture, period, material = chosen[part.material]
        parts.append(replace(part, mesh=box_mapped(part.mesh, period, rng), material=material, texture=texture))
    return replace(product, parts=tuple(parts), tags=derive_tags(parts))


def box_mapped(mesh: trimesh.Trimesh, period: float, rng: np.random.Generator) -> trimesh.Trimesh:
    """Return the mesh with texture coordinates at each corner, projected from the side that its face looks to.

    Args:
        period: metres after which the texture repeats.
    """
    corners = mesh.vertices[mesh.faces].reshape(-1, 3)
    axis = np.repeat(np.abs(mesh.face_normals).argmax(axis=1), 3)
    u, v = np.array([1, 0, 0])[axis], np.array([2, 2, 1])[axis]
    row = np.arange(len(corners))
    uv = np.stack([corners[row, u], corners[row, v]], 1) / period + rng.uniform(0, 1, 2)
    faces = np.arange(len(corners)).reshape(-1, 3)
    return trimesh.Trimesh(corners, faces, visual=trimesh.visual.TextureVisuals(uv=uv), process=False)
