"""Masks without plates: what does not have the backdrop's colours, which the picture's border shows."""

import numpy as np
from jaxtyping import Float

from cleanplate.image.colour import to_oklab
from cleanplate.image.morphology import closed, components, drop_specks, fill_holes, hysteresis, opened
from cleanplate.segment.outline import trim_fringe
from cleanplate.types import Image, Mask

Map = Float[np.ndarray, "h w"]

_TONES = 6
_BORDER = 0.06
"""Width of the border that shows the backdrop, as a share of the picture's height."""
_LIGHT = 0.25
"""Weight of lightness beside chroma: backdrops are shaded, seldom tinted."""
_RICHER = 0.25
"""Weight of chroma beyond the backdrop's in its own hue."""
_NEUTRAL = 0.02
"""A tone of less chroma (Oklab) has no hue."""


def colour_key(image: Image, chroma: float = 0.045, low: float = 0.6, speck: float = 0.02) -> Mask:
    """Return what does not have the backdrop's colours, for a backdrop of one colour in a few shades.

    The colours are learned from the picture's border, so the product must leave most of it free.

    Args:
        image: the photograph.
        chroma: distance in Oklab from the nearest colour of the backdrop that makes a pixel the product's.
        low: share of it at which a pixel joins product beside it.
        speck: smallest part and smallest hole kept, as shares of the largest part.
    """
    import cv2

    unit = image.shape[0] / 512
    lab = cv2.GaussianBlur(to_oklab(image), (0, 0), 0.8 * unit)
    distance = _distance(lab, _tones(lab)) / chroma
    mask = opened(hysteresis(distance, low, 1.0), unit)
    mask = drop_specks(_reaching(mask, ~_border(mask.shape)), speck)
    mask = closed(mask, 2 * unit)
    mask |= _small(fill_holes(mask) & ~mask, speck * 0.1 * np.count_nonzero(mask))
    return drop_specks(trim_fringe(mask, distance, max(2.0, 2.5 * unit)), speck)


def _border(shape: tuple[int, ...]) -> Mask:
    height, width = shape[:2]
    rim = max(1, round(_BORDER * height))
    border = np.ones((height, width), bool)
    border[rim:-rim, rim:-rim] = False
    return border


def _tones(lab: Float[np.ndarray, "h w 3"]) -> Float[np.ndarray, "n 3"]:
    """Return the border's commonest colours (k-means), without those of less than a fiftieth of it."""
    import cv2

    samples = np.ascontiguousarray(lab[_border(lab.shape)][:: max(1, lab.size // 3_000_000)])
    cv2.setRNGSeed(0)
    start = np.zeros((len(samples), 1), np.int32)  # not read: the centres start by k-means++
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 1e-3)
    _, labels, centres = cv2.kmeans(samples, min(_TONES, len(samples)), start, stop, 2, cv2.KMEANS_PP_CENTERS)
    return centres[np.bincount(labels.ravel(), minlength=len(centres)) >= len(samples) / 50]


def _distance(lab: Float[np.ndarray, "h w 3"], tones: Float[np.ndarray, "n 3"]) -> Map:
    """Return each pixel's distance to the nearest tone, shaded to the pixel's lightness.

    A shadow on a coloured backdrop is lit by the backdrop: more of its own colour counts little.
    """
    nearest = np.full(lab.shape[:2], np.inf, np.float32)
    for tone in tones:
        shade = np.clip(lab[..., 0] / max(tone[0], 0.05), 0.4, 1.3)
        tint = lab[..., 1:] - shade[..., None] * tone[1:]
        saturation = float(np.hypot(*tone[1:]))
        hue = tone[1:] / saturation if saturation > _NEUTRAL else np.zeros(2, np.float32)
        richer = np.maximum(tint @ hue, 0)[..., None] * hue
        tint -= (1 - _RICHER) * richer
        light = (lab[..., 0] - tone[0]) * _LIGHT
        nearest = np.minimum(nearest, np.sqrt((tint**2).sum(axis=2) + light**2))
    return nearest


def _reaching(mask: Mask, inside: Mask) -> Mask:
    """Return the components with a pixel inside: a scan's black frame has none."""
    labels, stats = components(mask)
    kept = np.zeros(len(stats), bool)
    kept[labels[inside]] = True
    kept[0] = False
    return kept[labels]


def _small(mask: Mask, limit: float) -> Mask:
    labels, stats = components(mask)
    small = stats[:, 4] < limit
    small[0] = False
    return small[labels]
