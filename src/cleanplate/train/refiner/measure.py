"""What a refiner gains on captures that it has not learned from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from cleanplate.capture import Capture
from cleanplate.evaluate import evaluate_mask
from cleanplate.hull.refine import refine_views
from cleanplate.image import read_image
from cleanplate.train.refiner.examples import true_masks
from cleanplate.types import Image, Probability

A_POINT = 0.01
"""mIoU by which a view counts as harmed."""

BINS = 15
"""Of confidence, for the expected calibration error (Guo et al. 2017, section 2)."""

SURE = 0.999
"""Confidence of the pixels that nobody doubts: with them in it, any calibration looks good."""


@dataclass(frozen=True)
class Gain:
    """One capture before and after.

    Attributes:
        before, after: mIoU of each view.
        confidence, right: of a sample of the pixels that are less than `SURE`.
    """

    asin: str
    before: Float[np.ndarray, " v"]
    after: Float[np.ndarray, " v"]
    confidence: Float[np.ndarray, " n"]
    right: Float[np.ndarray, " n"]


def gain(capture: Capture, first: Sequence[Probability], model: Path | None) -> Gain:
    """Refine one capture's first probabilities and compare both with its true masks."""

    def pictures(n: int) -> tuple[Image, Image | None]:
        plate = capture.plate_path(capture.views[n])
        return read_image(capture.image_path(capture.views[n])), None if plate is None else read_image(plate)

    truth = true_masks(capture)
    cameras = [capture.camera_of(view) for view in capture.views]
    refined = refine_views(first, cameras, capture.poses(), pictures, model=model).probabilities
    before, after = (
        np.array([evaluate_mask(each >= 0.5, true).miou for each, true in zip(masks, truth, strict=True)])
        for masks in (first, refined)
    )
    p = np.concatenate([each[::2, ::2].ravel() for each in refined])
    right = (p >= 0.5) == np.concatenate([true[::2, ::2].ravel() for true in truth])
    confidence = np.maximum(p, 1 - p)
    doubted = confidence < SURE
    return Gain(capture.asin, before, after, confidence[doubted], right[doubted].astype(np.float32))


def calibration_error(confidence: Float[np.ndarray, " n"], right: Float[np.ndarray, " n"]) -> float:
    """Return the expected calibration error: by how much confidence and the share that is right differ, by bins."""
    place = np.minimum(((confidence - 0.5) * 2 * BINS).astype(int), BINS - 1)
    error = 0.0
    for n in range(BINS):
        chosen = place == n
        if chosen.any():
            error += float(chosen.mean() * abs(confidence[chosen].mean() - right[chosen].mean()))
    return error


def summary(gains: Sequence[Gain]) -> dict[str, float]:
    """Return the means over all views, and who was harmed."""
    before, after = (np.concatenate([getattr(each, name) for each in gains]) for name in ("before", "after"))
    confidence, right = (np.concatenate([getattr(each, name) for each in gains]) for name in ("confidence", "right"))
    return {
        "captures": len(gains),
        "views": len(before),
        "miou_before": float(before.mean()),
        "miou_after": float(after.mean()),
        "worst_before": float(before.min()),
        "worst_after": float(after.min()),
        "views_harmed": float((after < before - A_POINT).mean()),
        "products_harmed": float(np.mean([each.after.mean() < each.before.mean() - 1e-6 for each in gains])),
        "calibration_error": calibration_error(confidence, right),
    }
