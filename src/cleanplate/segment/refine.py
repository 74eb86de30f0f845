"""Iterative morphological refinement: evidence -> solid silhouette -> edges where the picture has them."""

import numpy as np
from jaxtyping import Float, Int

from cleanplate.segment.morphology import (
    closed,
    components,
    dilate,
    disc,
    drop_specks,
    erode,
    fill_holes,
    hysteresis,
    opened,
)
from cleanplate.types import Mask

Map = Float[np.ndarray, "h w"]

_ROUNDS = 4
_ENCLOSED = 0.7
"""Share of a bay's rim that must be the mask's for the bay to be filled."""


def solid_silhouette(
    evidence: Map, sure: Mask, *, low: float, close: float, hole: float, quiet: float, speck: float
) -> tuple[Mask, Mask]:
    """Return the silhouette that the evidence outlines, without holes, and its holes.

    Gaps are closed with a growing radius, to make outlines tight. Of each round only what an outline encloses is
    kept, not what closing added elsewhere: webs between parts that stand apart.

    Args:
        evidence: 1 is sure, `low` and above belongs to what is sure beside it.
        close: the last round's radius in pixels.
        hole, quiet, speck: see `ClassicalParams`.
    """
    found = mask = hysteresis(evidence, low, 1.0)
    for radius in close / 2.0 ** np.arange(_ROUNDS)[::-1]:
        tight = closed(mask, radius)
        solid = fill_holes(tight)
        mask = mask | (solid & dilate(solid & ~tight, radius + 1)) | _bays(solid & ~mask, mask)
    mask = drop_specks(fill_holes(opened(mask, 2)), speck)
    return mask, _holes(mask & ~found, evidence, hole * np.count_nonzero(mask), quiet, sure)


def snap_to_edges(silhouette: Mask, holes: Mask, sure: Mask, edge: Map, *, deep: float, speck: float) -> Mask:
    """Return the silhouette with its outline on the strongest edges: a watershed between what is sure on both sides.

    Where a shadow or a reflection was taken into the silhouette, its soft or weak edge gives way to the product's.

    Args:
        sure: pixels that no shadow can be.
        edge: strength of the edges.
        deep: how far inside the silhouette its outline may move, in pixels.
        speck: see `ClassicalParams`.
    """
    import cv2

    sure = opened(sure & silhouette, 1)
    core = erode(sure, 1)
    core |= sure & ~dilate(core, 2)
    markers = np.where(dilate(silhouette, 2.5), 0, 1).astype(np.int32)
    inner = erode(silhouette & ~holes, deep, outside=True)
    below = np.maximum.accumulate(core, axis=0) & ~np.maximum.accumulate(core[::-1], axis=0)[::-1]
    markers[inner & ~below | core] = 2
    markers[erode(holes, 1.5)] = 1
    height = np.clip(edge * 40, 0, 255).astype(np.uint8)
    cv2.watershed(cv2.merge([height] * 3), markers)
    mask = markers == 2
    mask |= (markers == -1) & sure & dilate(mask, 1)
    return drop_specks(opened(mask, 1), speck)


def trim_fringe(mask: Mask, contrast: Map, reach: float) -> Mask:
    """Return the mask without outer pixels that show more of the backdrop than of the product.

    A blurred edge passes half of the product's contrast where the product ends; evidence that counts from a fraction
    of that contrast is a pixel or two too wide.

    Args:
        contrast: difference from the backdrop.
        reach: width of the rim that is judged, in pixels.
    """
    import cv2

    rim = mask & ~erode(mask, reach, outside=True)
    inside = np.where(mask, contrast, 0).astype(np.float32)
    return mask & ~(rim & (contrast < 0.5 * cv2.dilate(inside, disc(reach))))


def _bays(added: Mask, mask: Mask) -> Mask:
    """Return those parts of what closing added that lie in the mask for most of their rim."""
    labels, stats = components(opened(added, 1))
    rim = dilate(labels > 0, 1.5) & (labels == 0)
    touched = np.zeros((2, len(stats)), np.int64)
    spread = _spread(labels)
    for row, pixels in enumerate((rim, rim & mask)):
        touched[row] = np.bincount(spread[pixels], minlength=len(stats))
    kept = touched[1] > _ENCLOSED * np.maximum(touched[0], 1)
    kept[0] = False
    return kept[labels]


def _spread(labels: Int[np.ndarray, "h w"]) -> Int[np.ndarray, "h w"]:
    """Return the labels, each grown by a pixel."""
    import cv2

    return np.asarray(cv2.dilate(labels.astype(np.float32), np.ones((3, 3))), np.int64)


def _holes(gaps: Mask, evidence: Map, least: float, quiet: float, sure: Mask) -> Mask:
    labels, stats = components(opened(gaps, 2))
    holes = np.zeros_like(gaps)
    for label, (left, top, width, height, area) in enumerate(stats[1:], start=1):
        window = np.s_[top : top + height, left : left + width]
        gap = labels[window] == label
        gap_here = labels == label
        ring = dilate(gap_here, 6) & ~dilate(gap_here, 2)
        if area >= least and np.quantile(evidence[window][gap], 0.75) < quiet and sure[ring].mean() > 0.5:
            holes[window] |= gap
    return holes
