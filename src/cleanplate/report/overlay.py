"""Pictures in which a person sees at a glance whether a mask is right."""

import cv2
import numpy as np

from cleanplate.image.comparison import EXTRA, MISSED
from cleanplate.types import Image, Mask

OUTLINE = (255, 0, 170)
AGREED = (225, 225, 225)


def overlay(image: Image, mask: Mask) -> Image:
    """Return the image with its background dimmed and the mask's contour drawn, one to three pixels wide."""
    dimmed = np.where(mask[..., None], image, image // 3 + 20)
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    width = max(1, round(max(mask.shape) / 800))
    return cv2.drawContours(dimmed.astype(np.uint8), contours, -1, OUTLINE, width)


def disagreement(mask: Mask, silhouette: Mask) -> Image:
    """Return where a mask and the re-projected hull agree (grey), the mask alone (red), the hull alone (blue)."""
    picture = np.full((*mask.shape, 3), 24, np.uint8)
    picture[mask & silhouette] = AGREED
    picture[mask & ~silhouette] = MISSED
    picture[~mask & silhouette] = EXTRA
    return picture


def thumbnail(image: Image, width: int = 320) -> Image:
    """Return the image scaled down to `width` pixels; smaller ones stay as they are."""
    if image.shape[1] <= width:
        return image
    height = max(1, round(image.shape[0] * width / image.shape[1]))
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
