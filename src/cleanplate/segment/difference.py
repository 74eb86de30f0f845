"""Plain thresholded difference: the least that a plate allows, beside which the other methods are judged."""

import numpy as np

from cleanplate.image.alignment import AnyImage, check_plate
from cleanplate.types import Image, Mask

_LEAST_THRESHOLD = 10
"""Of 255. Otsu's threshold parts whatever it is given in two; below this it would part noise."""


def segment_difference(image: Image, plate: AnyImage) -> Mask:
    """Return where image and plate differ: largest channel's difference, Otsu's threshold, opening and closing.

    Raises:
        ImageError: image and plate differ in size.
    """
    import cv2

    check_plate(image, plate)
    difference = cv2.GaussianBlur(cv2.absdiff(image, plate).max(axis=2), (0, 0), 1)
    otsu, _ = cv2.threshold(difference, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    mask = (difference > max(otsu, _LEAST_THRESHOLD)).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel)
    return cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel).astype(bool)
