"""sRGB, linear light and Oklab, the perceptual colour space in which images and plates are compared.

Oklab is homogeneous: dimming a colour's light by a factor scales its three coordinates by the factor's cube root. A
shadow therefore moves a colour along the line to black, and what departs from that line is a change of colour.
"""

from functools import cache

import numpy as np
from jaxtyping import Float

from cleanplate.types import Image

# Björn Ottosson, "A perceptual color space for image processing" (2020); linear sRGB -> cone response -> Oklab.
_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)


def to_linear(srgb: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Decode sRGB, 0..1, into linear light (IEC 61966-2-1)."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def to_srgb(linear: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Encode linear light, 0..1, as sRGB: the inverse of `to_linear`."""
    safe = np.maximum(linear, 0.0)
    return np.where(safe <= 0.0031308, safe * 12.92, 1.055 * safe ** (1 / 2.4) - 0.055)


@cache
def linear_of_srgb() -> Float[np.ndarray, "256"]:
    """Return the linear light (0..1) of each 8-bit sRGB value."""
    return to_linear(np.arange(256) / 255).astype(np.float32)


def to_oklab(image: Image) -> Float[np.ndarray, "h w 3"]:
    """Return lightness (0..1), green-red and blue-yellow (about -0.4..0.4) of sRGB pixels as float32."""
    return linear_to_oklab(linear_of_srgb()[image])


def linear_to_oklab(linear: Float[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w 3"]:
    """Return Oklab of linear sRGB light (0..1)."""
    import cv2

    return cv2.transform(np.cbrt(cv2.transform(linear, _TO_CONES)), _TO_LAB)
