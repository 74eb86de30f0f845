"""What is left to do once the outline is known: holes, and the fringe of a pixel or two."""

import numpy as np
from jaxtyping import Float

from cleanplate.image.morphology import components, dilate, disc, erode, opened
from cleanplate.types import Mask

Map = Float[np.ndarray, "h w"]

_SURELY = 0.5
"""Share of a hole's surroundings that must surely be the product's."""


def find_holes(silhouette: Mask, quiet: Mask, sure: Mask, least: float, unit: float) -> Mask:
    """Return the silhouette's holes: quiet parts inside what is surely the product's.

    Quiet parts inside mere edges are the product's own, seen through glass or white on white.

    Args:
        quiet: pixels like the plate's, shadows apart.
        sure: pixels that no shadow can be.
        least: smallest hole, as a share of the silhouette.
        unit: pixels that make up a length of one.
    """
    blur = max(1.0, unit)
    labels, stats = components(opened(silhouette & quiet, 1.5 * blur))
    holes = np.zeros_like(silhouette)
    reach = int(6 * blur) + 1
    for label in range(1, len(stats)):
        left, top, width, height, area = stats[label]
        if area < least * np.count_nonzero(silhouette):
            continue
        window = np.s_[max(top - reach, 0) : top + height + reach, max(left - reach, 0) : left + width + reach]
        gap = labels[window] == label
        ring = dilate(gap, 6 * blur) & ~dilate(gap, 2 * blur)
        if sure[window][ring].mean() > _SURELY:
            holes[window] |= dilate(gap, blur) & quiet[window]
    return holes


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
