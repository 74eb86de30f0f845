"""Whether poses, floor and unit can be right, so that wrong ones are blamed and not the masks."""

from collections.abc import Sequence

import numpy as np

from cleanplate.errors import MeshError
from cleanplate.geometry import Camera, Pose
from cleanplate.geometry.axis import find_up
from cleanplate.hull.bounds import bounding_box
from cleanplate.types import ViewMask

LARGEST, SMALLEST = 10.0, 0.0002
"""Metres along the longest side of what stands on a platen."""
FLOATING = 0.2
"""Of the height of the box around a product: its lower side is at the foot or below, so above the floor it floats."""
TILTED, SCATTER = 20.0, 2.0
"""Degrees of the turntable's axis from z, and of what tells it."""


def doubts(
    masks: Sequence[ViewMask], cameras: Sequence[Camera], poses: Sequence[Pose], floor: float | None
) -> list[str]:
    """Return a sentence for each thing that is implausible about a capture's world; none where all may be right.

    The box around all silhouettes' cones reaches below the product as far as the lowest camera looks down under it,
    so a floor is doubted where the box reaches below by clearly more.
    """
    found = []
    up = find_up(poses)
    if up is not None and up.turntable and up.spread_deg < SCATTER and min(up.tilt_deg, 180 - up.tilt_deg) > TILTED:
        found.append(
            f"the poses: the turntable's axis lies {up.tilt_deg:.0f} degrees from z, so the model will lie tilted; "
            f"import with --up find"
        )
    usable = [n for n, mask in enumerate(masks) if mask.any() and not mask.all()]
    try:
        parts = [masks[n] for n in usable], [cameras[n] for n in usable], [poses[n] for n in usable]
        low, high = bounding_box(*parts, None)
    except MeshError:
        return found
    size = float((high - low).max())
    if not SMALLEST <= size <= LARGEST:
        found.append(
            f"the unit: the product would be {size:.3g} m large; import with --height, --width or "
            f"--scale, or correct length_unit"
        )
    if floor is None:
        return found
    lowest = min(max(0.0, np.arcsin((pose.centre[2] - floor) / np.linalg.norm(pose.centre))) for pose in poses)
    under = np.hypot(*(high - low)[:2]) / 2 * np.tan(min(lowest, 1.3))
    if high[2] <= floor:
        found.append("the floor: nothing of the product is above z = 0; import with --origin foot, or give --no-floor")
    elif low[2] - floor > FLOATING * (high[2] - low[2]):
        found.append(
            f"the floor: the product would float {100 * (low[2] - floor):.3g} cm above z = 0; import with --origin "
            f"foot, or give --no-floor"
        )
    elif floor - low[2] > 1.5 * under + 0.15 * (high[2] - floor):
        share = (floor - low[2] - under) / (high[2] - low[2] - under)
        found.append(
            f"the floor: z = 0 cuts off about {100 * share:.0f}% of the product; import with --origin foot, or give "
            f"--no-floor"
        )
    return found
