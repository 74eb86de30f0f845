"""Two masks of the same picture side by side."""

import numpy as np

from cleanplate.types import Mask, Probability

MISSED = (220, 40, 40)
"""Colour of what only the truth, or the reference, has."""
EXTRA = (40, 90, 230)
"""Colour of what only the prediction has."""


def intersection_over_union(one: Mask, other: Mask) -> float:
    """Return the IoU of two masks, 0 to 1; 1 where both are empty."""
    either = int(np.count_nonzero(one | other))
    return int(np.count_nonzero(one & other)) / either if either else 1.0


def expected_error(probability: Probability, mask: Mask) -> float:
    """Return 0..1: a mask's expected error over its expected union with the truth, as its maker sees it.

    A pixel of the mask is wrong with probability 1 - p, one outside with p: if the probabilities hold, this is close
    to the expected 1 - IoU. A mask without a pixel is all error: every photograph shows a product.
    """
    if not mask.any():
        return 1.0
    inside = float(probability[mask].sum(dtype=float))
    outside = float(probability.sum(dtype=float)) - inside
    area = int(np.count_nonzero(mask))
    return (area - inside + outside) / (area + outside)


def contour(mask: Mask) -> Mask:
    """Return the mask's pixels that have a 4-neighbour outside it; outside the image counts as outside."""
    import cv2

    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    inner = cv2.erode(mask.astype(np.uint8), cross, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return mask & (inner == 0)
