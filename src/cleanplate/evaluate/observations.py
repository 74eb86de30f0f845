"""What the paper observed of its masks (section 4.2), as measurements."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from cleanplate.capture import find_captures, read_capture, read_image, read_mask
from cleanplate.errors import CaptureError
from cleanplate.evaluate.metrics import contour
from cleanplate.evaluate.report import read_prediction
from cleanplate.segment.morphology import dilate
from cleanplate.segment.oklab import to_oklab
from cleanplate.segment.plate import match_plate
from cleanplate.types import Image, Mask

DISTURBED = 0.04
"""Difference from the matched plate (Oklab) that makes background a shadow or a reflection; noise is below 0.01."""
TINTED = 0.015
"""Of which a change of chroma above this makes it a reflection."""
MARGIN = 4.0
"""Pixels around the product that are left out: its blurred edge is neither."""


@dataclass(frozen=True)
class Observation:
    """One view's observations; a share of nothing is None.

    Attributes:
        clean: share of the background that looks like the plate and was called foreground.
        shadow: share of the shadows called foreground: background darker than the plate, of its colour.
        reflection: share of the reflections called foreground: background of another colour than the plate's, or
            brighter.
        offset: mean signed distance of the predicted contour from the true one in pixels, positive outside: how
            tightly the mask is cropped.
    """

    clean: float | None
    shadow: float | None
    reflection: float | None
    offset: float | None


def observe(prediction: Mask, truth: Mask, image: Image, plate: Image) -> Observation:
    """Measure one prediction.

    Raises:
        ImageError: image and plate differ in size.
    """
    ours, theirs = to_oklab(image), to_oklab(match_plate(image, plate))
    shade = ours[..., :1] / np.maximum(theirs[..., :1], 0.05)
    tinted = np.hypot(*np.moveaxis(ours[..., 1:] - shade * theirs[..., 1:], 2, 0)) > TINTED
    disturbed = np.sqrt(((ours - theirs) ** 2).sum(axis=2)) > DISTURBED
    background = ~dilate(truth, MARGIN)
    shadow = disturbed & ~tinted & (shade[..., 0] < 1)
    return Observation(
        clean=_share(prediction, background & ~disturbed),
        shadow=_share(prediction, background & shadow),
        reflection=_share(prediction, background & disturbed & ~shadow),
        offset=contour_offset(prediction, truth),
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


def observe_masks(predictions: Path, captures: Sequence[Path]) -> dict[str, float | None]:
    """Return the mean of each observation over the views that have truth, a plate, and it.

    Raises:
        CaptureError: no view has both truth and plate.
        ImageError: a picture cannot be read.
    """
    rows = []
    for folder in find_captures(captures):
        capture = read_capture(folder)
        for view in capture.views:
            truth_path, plate_path = capture.mask_path(view), capture.plate_path(view)
            if truth_path is None or plate_path is None:
                continue
            truth = read_mask(truth_path)
            prediction, _ = read_prediction(predictions, capture.asin, view.id, truth.shape)
            image = read_image(capture.image_path(view))
            rows.append(asdict(observe(prediction, truth, image, read_image(plate_path))))
    if not rows:
        raise CaptureError(f"{', '.join(map(str, captures))}: no view has both a true mask and a plate")
    kept = {name: [row[name] for row in rows if row[name] is not None] for name in rows[0]}
    return {name: float(np.mean(values)) if values else None for name, values in kept.items()}


def turned_over(method: Callable[[Image, Image], Mask], image: Image, plate: Image) -> Mask:
    """Return a method's mask of the picture turned upside down, turned back.

    The paper's network took reflections for foreground when the image was vertically inverted, since it had learned
    where they lie; `observe` this beside the upright mask.
    """
    upside_down = method(np.ascontiguousarray(image[::-1]), np.ascontiguousarray(plate[::-1]))
    return np.ascontiguousarray(upside_down[::-1])


def _share(prediction: Mask, pixels: Mask) -> float | None:
    return float(prediction[pixels].mean()) if pixels.any() else None
