"""What the paper observed of its masks (section 4.2), as measurements."""

from dataclasses import dataclass

import numpy as np

from cleanplate.image.alignment import match_plate
from cleanplate.image.colour import to_oklab
from cleanplate.image.comparison import contour
from cleanplate.image.morphology import dilate
from cleanplate.types import Image, Mask

DISTURBED = 0.04
"""Difference from the matched plate (Oklab) that makes background a shadow or a reflection; noise is below 0.01."""
TINTED = 0.015
"""Of which a change of chroma above this makes it a reflection."""
MARGIN = 4.0
"""Pixels around the product that are left out: its blurred edge is neither."""
LIGHT, COLOURLESS = 0.85, 0.03
"""Lightness above which, and chroma below which (Oklab), a product's pixel is white."""


@dataclass(frozen=True)
class Regions:
    """Where a view shows what the paper speaks of; all but `truth` are read off image and plate.

    Attributes:
        truth: the product.
        clean: background that looks like the plate.
        shadow: background darker than the plate, of its colour.
        reflection: background of another colour than the plate's, or brighter.
        alike: the product's pixels that look like the plate behind them.
        white: the product's light and colourless pixels.
    """

    truth: Mask
    clean: Mask
    shadow: Mask
    reflection: Mask
    alike: Mask
    white: Mask


@dataclass(frozen=True)
class Observation:
    """One view's observations; a share of nothing is None.

    Attributes:
        clean, shadow, reflection: share of that background that was called foreground.
        alike, white: share of those of the product's pixels that were missed.
        offset: mean signed distance of the predicted contour from the true one in pixels, positive outside: how
            tightly the mask is cropped.
        shadow_area, reflection_area: share of the picture that shows them.
    """

    clean: float | None
    shadow: float | None
    reflection: float | None
    alike: float | None
    white: float | None
    offset: float | None
    shadow_area: float
    reflection_area: float


def find_regions(image: Image, plate: Image, truth: Mask) -> Regions:
    """Part a view into regions.

    Raises:
        ImageError: image and plate differ in size.
    """
    ours, theirs = to_oklab(image), to_oklab(match_plate(image, plate))
    shade = ours[..., :1] / np.maximum(theirs[..., :1], 0.05)
    tinted = np.hypot(*np.moveaxis(ours[..., 1:] - shade * theirs[..., 1:], 2, 0)) > TINTED
    disturbed = np.sqrt(((ours - theirs) ** 2).sum(axis=2)) > DISTURBED
    background = ~dilate(truth, MARGIN)
    shadow = disturbed & ~tinted & (shade[..., 0] < 1)
    return Regions(
        truth=truth,
        clean=background & ~disturbed,
        shadow=background & shadow,
        reflection=background & disturbed & ~shadow,
        alike=truth & ~disturbed,
        white=truth & (ours[..., 0] > LIGHT) & (np.hypot(ours[..., 1], ours[..., 2]) < COLOURLESS),
    )


def observe(prediction: Mask, regions: Regions) -> Observation:
    """Measure one prediction."""
    return Observation(
        clean=_share(prediction, regions.clean),
        shadow=_share(prediction, regions.shadow),
        reflection=_share(prediction, regions.reflection),
        alike=_share(~prediction, regions.alike),
        white=_share(~prediction, regions.white),
        offset=contour_offset(prediction, regions.truth),
        shadow_area=float(regions.shadow.mean()),
        reflection_area=float(regions.reflection.mean()),
    )


def contour_offset(prediction: Mask, truth: Mask) -> float | None:
    """Return the mean signed distance of the predicted contour from the truth's edge, in pixels; None if one is empty.

    A predicted contour pixel inside the truth counts below 0, one outside above; on the true contour it counts 0.
    """
    import cv2

    if not prediction.any() or not truth.any():
        return None
    distance = cv2.distanceTransform((~contour(truth)).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return float(np.where(truth, -distance, distance)[contour(prediction)].mean())


def _share(prediction: Mask, pixels: Mask) -> float | None:
    return float(prediction[pixels].mean()) if pixels.any() else None
