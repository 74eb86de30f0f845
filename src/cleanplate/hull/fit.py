"""How well masks and poses agree, told before anything is carved: whole pictures against each other, no mesh."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cleanplate.geometry import Camera, Pose
from cleanplate.geometry.tangency import cast_rays, outline_of, tangency, useful_pairs
from cleanplate.types import ViewMask

MOST_PAIRS = 2000
FEWEST_PAIRS = 6
WRONG_PIXELS = 6.0
"""Median miss, in pixels of a picture of 1000 pixels or less, that no mask's faults explain: classical masks of six
captures missed by 0.6 to 1.4, the same masks with poses of other views by 15 to 23 (but 3 and 8 for round products)."""


@dataclass(frozen=True)
class Fit:
    """How far planes that touch one outline miss another's.

    Attributes:
        median: of all pairs of views, pixels.
        by_view: of the pairs of each view; NaN for a view without any.
        wrong: whether poses and masks cannot belong together.
    """

    median: float
    by_view: list[float]
    wrong: bool


def pose_fit(masks: Sequence[ViewMask], cameras: Sequence[Camera], poses: Sequence[Pose]) -> Fit | None:
    """Compare masks and poses by planes through two centres; None where too few pairs of views tell.

    Args:
        masks: one per view; empty ones and those that the picture's border cuts tell less or nothing.
    """
    outlines = [outline_of(mask) for mask in masks]
    there = [n for n, outline in enumerate(outlines) if outline is not None]
    if len(there) < 2:
        return None
    seen = [outline for outline in outlines if outline is not None]
    rays = cast_rays(seen, [cameras[n] for n in there], [poses[n] for n in there])
    pairs = useful_pairs(rays, MOST_PAIRS)
    misses = np.abs(tangency(rays, pairs).misses)
    known = ~np.isnan(misses)
    if known.any(axis=1).sum() < FEWEST_PAIRS:
        return None
    by_view = np.full(len(masks), np.nan)
    for row, view in enumerate(there):
        own = misses[(pairs == row).any(axis=1)]
        if not np.isnan(own).all():
            by_view[view] = np.nanmedian(own)
    median = float(np.nanmedian(misses))
    unit = max(1.0, max(max(camera.width, camera.height) for camera in cameras) / 1000)
    return Fit(median, by_view.tolist(), median > WRONG_PIXELS * unit)
