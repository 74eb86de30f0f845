"""Masks from all views together: what one view cannot tell, the others may.

Each view comes with the probability that its photograph alone gives. The views' votes (`hull.votes`) settle where masks
contradict each other; what they fill in is certain then, and what they deny or leave open is unknown: a hull forgives
foreground that is not there, and never what is missing.
"""

from collections.abc import Callable, Sequence

import numpy as np

from cleanplate.geometry import Camera, Pose
from cleanplate.hull.votes import refine_masks, widen
from cleanplate.types import Image, Mask, Probability, ViewMask, ViewProbability

POSSIBLE = 0.16
"""Probability above which a pixel may well be foreground; by the hulls of the shared and sample captures."""

UNKNOWN = 0.25
"""Probability of what the views leave open: possible, and not foreground."""

Pictures = Callable[[int], tuple[Image, Image | None]]
"""Returns the photograph and the plate, or None, of a view by its number."""


def refine(
    probabilities: Sequence[ViewProbability],
    cameras: Sequence[Camera],
    poses: Sequence[Pose],
    pictures: Pictures | None = None,
    floor: float | None = 0.0,
) -> list[ViewProbability]:
    """Return each view's probability of foreground after the other views were heard.

    Args:
        probabilities: one per view, 0 to 1, foreground from 0.5 on; one of 0 and 1 alone counts as any other.
        cameras, poses: of each view.
        pictures: what the views show, read when asked for; the votes do without.
        floor: z of the platen, in world units, below which nothing is; None where there is none.

    Returns:
        The very same object where nothing was changed. With fewer than `hull.votes.FEWEST_VIEWS` nothing is.
    """
    del pictures
    masks = [probability >= 0.5 for probability in probabilities]
    settled = refine_masks(masks, cameras, poses, floor)
    return [
        probability if new is old else _settled(probability, old, new)
        for probability, old, new in zip(probabilities, masks, settled, strict=True)
    ]


def _settled(probability: ViewProbability, old: ViewMask, new: ViewMask) -> ViewProbability:
    unknown = widen(old, new) & ~new
    # A probability may be wrong where the others deny it; what knows none has only its mask to lose.
    denied = 0.0 if np.isin(probability, (0, 1)).all() else UNKNOWN
    refined = np.where(new & ~old, 1, np.where(old & ~new, denied, probability))
    return np.where(unknown, UNKNOWN, refined).astype(np.float32)


def carving_mask(mask: Mask, probability: Probability | None) -> Mask:
    """Return what to carve with: all that may well be foreground, or a mask alone as it is.

    Args:
        mask: the view's final mask.
        probability: what it was made from; where it says otherwise the mask is a person's, and counts alone.
    """
    if probability is None or not np.array_equal(probability >= 0.5, mask):
        return mask
    return probability > POSSIBLE
