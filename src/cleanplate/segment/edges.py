"""A probability map at the network's size -> the image's own size, its edges drawn to those of the photograph."""

import numpy as np
from jaxtyping import Float

from cleanplate.types import Image

_RADIUS = 1.0
"""Of the guided filter, in pixels of the network's map."""
_EPSILON = 1e-2
"""Variance of the guide (in 0..1) below which it counts as flat."""
_UNSURE = 0.02
"""Only probabilities this far from 0 and 1 are touched."""


def native(probability: Float[np.ndarray, "rows columns"], image: Image) -> Float[np.ndarray, "h w"]:
    """Return the map at the image's size.

    Where it is enlarged, unsure pixels follow the photograph by a guided filter (He et al. 2013): the map is a local
    linear function of the image's colours. Flat regions are left as interpolated.
    """
    import cv2

    height, width = image.shape[:2]
    if probability.shape == (height, width):
        return probability
    shrinks = probability.shape[0] > height
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    grown = cv2.resize(probability, (width, height), interpolation=interpolation)
    factor = height / probability.shape[0]
    if factor <= 1:
        return grown
    guide = image.astype(np.float32) / 255
    filtered = cv2.ximgproc.guidedFilter(guide, grown, round(_RADIUS * factor), _EPSILON)
    unsure = (grown > _UNSURE) & (grown < 1 - _UNSURE)
    return np.where(unsure, np.clip(filtered, 0, 1), grown).astype(np.float32)
