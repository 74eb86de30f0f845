"""Colour key: painted backdrops, and real photographs where they are present."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy import ndimage

from cleanplate.evaluate import evaluate_mask
from cleanplate.image import read_image
from cleanplate.segment.colour_key import colour_key


def scene(backdrop: tuple[int, int, int], product: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A shaded backdrop of one hue in two tones, and a ring with a foot."""
    shape = (240, 320)
    picture = np.full((*shape, 3), backdrop, float) * np.linspace(0.7, 1.0, 240)[:, None, None]
    picture[:80] *= 0.6
    mask = np.zeros(shape, np.uint8)
    cv2.circle(mask, (160, 120), 50, 1, 22)
    cv2.rectangle(mask, (140, 165), (180, 200), 1, -1)
    dark = cv2.GaussianBlur(np.pad(np.ones((20, 90), np.float32), ((190, 30), (110, 120))), (0, 0), 8)
    picture *= 1 - 0.3 * dark[..., None]
    alpha = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7)[..., None]
    picture = picture * (1 - alpha) + np.array(product) * alpha
    noise = np.random.default_rng(1).normal(0, 2, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8), mask.astype(bool)


@pytest.mark.parametrize(
    ("backdrop", "product"),
    [((20, 40, 190), (210, 150, 40)), ((40, 170, 60), (220, 220, 215)), ((230, 230, 228), (150, 40, 50))],
)
def test_product_is_cut_from_a_coloured_backdrop(backdrop: tuple[int, int, int], product: tuple[int, int, int]) -> None:
    image, truth = scene(backdrop, product)
    got = evaluate_mask(colour_key(image), truth)
    assert got.foreground_iou > 0.95
    assert got.foreground_recall > 0.98


def test_a_backdrop_alone_has_an_empty_mask() -> None:
    image, _ = scene((20, 40, 190), (20, 40, 190))
    assert not colour_key(np.ascontiguousarray(image[:, :90])).any()


def test_a_scans_black_frame_is_backdrop() -> None:
    image, truth = scene((20, 40, 190), (210, 150, 40))
    image[:, -6:] = 8
    image[:3, 100:] = 8
    assert evaluate_mask(colour_key(image), truth).foreground_iou > 0.95


def test_photographs_of_a_toy_on_a_turntable(shared_dir: Path) -> None:
    for number in range(0, 36, 3):
        path = shared_dir / "real" / "dino" / f"viff.{number:03d}.jpg"
        if not path.is_file():
            pytest.skip(f"needs {path}")
        mask = colour_key(read_image(path))
        labels, _ = ndimage.label(mask)
        share = np.bincount(labels.ravel())[1:].max() / mask.sum()
        assert 0.08 < mask.mean() < 0.2
        assert share > 0.97
        assert not mask[:, -20:].any(), "the black frame at the right is backdrop"
