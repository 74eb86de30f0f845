"""The product without what is behind it: how much of each pixel at its outline is product, and of what colour.

Along an outline a pixel mixes product and background. Where a plate shows the background alone, the mixture is known
but for the product's colour, which is that of the pixels further in: the mixing equation then gives the product's share
(Smith and Blinn 1996, "Blue screen matting", with the foreground's colour assumed to be its surroundings').
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from cleanplate.asset.photos import REFERENCE_DIAGONAL
from cleanplate.image.colour import linear_of_srgb, to_linear, to_srgb
from cleanplate.types import Image, Mask

BAND = 3.0
"""Pixels on either side of the mask's outline that may be mixtures; as all widths here, those of a 640x512 picture, and
growing with its diagonal."""
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
    light, share = linear_of_srgb()[image], mask.astype(np.float32)
    where, colour, mixed = _outline(image, mask, plate)
    light[where], share[where] = colour, mixed
    return Cutout(light, share)


def without_background(image: Image, mask: Mask, plate: Image | None) -> Image:
    """Return the photograph, where at the mask's outline each pixel has the product's colour alone.

    Args:
        plate: as for `cut_out`.
    """
    where, colour, _ = _outline(image, mask, plate)
    freed = image.copy()
    freed[where] = np.rint(255 * to_srgb(colour))
    return freed


def _outline(
    image: Image, mask: Mask, plate: Image | None
) -> tuple[Bool[np.ndarray, "h w"], Float[np.ndarray, "n 3"], Float[np.ndarray, " n"]]:
    """Return which pixels may be mixtures, the product's linear light in them, and its share."""
    import cv2

    scale = max(1.0, float(np.hypot(*mask.shape)) / REFERENCE_DIAGONAL)
    band = BAND * scale
    framed = np.pad(mask, 1).astype(np.uint8)
    depth = inside = _depth(mask)
    outside = cv2.distanceTransform(1 - framed, cv2.DIST_L2, 3)[1:-1, 1:-1]
    where = ((inside < band) & mask) | ((outside < band) & ~mask)
    decoded = linear_of_srgb()
    light, inside, outside = decoded[image[where]], inside[where], outside[where]
    product = _spread(image, depth, where, band)
    known = plate is not None and plate.shape == image.shape
    behind = decoded[plate[where]] if known else _spread(image, _depth(~mask), where, band)  # type: ignore[index]
    toward = product - behind
    contrast = (toward * toward).sum(axis=1)
    mixed = np.clip(((light - behind) * toward).sum(axis=1) / np.maximum(contrast, 1e-6), 0, 1)
    trusted = contrast / (contrast + CONTRAST)
    smooth = np.clip(0.5 + (inside - outside - np.where(mask[where], 0.5, -0.5)) / (2 * scale), 0, 1)
    share = trusted * mixed + (1 - trusted) * smooth
    # A shadow beside the product, or a highlight in it, is no mixture: the mask bounds the share.
    free, rest = FREE * scale, (BAND - FREE) * scale
    share = np.clip(share, np.clip((inside - free) / rest, 0, 1), np.clip(1 - (outside - free) / rest, 0, 1))
    freed = np.clip((light - (1 - share)[:, None] * behind) / np.maximum(share, PURE)[:, None], 0, 1)
    own = np.clip((share - PURE) / (1 - PURE), 0, 1)[:, None]
    return where, (own * freed + (1 - own) * product).astype(np.float32), share.astype(np.float32)


def _depth(mask: Mask) -> Float[np.ndarray, "h w"]:
    """Return each pixel's distance to the mask's outline, which closes at the picture's border; 0 outside."""
    import cv2

    return cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]


def _spread(
    image: Image, depth: Float[np.ndarray, "h w"], where: Bool[np.ndarray, "h w"], band: float
) -> Float[np.ndarray, "n 3"]:
    """Return the linear light of a mask's inner pixels, spread over pixels at its outline.

    Those deep inside count most, and thin parts, which have none, by their middle.

    Args:
        depth: of the mask.
    """
    import cv2

    weight = (np.minimum(depth, band) / band) ** 2
    weight *= weight
    weight += np.float32(1e-6)
    total = cv2.GaussianBlur(image * weight[..., None], (0, 0), band)[where]
    mean = total / np.maximum(cv2.GaussianBlur(weight, (0, 0), band)[where], 1e-12)[:, None]
    return to_linear(mean / np.float32(255))
