"""Does a plate belong to its image? Where the product is not, the image must show every edge of the empty set.

Nothing else tells a plate of another camera, or one that was turned, before its mask goes wrong without a word.
"""

import numpy as np
from jaxtyping import Float

from cleanplate.image.alignment import AnyImage, check_plate
from cleanplate.types import Image, Mask

LEAST_AGREEMENT = 0.6
"""Of `plate_agreement`: below, the plate is another picture's. On 169 views of `train-shapes` (every fourth product,
two views each) the right plates had 0.67 and more without a mask, plates of another camera of the same rig 0.51 and
less, plates turned by 180 degrees 0.30 and less."""

MOST_EXCESS = 0.1
"""Of `plate_excess`, the mean over a plate's views: beyond, something was in the plate. On 88 views of 27 captures
right plates had at most 0.07, with true and classical masks alike; where another view of the camera stood in the
plate's place the medians were 0.14 to 0.31 (`benchmarks/plate_checks.py`). On 40 views of 10 captures that had no part
in the choice: at most 0.08 under true masks and 0.02 under classical ones, and 0.29."""
_LONGEST = 320
"""Pixels to which the longer side is scaled."""
_REACH = 2
"""Pixels of the scaled picture by which a camera may have been bumped."""
_STRONGEST = 90.0
"""Percentile of the gradient above which a pixel of the plate is an edge."""
_FAINTEST = 1.0
"""Grey levels a pixel below which nothing is an edge."""
_FEWEST = 100
"""Edge pixels below which nothing can be said."""
_CLEAR = 3.0
"""Grey levels a pixel from which an edge is no noise."""
_ALIKE = 0.8
"""Projection of the image's gradient on the plate's, in units of both, from which an edge is the same."""


def plate_agreement(image: Image, plate: AnyImage, mask: Mask | None = None) -> float | None:
    """Return the share of the plate's edges that the image shows too, 0..1; None where the plate has too few to tell.

    An edge is seen if within two pixels of a picture of 320 the image has a gradient of the same direction, and half
    of the strength or more.

    Args:
        mask: the product, whose pixels are left out, unless they are most of the picture: then it may be the mask that
            a wrong plate made.

    Raises:
        ImageError: image and plate differ in size.
    """
    import cv2

    check_plate(image, plate)
    scale = min(1.0, _LONGEST / max(plate.shape[:2]))
    size = (max(1, round(plate.shape[1] * scale)), max(1, round(plate.shape[0] * scale)))
    ours, theirs = (_gradient(cv2.resize(each, size, interpolation=cv2.INTER_AREA)) for each in (image, plate))
    strength = np.hypot(theirs[0], theirs[1])
    edges = strength > max(_FAINTEST, float(np.percentile(strength, _STRONGEST)))
    if mask is not None and mask.mean() < 0.5:
        product = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
        edges &= cv2.dilate(product, np.ones((7, 7), np.uint8)) == 0
    if np.count_nonzero(edges) < _FEWEST:
        return None
    rows, columns = np.nonzero(edges)
    theirs, strength = theirs[:, rows, columns], strength[rows, columns]
    best = np.full(len(rows), -1.0, np.float32)
    for down in range(-_REACH, _REACH + 1):
        for right in range(-_REACH, _REACH + 1):
            seen = ours[:, (rows + down) % size[1], (columns + right) % size[0]]
            length = np.maximum(np.hypot(seen[0], seen[1]), 0.5 * strength)
            along = (theirs * seen).sum(0) / np.maximum(strength * length, 1e-6)
            best = np.maximum(best, along)
    return float((best > _ALIKE).mean())


def _gradient(picture: Image) -> Float[np.ndarray, "2 h w"]:
    import cv2

    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1.5)
    return np.stack([cv2.Sobel(grey, -1, 1, 0, scale=0.125), cv2.Sobel(grey, -1, 0, 1, scale=0.125)])


def plate_excess(image: Image, plate: AnyImage, mask: Mask) -> float | None:
    """Return the share of a mask's outline along which the plate has an edge that the image has not, 0..1.

    An outline is where the product ends in the image. Where it is only the plate in which something ends, that thing
    was in the plate: the product itself, most often, or what had not been cleared away yet.

    Returns:
        None where the outline is too short to tell.

    Raises:
        ImageError: image, plate and mask differ in size.
    """
    import cv2

    check_plate(image, plate)
    scale = min(1.0, _LONGEST / max(plate.shape[:2]))
    size = (max(1, round(plate.shape[1] * scale)), max(1, round(plate.shape[0] * scale)))
    product = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    around = np.ones((2 * _REACH + 1, 2 * _REACH + 1), np.uint8)
    outline = (product > 0) & (cv2.erode(product, np.ones((3, 3), np.uint8), borderValue=1) == 0)
    if np.count_nonzero(outline) < _FEWEST:
        return None
    ours, theirs = (
        cv2.dilate(np.hypot(*_gradient(cv2.resize(each, size, interpolation=cv2.INTER_AREA))), around)[outline]
        for each in (image, plate)
    )
    return float(((theirs > _CLEAR) & (theirs > 2 * ours)).mean())
