"""Masks that other views would break: what joins a product's parts is not taken away for want of others' evidence.

Silhouettes are intersected, so one camera that misses a stem cuts it for all, and then no point of the hull explains
the stem that the others show. A product is one body: the many views that show it whole are right.
"""

import numpy as np

from cleanplate.types import Mask

LARGE = 0.02
"""Share of a mask's connected part from which on what it falls into counts as a piece."""


def joints(before: Mask, after: Mask) -> Mask:
    """Return the pixels of `before` that `after` lacks and that join pieces of it: where it broke a connected part."""
    import cv2

    kept, lost = np.zeros(before.shape, bool), before & ~after
    if not lost.any():
        return kept
    count, piece, sizes, _ = cv2.connectedComponentsWithStats((after & before).astype(np.uint8), connectivity=8)
    if count < 3:
        return kept
    whole = cv2.connectedComponents(before.astype(np.uint8), connectivity=8)[1]
    area = np.bincount(whole.ravel())
    owner = np.zeros(count, np.int64)
    owner[piece.ravel()] = whole.ravel()
    large = (sizes[:, cv2.CC_STAT_AREA] > LARGE * area[owner]) & (np.arange(count) > 0)
    broken = np.flatnonzero(np.bincount(owner[large], minlength=len(area)) > 1)
    gaps, gap = cv2.connectedComponents((lost & np.isin(whole, broken)).astype(np.uint8), connectivity=8)
    if gaps == 1:
        return kept
    # A gap joins pieces where the pixels around it belong to more than one.
    square, at = np.ones((3, 3), np.uint8), np.nonzero(gap)
    label = piece.astype(np.float32)
    most, least = cv2.dilate(label, square), cv2.erode(np.where(label > 0, label, np.float32(count)), square)
    first, last = np.full(gaps, count), np.zeros(gaps)
    np.minimum.at(first, gap[at], least[at])
    np.maximum.at(last, gap[at], most[at])
    return np.isin(gap, np.flatnonzero(first < last))
