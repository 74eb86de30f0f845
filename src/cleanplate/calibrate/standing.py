"""Where a product with known poses stands, and how large it is: told by its silhouettes, before anything is carved."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from cleanplate.calibrate.extents import Extents, extents, metres_and_floor
from cleanplate.errors import CaptureError
from cleanplate.geometry import Camera, Pose
from cleanplate.geometry.tangency import Rays, cast_rays, outline_of, useful_pairs
from cleanplate.types import ViewMask

LEVEL = 15.0
"""Degrees between the horizontal and a line from camera to camera, whose touching planes lie above and below."""
LOW = 15.0
"""Degrees of elevation above the lowest view: those from higher up do not see the foot."""
STEEPEST = 60.0
"""Degrees of the lowest view's elevation, beyond which rounded products hide their foot and height altogether."""
FEWEST = 6
"""Views that are asked, the lowest ones, where there are no more within `LOW`."""


@dataclass(frozen=True)
class Standing:
    """Where a product stands in its world, whose z is up.

    Attributes:
        floor: height of its lowest point, in units of the world.
        scale: metres per unit.
        width, height: of the product, metres; the width is NaN where no view tells it.
        steepness: degrees by which the lowest view looks down.
    """

    floor: float
    scale: float
    width: float
    height: float
    steepness: float


def standing(
    masks: Sequence[ViewMask],
    cameras: Sequence[Camera],
    poses: Sequence[Pose],
    *,
    height: float | None = None,
    width: float | None = None,
) -> Standing:
    """Find the floor under a product, and with a length of it the scale of the world.

    Planes that touch the product as seen from two cameras of like height touch its top and its foot (`extents`), so
    the floor is where it stands, and not where the cones end that a hull has below.

    Args:
        height, width: of the product in metres; without both the world is taken to be in metres. The width is its
            greatest horizontal extent.

    Raises:
        CaptureError: no outline, or views that do not show the foot.

    A width comes out right from any height; a height only as far as the foot is seen: `docs/how-to` has figures.
    """
    outlines = [outline_of(mask) for mask in masks]
    seen = [(o, c, p) for o, c, p in zip(outlines, cameras, poses, strict=True) if o is not None]
    if len(seen) < 3:
        raise CaptureError("fewer than three masks show a product, so nothing tells where it stands; look at the masks")
    rays = cast_rays(*zip(*seen, strict=True))
    elevations = _elevations(rays)
    low = elevations <= max(elevations.min() + LOW, np.sort(elevations)[: min(FEWEST, len(elevations))].max())
    size = Extents(*_low_extents(rays, low), extents(rays, useful_pairs(rays)).width)
    steepness = float(elevations.min())
    if not size.top > size.bottom:
        raise CaptureError(
            "the views do not tell where the product stands: too few see it from one height; give --origin x,y,z"
        )
    if width is None and steepness > STEEPEST:
        raise CaptureError(
            f"the lowest view looks down by {steepness:.0f} degrees, which hides the product's foot: give its width, "
            f"and the height too if you can"
        )
    if height is None and width is None:
        scale, floor = 1.0, size.bottom
    else:
        scale, floor = metres_and_floor(size, height, width, steepness)
    return Standing(floor, scale, scale * size.width, scale * (size.top - floor), steepness)


def _low_extents(rays: Rays, low: Bool[np.ndarray, " v"]) -> tuple[float, float]:
    chosen = np.flatnonzero(low)
    own = Rays(rays.directions[chosen], rays.real[chosen], rays.centres[chosen], rays.focals[chosen])
    pairs = useful_pairs(own)
    size = extents(own, pairs[_are_level(own, pairs)])
    return size.bottom, size.top


def _are_level(rays: Rays, pairs: Int[np.ndarray, "p 2"]) -> Bool[np.ndarray, " p"]:
    lines = rays.centres[pairs[:, 1]] - rays.centres[pairs[:, 0]]
    return np.abs(lines[:, 2]) < np.sin(np.radians(LEVEL)) * np.linalg.norm(lines, axis=1)


def _elevations(rays: Rays) -> Float[np.ndarray, " v"]:
    """Return by how many degrees each view looks down onto the product."""
    towards = rays.directions.mean(axis=1)
    return np.degrees(np.arcsin(np.clip(-towards[:, 2] / np.linalg.norm(towards, axis=1), -1, 1)))
