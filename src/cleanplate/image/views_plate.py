"""A plate from the views themselves: where the camera stands still, most pictures show the empty set at most pixels."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8

from cleanplate.errors import ImageError
from cleanplate.types import Image, Mask

FEWEST = 8
"""Pictures; of fewer, what is the same in most may be the product."""
SHARE = 0.4
"""Of the views that must agree on a pixel."""
LOOSE_LEVELS, LOOSE_TIMES, LOOSEST = 8.0, 4.0, 40.0
"""Pixels whose agreeing views differ by more grey levels, and so many times the usual, are doubtful."""
OTHER_LEVELS = 24.0
"""Grey levels between a view and the plate that make it another thing."""
SWEPT, CONTESTED = 0.05, 0.35
"""Share of the views that show another thing where the product passes, and where either may be the set."""
SMOOTH_LEVELS = 8.0
"""Grey levels between neighbours over which the set, known outside of where the product passes, goes on inwards."""
MOST_DOUBT = 0.9
"""Share of doubtful pixels beyond which there is no plate."""
ROWS = 64

Map = Float[np.ndarray, "h w"]


def plate_from_views(images: Sequence[Image]) -> tuple[Image, Mask]:
    """Return the empty set as pictures of one still camera show it, and the pixels where that is doubtful.

    A pixel's colour is that on which its views agree best: the mean of the shortest interval that holds `SHARE` of
    them, channel by channel (the shorth, Andrews et al. 1972), which the product does not move as it moves a median.
    Where the product passes, that may be the product, which stands there in most views. So there only what goes on
    smoothly from the set around is sure. The rest is filled from around, which is right for an even backdrop alone.

    Raises:
        ImageError: too few pictures, or of several sizes.
    """
    if len(images) < FEWEST:
        raise ImageError(
            f"{len(images)} views; a plate from views needs {FEWEST} or more of a camera that stands still"
        )
    if len({image.shape for image in images}) > 1:
        raise ImageError("the views differ in size; a plate from views needs one camera that stands still")
    height, width = images[0].shape[:2]
    plate, spread, other = np.empty((height, width, 3)), np.empty((height, width)), np.empty((height, width))
    for top in range(0, height, ROWS):
        rows = slice(top, top + ROWS)
        plate[rows], spread[rows], other[rows] = _agreed(np.stack([image[rows] for image in images]))
    usual = float(np.median(spread))
    loose = spread > min(LOOSEST, max(LOOSE_LEVELS, LOOSE_TIMES * usual))
    doubtful = _grown(~_sure(plate, other, loose | (other > CONTESTED)), height)
    if doubtful.mean() > MOST_DOUBT:
        raise ImageError("no pixel shows the same in most views; the camera or the light changed between them")
    filled = _fill(plate, doubtful)
    return np.clip(np.rint(filled), 0, 255).astype(np.uint8), doubtful


def _agreed(stack: UInt8[np.ndarray, "n r w 3"]) -> tuple[Float[np.ndarray, "r w 3"], Map, Map]:
    """Return the agreed colours, how far the agreeing views lie apart, and the share of views that show others."""
    ordered = np.sort(stack, axis=0).astype(np.float32)
    count = max(2, int(np.ceil(SHARE * len(stack))))
    widths = ordered[count - 1 :] - ordered[: len(ordered) - count + 1]
    at = widths.argmin(axis=0)[None]
    sums = np.concatenate([np.zeros_like(ordered[:1]), np.cumsum(ordered, axis=0)])
    colour = (np.take_along_axis(sums, at + count, 0) - np.take_along_axis(sums, at, 0))[0] / count
    spread = np.take_along_axis(widths, at, 0)[0].max(axis=-1)
    off = np.abs(stack.astype(np.float32) - colour).max(axis=-1)
    return colour.astype(float), spread.astype(float), (off > OTHER_LEVELS).mean(axis=0)


def _sure(plate: Float[np.ndarray, "h w 3"], other: Map, unclear: Mask) -> Mask:
    """Return what is the set: where no product passes, and what is joined to it without an edge between."""
    import cv2

    from cleanplate.image.morphology import closed, components, fill_holes

    outside = ~fill_holes(closed(other > SWEPT, max(2.0, plate.shape[0] / 100)))
    grey = cv2.GaussianBlur(plate.astype(np.float32), (0, 0), 1.0)
    slopes = [np.abs(each).max(axis=-1) for each in np.gradient(grey, axis=(0, 1))]
    labels, _ = components((np.maximum(*slopes) < SMOOTH_LEVELS) & ~unclear)
    joined = np.zeros(labels.max() + 1, bool)
    joined[labels[outside]] = True
    joined[0] = False
    return (outside | joined[labels]) & ~unclear


def _grown(mask: Mask, height: int) -> Mask:
    import cv2

    size = 2 * max(1, round(height / 400)) + 1
    return cv2.dilate(mask.astype(np.uint8), np.ones((size, size), np.uint8)) > 0


def _fill(plate: Float[np.ndarray, "h w 3"], doubtful: Mask) -> Float[np.ndarray, "h w 3"]:
    """Return the plate with its doubtful pixels blended from those around, near ones first (push and pull)."""
    import cv2

    if not doubtful.any():
        return plate
    levels = [(plate * ~doubtful[..., None], (~doubtful).astype(float))]
    while levels[-1][1].min() == 0 and min(levels[-1][1].shape) > 2:
        values, weights = (cv2.pyrDown(each) for each in levels[-1])
        levels.append((values, weights))
    filled = levels[-1][0] / np.maximum(levels[-1][1], 1e-9)[..., None]
    for values, weights in reversed(levels[:-1]):
        wide = cv2.pyrUp(filled, dstsize=weights.shape[::-1])
        known = np.minimum(weights, 1.0)[..., None]
        filled = known * values / np.maximum(weights, 1e-9)[..., None] + (1 - known) * wide
    return np.where(doubtful[..., None], filled, plate)
