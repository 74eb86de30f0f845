"""How a product stands or lies: its base on z = 0, its bounding box centred on the platen's axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import trimesh
from jaxtyping import Float
from scipy.spatial import ConvexHull

from cleanplate.render.products.assembly import transformed
from cleanplate.render.products.types import Part


def pose(parts: Sequence[Part], rng: np.random.Generator, lying: float = 0.0) -> tuple[Part, ...]:
    """Parts turned at random about z, before that laid on their side with probability `lying`, and placed."""
    upright = np.eye(4)
    if rng.random() < lying:
        upright = _laid(parts, rng.choice([-1, 1]) * np.pi / 2)
    turn = trimesh.transformations.rotation_matrix(rng.uniform(0, 2 * np.pi), (0, 0, 1))
    return place(parts, turn @ upright)


def place(parts: Sequence[Part], matrix: Float[np.ndarray, "4 4"]) -> tuple[Part, ...]:
    """Parts under a rotation (and scale), then shifted: common base on z = 0, centred on x = y = 0."""
    meshes = [transformed(p.mesh, matrix) for p in parts]
    low = np.min([m.bounds[0] for m in meshes], axis=0)
    high = np.max([m.bounds[1] for m in meshes], axis=0)
    shift = trimesh.transformations.translation_matrix([-(low[0] + high[0]) / 2, -(low[1] + high[1]) / 2, -low[2]])
    return tuple(replace(p, mesh=transformed(m, shift)) for p, m in zip(parts, meshes, strict=True))


def _laid(parts: Sequence[Part], angle: float) -> Float[np.ndarray, "4 4"]:
    """Tipped about x by `angle`, then on until it rests on two points of its outline with its middle between them."""
    tip = trimesh.transformations.rotation_matrix(angle, (1, 0, 0))
    points = np.concatenate([p.mesh.vertices for p in parts]) @ tip[:3, :3].T
    side = points[:, 1:]
    hull = side[ConvexHull(side).vertices]  # counter-clockwise
    following = np.roll(hull, -1, axis=0)
    middle = (side[:, 0].min() + side[:, 0].max()) / 2
    below = (hull[:, 0] <= middle) & (following[:, 0] > middle)  # the lower outline runs towards +y
    (y0, z0), (y1, z1) = hull[below][0], following[below][0]
    rest = trimesh.transformations.rotation_matrix(-np.arctan2(z1 - z0, y1 - y0), (1, 0, 0))
    return rest @ tip
