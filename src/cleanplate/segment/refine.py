"""Iterative morphological refinement: evidence -> solid silhouette -> edges where the picture has them."""

import numpy as np
from jaxtyping import Float

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


def solid_silhouette(
    evidence: Map, *, low: float, close: float, hole: float, quiet: float, speck: float
) -> tuple[Mask, Mask]:
    """Return the silhouette that the evidence outlines, without holes, and its holes.

    Gaps are closed with a growing radius. After each round only what came out thick is kept: closing is to make an
    outline tight, not to add webs between thin parts.

    Args:
        evidence: 1 is sure, `low` and above belongs to what is sure beside it.
        close: the last round's radius in pixels.
        hole, quiet, speck: see `ClassicalParams`.
    """
    found = mask = hysteresis(evidence, low, 1.0)
    for radius in np.linspace(close / _ROUNDS, close, _ROUNDS):
        mask = mask | opened(fill_holes(closed(mask, radius)), radius)
    mask = drop_specks(fill_holes(opened(mask, 2)), speck)
    return mask, _holes(mask & ~found, evidence, hole * np.count_nonzero(mask), quiet)


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
    markers[erode(silhouette & ~holes, deep, outside=True) | core] = 2
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


def _holes(gaps: Mask, evidence: Map, least: float, quiet: float) -> Mask:
    labels, stats = components(opened(gaps, 2))
    holes = np.zeros_like(gaps)
    for label, (left, top, width, height, area) in enumerate(stats[1:], start=1):
        window = np.s_[top : top + height, left : left + width]
        gap = labels[window] == label
        if area >= least and np.quantile(evidence[window][gap], 0.75) < quiet:
            holes[window] |= gap
    return holes
