"""Masks and calibrated cameras to a closed mesh: the visual hull (Laurentini 1994)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from cleanplate.errors import MeshError
from cleanplate.geometry import Camera, Pose
from cleanplate.hull.bounds import bounding_box
from cleanplate.hull.cubes import marching_cubes
from cleanplate.hull.octree import find_leaves, make_grid
from cleanplate.hull.silhouettes import SoftMask, check_mask, pack
from cleanplate.types import Points


@dataclass(frozen=True)
class Outlier:
    """A view that was not used.

    Attributes:
        view: index into the views.
        reason: one sentence for the user.
    """

    view: int
    reason: str


@dataclass(frozen=True)
class Hull:
    """A visual hull.

    Attributes:
        vertices: float64 world coordinates.
        faces: int32 indices, counter-clockwise seen from outside; every edge has exactly two faces.
        cell: side of the grid's cells in world units; the surface is finer.
        outliers: views that were left out, and why.
    """

    vertices: Float[np.ndarray, "n 3"]
    faces: Int[np.ndarray, "m 3"]
    cell: float
    outliers: tuple[Outlier, ...]


def find_useless(masks: Sequence[SoftMask]) -> list[Outlier]:
    """Name the masks that cannot carve: empty or full ones."""
    outliers = []
    for index, mask in enumerate(masks):
        foreground = mask >= 0.5
        if not foreground.any():
            outliers.append(Outlier(index, "the mask is empty"))
        elif foreground.all():
            outliers.append(Outlier(index, "the mask covers the whole picture"))
    return outliers


def visual_hull(
    masks: Sequence[SoftMask],
    cameras: Sequence[Camera],
    poses: Sequence[Pose],
    resolution: int = 256,
    floor: float | None = 0.0,
) -> Hull:
    """Carve the largest shape whose silhouettes fit all masks.

    Args:
        masks: one per view, boolean, or float probability of foreground (0 to 1) with its edge at 0.5.
        cameras, poses: of each view; lens distortion is honoured.
        resolution: cells along the longest side of the product's box.
        floor: z of the platen, in world units, below which nothing is; None where there is none.

    Returns:
        A watertight mesh in the world's axes and unit. Views whose mask touches the picture's border say nothing
        about what is outside of the picture.

    Raises:
        ImageError: a mask does not fit its camera or holds no probabilities.
        MeshError: the masks share no point, or do not bound the product.
    """
    for index, (mask, camera) in enumerate(zip(masks, cameras, strict=True)):
        check_mask(mask, camera, index)
    outliers = find_useless(masks)
    kept = sorted(set(range(len(masks))) - {outlier.view for outlier in outliers})
    if not kept:
        raise MeshError(f"no usable mask among {len(masks)} views: all are empty or full")
    vertices, faces, cell = _carve(
        [masks[n] for n in kept], [cameras[n] for n in kept], [poses[n] for n in kept], resolution, floor
    )
    return Hull(vertices, faces, cell, tuple(outliers))


def _carve(
    masks: Sequence[SoftMask],
    cameras: Sequence[Camera],
    poses: Sequence[Pose],
    resolution: int,
    floor: float | None,
) -> tuple[Points, Int[np.ndarray, "m 3"], float]:
    low, high = bounding_box(masks, cameras, poses, floor)
    grid = make_grid(low, high, floor, resolution)
    views = pack(masks, cameras, poses)
    leaves = find_leaves(views, grid)
    if not (leaves.values > 0).any():
        raise MeshError(
            f"the hull of {len(masks)} views is empty at resolution {resolution}: no point projects into every mask; "
            "look for masks of another view or wrong poses"
        )
    return *marching_cubes(views, grid, leaves), grid.cell
