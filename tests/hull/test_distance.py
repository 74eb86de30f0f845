"""The signed distance keeps its promise, measured against the contour itself."""

import cv2
import numpy as np
import pytest

from cleanplate.hull.distance import REACH, signed_distance

measure = pytest.importorskip("skimage.measure")


def distances_to(contours: list[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Return each pixel's distance to the nearest segment, by looking at all of them."""
    pixels = np.stack(np.mgrid[: shape[0], : shape[1]], -1).reshape(-1, 1, 2).astype(float)
    nearest = np.full(len(pixels), np.inf)
    for contour in contours:
        a, b = contour[None, :-1], contour[None, 1:]
        along = b - a
        length = np.maximum((along**2).sum(-1), 1e-12)
        share = np.clip(((pixels - a) * along).sum(-1) / length, 0, 1)
        nearest = np.minimum(nearest, np.linalg.norm(pixels - a - share[..., None] * along, axis=-1).min(axis=1))
    return nearest.reshape(shape)


def blob(seed: int, soft: bool) -> np.ndarray:
    """Return a turned star with rounded points, soft by coverage or hard."""
    rng = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    radius = 20 + rng.uniform(2, 9) * np.cos(rng.integers(2, 6) * angle + rng.uniform(0, 6))
    points = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]) + 40 + rng.uniform(-1, 1, 2)
    fine = np.zeros((640, 640), np.uint8)
    cv2.fillPoly(fine, [np.rint(8 * points).astype(np.int32)], 1)
    mask = fine.reshape(80, 8, 80, 8).mean(axis=(1, 3)).astype(np.float32)
    return mask if soft else (mask >= 0.5).astype(np.float32)


@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_it_is_exact_near_the_contour_and_a_tenth_of_a_pixel_too_large_farther_out(seed: int, soft: bool) -> None:
    mask = blob(seed, soft)
    found = signed_distance(mask)
    truth = distances_to(measure.find_contours(mask, 0.5), (80, 80))
    np.testing.assert_array_equal(found >= 0, mask >= 0.5)
    error = np.abs(found) - truth
    near = truth <= REACH - 1
    assert np.abs(error[near]).max() < 2e-3
    assert error.min() > -2e-3
    assert error.max() < 0.1


def test_a_mask_without_a_contour_is_infinitely_far_from_it() -> None:
    assert (signed_distance(np.ones((5, 6), np.float32)) == np.inf).all()
    assert (signed_distance(np.zeros((5, 6), np.float32)) == -np.inf).all()
