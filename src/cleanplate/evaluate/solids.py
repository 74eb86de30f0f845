"""A model's hull beside the hull of exact masks: is it good enough to be sold?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from cleanplate.geometry import Mesh
from cleanplate.types import Points

RESOLUTION = 192
"""Points of the lattice along the product's longest side."""

THIN_PIXELS = 6.0
"""A part is thin if no ball of this diameter, in pixels' footprints, fits into it; see `thin_parts`."""

FEW = 0.001
"""A product has thin parts if they are at least this share of its volume."""


@dataclass(frozen=True)
class Limits:
    """What a hull must keep to pass; fixed in docs/explanation/yield.md before the first run.

    Attributes:
        iou: least volume IoU with the exact masks' hull.
        missing: largest connected part of the exact masks' hull that may be missing, as a share of its volume.
        thin: least share of the thin parts that must be there.
    """

    iou: float = 0.90
    missing: float = 0.01
    thin: float = 0.90


@dataclass(frozen=True)
class Agreement:
    """A hull beside the exact masks' hull; what is within a pixel's footprint counts as there, but for `iou`.

    Attributes:
        iou: volume IoU.
        iou_beyond: the same, less what is within a pixel's footprint of the other hull.
        missing: the largest connected part that is missing, as a share of the exact masks' hull.
        thin: share of the thin parts that is there; None where there are none.
    """

    iou: float
    iou_beyond: float
    missing: float
    thin: float | None

    def failures(self, limits: Limits = Limits()) -> list[str]:
        """Name the limits that are not kept."""
        return [
            name
            for name, kept in (
                ("volume IoU", self.iou >= limits.iou),
                ("missing part", self.missing <= limits.missing),
                ("thin parts", self.thin is None or self.thin >= limits.thin),
            )
            if not kept
        ]


def compare_solids(hull: Mesh, exact: Mesh, pixel: float, resolution: int = RESOLUTION) -> Agreement:
    """Compare a hull with the exact masks' hull of the same product, both watertight and in one world.

    Args:
        pixel: a pixel's footprint at the product, in the meshes' unit.
        resolution: points along the exact hull's longest side.
    """
    from scipy import ndimage

    from cleanplate.evaluate.occupancy import occupancy  # numba takes its time to load

    both = np.concatenate([hull.vertices, exact.vertices])
    origin, extent = both.min(axis=0), np.ptp(both, axis=0)
    step = np.full(3, float(np.ptp(exact.vertices, axis=0).max()) / resolution)
    low = origin + step * [0.4142, 0.7321, 0.2361]  # off every grid, so that no column meets an edge
    shape = (int(extent[0] / step[0]) + 1, int(extent[1] / step[1]) + 1, int(extent[2] / step[2]) + 1)
    ours, theirs = (occupancy(mesh, low, step, shape) for mesh in (hull, exact))
    missed = _beyond(theirs & ~ours, hull.vertices, low, step, pixel)
    extra = _beyond(ours & ~theirs, exact.vertices, low, step, pixel)
    labels, parts = ndimage.label(missed, np.ones((3, 3, 3)))
    volume, kept = int(theirs.sum()), int((theirs & ~missed).sum())
    thin = thin_parts(theirs, THIN_PIXELS * pixel / step[0] / 2)
    return Agreement(
        iou=float((ours & theirs).sum() / (ours | theirs).sum()),
        iou_beyond=kept / (volume + int(extra.sum())),
        missing=float(np.bincount(labels.ravel())[1:].max() / volume) if parts else 0.0,
        thin=float((thin & ~missed).sum() / thin.sum()) if thin.sum() >= FEW * volume else None,
    )


def thin_parts(solid: Bool[np.ndarray, "x y z"], radius: float) -> Bool[np.ndarray, "x y z"]:
    """Return what is further than two radii, in lattice steps, from every centre of a ball that fits into the solid.

    The solid less its opening would count the edges and corners of blocks, which are at most 1.73 radii away.
    """
    from scipy.ndimage import distance_transform_edt

    core = distance_transform_edt(np.pad(solid, 1))[1:-1, 1:-1, 1:-1] > radius
    return solid & (distance_transform_edt(~core) > 2 * radius) if core.any() else solid


def _beyond(
    cells: Bool[np.ndarray, "x y z"],
    surface: Points,
    low: Float[np.ndarray, "3"],
    step: Float[np.ndarray, "3"],
    reach: float,
) -> Bool[np.ndarray, "x y z"]:
    """Return the cells further than `reach` from a finely meshed surface's vertices."""
    from scipy.spatial import cKDTree

    kept = cells.copy()
    where = np.argwhere(cells)
    if len(where):
        distance, _ = cKDTree(surface).query(low + step * where, distance_upper_bound=reach)
        kept[tuple(where.T)] = np.isinf(distance)
    return kept
