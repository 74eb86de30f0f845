"""Small operations on masks, on top of OpenCV's. Radii are pixels and may be fractions; outside is background."""

import numpy as np
from jaxtyping import Float, Int, UInt8

from cleanplate.types import Mask

_LARGE = 24
"""Above this radius a distance transform, whose cost does not depend on it, is the faster way."""


def disc(radius: float) -> UInt8[np.ndarray, "n n"]:
    """Return the structuring element of the pixels within `radius` of its centre."""
    reach = int(radius)
    across = np.arange(-reach, reach + 1)
    return (np.hypot(across[:, None], across) <= radius).astype(np.uint8)


def dilate(mask: Mask, radius: float) -> Mask:
    """Return the pixels within `radius` of the mask."""
    return ~erode(~mask, radius, outside=True)


def erode(mask: Mask, radius: float, outside: bool = False) -> Mask:
    """Return the pixels further than `radius` from what is not the mask; `outside` is what lies around the image."""
    import cv2

    pixels = mask.astype(np.uint8)
    if radius <= _LARGE:
        eroded = cv2.erode(pixels, disc(radius), borderType=cv2.BORDER_CONSTANT, borderValue=int(outside))
        return eroded.astype(bool)
    if outside:
        return cv2.distanceTransform(pixels, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) > radius
    return erode(np.pad(mask, 1), radius, outside=True)[1:-1, 1:-1]


def opened(mask: Mask, radius: float) -> Mask:
    """Return the mask without parts thinner than twice the radius."""
    return dilate(erode(mask, radius, outside=True), radius)


def closed(mask: Mask, radius: float) -> Mask:
    """Return the mask with gaps narrower than twice the radius closed, at the image's border too."""
    reach = int(radius) + 1
    return erode(dilate(np.pad(mask, reach), radius), radius)[reach:-reach, reach:-reach]


def smoothed(mask: Mask, sigma: float) -> Mask:
    """Return where most of a Gaussian neighbourhood is the mask's: the outline without its jags."""
    import cv2

    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma, borderType=cv2.BORDER_REPLICATE) > 0.5


def fill_holes(mask: Mask) -> Mask:
    """Return the mask with everything that it encloses."""
    import cv2

    padded = np.pad(mask.astype(np.uint8), 1)
    cv2.floodFill(padded, None, (0, 0), 2)
    return padded[1:-1, 1:-1] != 2


def hysteresis(values: Float[np.ndarray, "h w"], low: float, high: float) -> Mask:
    """Return the 8-connected regions above `low` that hold a pixel above `high` (Canny 1986)."""
    import cv2

    count, labels = cv2.connectedComponents((values > low).astype(np.uint8), connectivity=8)
    kept = np.zeros(count, bool)
    kept[labels[values > high]] = True
    kept[0] = False
    return kept[labels]


def components(mask: Mask) -> tuple[Int[np.ndarray, "h w"], Int[np.ndarray, "n 5"]]:
    """Return labels of the 8-connected components (0 is none) and of each: left, top, width, height, area."""
    import cv2

    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return labels, stats


def drop_specks(mask: Mask, share: float) -> Mask:
    """Return the components whose area is at least `share` of the largest one's."""
    labels, stats = components(mask)
    areas = stats[:, 4].copy()
    areas[0] = 0
    return (areas >= max(share * areas.max(), 1))[labels]
