"""The product without what is behind it: how much of each pixel at its outline is product, and of what colour.

Along an outline a pixel mixes product and background. Where a plate shows the background alone, the mixture is known
but for the product's colour, which is that of the pixels further in: the mixing equation then gives the product's share
(Smith and Blinn 1996, "Blue screen matting", with the foreground's colour assumed to be its surroundings').
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from cleanplate.image.colour import linear_of_srgb
from cleanplate.types import Image, Mask

REFERENCE_DIAGONAL = 820.0
"""Widths in pixels are those of a 640x512 picture, and grow with the picture's diagonal."""
BAND = 3.0
"""Pixels on either side of the mask's outline that may be mixtures."""
FREE = 1.5
"""Of them, those where the mask says nothing: it may be off by a pixel."""
CONTRAST = 0.02
"""Squared distance of linear light between product and background at which the mixing equation counts for half."""
PURE = 0.25
"""Share from which on a pixel's own colour can be freed of the background; below it is that of its surroundings."""


@dataclass(frozen=True)
class Cutout:
    """One photograph's product.

    Attributes:
        colour: linear light, 0..1, of the product alone, where `share` is not 0.
        share: of the product in each pixel, 0..1.
    """

    colour: Float[np.ndarray, "h w 3"]
    share: Float[np.ndarray, "h w"]


def cut_out(image: Image, mask: Mask, plate: Image | None) -> Cutout:
    """Return the product without its background.

    Args:
        plate: the same camera's picture of the empty set; without it the background is what surrounds the mask.
    """
    import cv2

    scale = max(1.0, float(np.hypot(*mask.shape)) / REFERENCE_DIAGONAL)
    band = BAND * scale
    light = linear_of_srgb()[image]
    inside = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    outside = cv2.distanceTransform((~np.pad(mask, 1)).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    # Deep pixels count most, and thin parts, which have none, by their middle.
    product = _spread(light, np.minimum(inside, band) ** 4, band)
    if plate is not None and plate.shape == image.shape:
        behind = linear_of_srgb()[plate]
    else:
        behind = _spread(light, np.minimum(outside, band) ** 4, band)
    from_outline = inside - outside - np.where(mask, 0.5, -0.5)
    smooth = np.clip(0.5 + from_outline / (2 * scale), 0, 1)
    toward = product - behind
    contrast = (toward * toward).sum(axis=2)
    mixed = np.clip(((light - behind) * toward).sum(axis=2) / np.maximum(contrast, 1e-6), 0, 1)
    trusted = contrast / (contrast + CONTRAST)
    share = trusted * mixed + (1 - trusted) * smooth
    # A shadow beside the product, or a highlight in it, is no mixture: the mask bounds the share.
    free, rest = FREE * scale, (BAND - FREE) * scale
    share = np.clip(share, np.clip((inside - free) / rest, 0, 1), np.clip(1 - (outside - free) / rest, 0, 1))
    share = share.astype(np.float32)
    freed = np.clip((light - (1 - share)[..., None] * behind) / np.maximum(share, PURE)[..., None], 0, 1)
    own = np.clip((share - PURE) / (1 - PURE), 0, 1)[..., None]
    return Cutout(np.where(share[..., None] >= 1, light, own * freed + (1 - own) * product).astype(np.float32), share)


def _spread(
    light: Float[np.ndarray, "h w 3"], weight: Float[np.ndarray, "h w"], sigma: float
) -> Float[np.ndarray, "h w 3"]:
    import cv2

    weight = weight.astype(np.float32) + np.float32(1e-12)
    total = cv2.GaussianBlur(light * weight[..., None], (0, 0), sigma)
    return total / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-12)[..., None]
