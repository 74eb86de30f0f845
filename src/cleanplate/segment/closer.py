"""A second look: where the picture has more pixels than the network saw, it sees the product alone, and larger."""

import numpy as np
from jaxtyping import Float

LIKELY = 0.2
"""Odds-scaled probability from which on a pixel may be the product's."""
SPECK = 2e-4
"""Share of the picture's pixels below which a connected region is none."""
MARGIN = 0.12
"""Around the product, as a share of its box's longer side: what surrounds it tells it from the set."""
MOST = 2.0
"""Network pixels for a source pixel: beyond, there is only blur to see."""
WORTH = 1.2
"""Times as large as before: less is not worth a second look."""

Window = tuple[slice, slice]


def window(probability: Float[np.ndarray, "h w"], longest: int) -> Window | None:
    """Return the rows and columns of a picture to look at again; None where nothing was found, or there is no more.

    Args:
        probability: of foreground, 0..1, at the picture's own size.
        longest: the longer side at which the network sees a picture, or a part of it.
    """
    import cv2

    height, width = probability.shape
    _, _, regions, _ = cv2.connectedComponentsWithStats((probability > LIKELY).astype(np.uint8), connectivity=8)
    boxes = np.array([each[:4] for each in regions[1:] if each[4] > SPECK * height * width]).reshape(-1, 4)
    if not len(boxes):
        return None
    low, high = boxes[:, :2].min(0), (boxes[:, :2] + boxes[:, 2:]).max(0)
    margin = MARGIN * (high - low).max()
    left, top = np.maximum(np.floor(low - margin), 0).astype(int)
    right, bottom = np.minimum(np.ceil(high + margin), (width, height)).astype(int)
    first, second = (longest / side for side in (max(height, width), max(bottom - top, right - left)))
    if min(second, MOST) < WORTH * first:
        return None
    return slice(top, bottom), slice(left, right)


def mean(first: Float[np.ndarray, "h w"], second: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    """Return the probability whose log-odds are the mean of both."""
    odds = [np.clip(each, 1e-6, 1 - 1e-6) for each in (first, second)]
    ratio = np.sqrt(np.prod([each / (1 - each) for each in odds], axis=0, dtype=np.float32))
    return (ratio / (1 + ratio)).astype(np.float32)
