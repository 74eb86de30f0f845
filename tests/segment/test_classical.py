"""Classical segmentation on painted pictures whose masks are known."""

import cv2
import numpy as np
import pytest

from cleanplate.errors import ImageError
from cleanplate.evaluate import evaluate_mask
from cleanplate.image.alignment import find_motion, match_exposure, match_plate, move
from cleanplate.segment.classical import segment_classical
from cleanplate.segment.difference import segment_difference

SIZE = (256, 320)


def painted_plate(seed: int = 0, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A light wall, a white platen with a dark rim, and a post."""
    height, width = size
    y, x = np.mgrid[:height, :width]
    plate = np.full((height, width, 3), (214, 210, 205), float) - 20 * (y / height)[..., None]
    platen = ((x - width / 2) / (0.45 * width)) ** 2 + ((y - 0.75 * height) / (0.2 * height)) ** 2
    plate[platen < 1.03] = (90, 90, 92)
    plate[platen < 1] = (240, 239, 236)
    plate[: int(0.6 * height), int(0.12 * width) : int(0.14 * width)] = (120, 120, 125)
    return with_noise(cv2.GaussianBlur(plate, (0, 0), 0.7), seed)


def with_noise(picture: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 1, picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


def mug(size: tuple[int, int] = SIZE) -> np.ndarray:
    """A body with a handle that has a hole."""
    unit = size[0] / 256
    mask = np.zeros(size, np.uint8)
    cv2.rectangle(mask, *(tuple(int(v * unit) for v in p) for p in ((120, 90), (190, 190))), 1, -1)
    cv2.circle(mask, (int(195 * unit), int(138 * unit)), int(34 * unit), 1, int(10 * unit))
    return mask.astype(bool)


def shadow(size: tuple[int, int] = SIZE) -> np.ndarray:
    """A soft shadow around the mug's foot, as a share of the light."""
    unit = size[0] / 256
    dark = np.zeros(size, np.float32)
    cv2.ellipse(dark, (int(155 * unit), int(190 * unit)), (int(70 * unit), int(16 * unit)), 0, 0, 360, 1, -1)
    return 1 - 0.35 * cv2.GaussianBlur(dark, (0, 0), 9 * unit)


def photograph(plate: np.ndarray, mask: np.ndarray, colour: tuple[int, int, int], seed: int = 9) -> np.ndarray:
    shaded = plate * shadow(mask.shape)[..., None]
    y = np.linspace(1.0, 0.8, mask.shape[0])[:, None, None]
    alpha = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7)[..., None]
    return with_noise(shaded * (1 - alpha) + np.array(colour) * y * alpha, seed)


def test_an_empty_plate_pair_has_an_empty_mask() -> None:
    plate = painted_plate()
    assert not segment_classical(plate, plate).any()
    assert not segment_classical(painted_plate(seed=5), plate).any()
    assert not segment_difference(plate, plate).any()


@pytest.mark.parametrize("gain", [(0.9, 0.9, 0.9), (1.06, 1.06, 1.06), (1.0, 0.97, 0.94)])
def test_another_exposure_of_the_plate_has_an_empty_mask(gain: tuple[float, float, float]) -> None:
    again = np.clip(painted_plate(seed=3) * np.array(gain), 0, 255).astype(np.uint8)
    assert not segment_classical(again, painted_plate()).any()


def test_a_moved_plate_has_an_empty_mask() -> None:
    moved = move(painted_plate(seed=3), np.array([1.6, -1.2, 0.002]))
    assert not segment_classical(moved, painted_plate()).any()


@pytest.mark.parametrize("colour", [(180, 60, 40), (30, 90, 60), (40, 40, 45), (235, 190, 90)])
def test_an_opaque_mug_with_shadow_on_a_drifted_plate(colour: tuple[int, int, int]) -> None:
    truth = mug()
    image = photograph(painted_plate(), truth, colour)
    plate = move(np.clip(painted_plate(seed=3) * 0.95, 0, 255).astype(np.uint8), np.array([1.2, -1.5, 0.001]))
    assert evaluate_mask(segment_classical(image, plate), truth).foreground_iou > 0.95


def test_a_shadow_darker_than_a_pale_mug_is_not_taken_for_it() -> None:
    truth = mug()
    image = photograph(painted_plate(), truth, (232, 214, 180))
    plate = move(painted_plate(seed=3), np.array([1.2, -1.5, 0.001]))
    got = evaluate_mask(segment_classical(image, plate), truth)
    plain = evaluate_mask(segment_difference(image, plate), truth)
    assert got.foreground_iou > 0.9
    assert got.foreground_iou > plain.foreground_iou + 0.1


def test_the_handles_hole_is_kept() -> None:
    truth = mug()
    mask = segment_classical(photograph(painted_plate(), truth, (180, 60, 40)), painted_plate(seed=3))
    inside = np.zeros(SIZE, np.uint8)
    cv2.circle(inside, (208, 138), 12, 1, -1)
    assert not mask[inside.astype(bool)].any()


@pytest.mark.parametrize("big", [(1024, 1280), (1536, 1920)])
def test_size_of_the_picture_does_not_change_the_method(big: tuple[int, int]) -> None:
    truth = mug(big)
    got = evaluate_mask(
        segment_classical(photograph(painted_plate(size=big), truth, (180, 60, 40)), painted_plate(3, big)), truth
    )
    assert got.foreground_iou > 0.97


def test_a_plate_of_another_size_is_refused() -> None:
    image, plate = painted_plate(), painted_plate(size=(128, 160))
    for method in (segment_classical, segment_difference):
        with pytest.raises(ImageError, match="plate is 160x128, the image 320x256"):
            method(image, plate)


@pytest.mark.parametrize("motion", [(1.5, -0.7, 0.0), (-2.0, 1.9, 0.002), (0.3, 0.2, -0.001)])
def test_motion_is_found_beside_a_product(motion: tuple[float, float, float]) -> None:
    image = photograph(painted_plate(), mug(), (180, 60, 40))
    plate = move(painted_plate(seed=3), np.array(motion))
    found = find_motion(image, plate)
    assert np.abs(found[:2] + np.array(motion)[:2]).max() < 0.35
    before = np.abs(image.astype(int) - plate)[~mug()].mean()
    after = np.abs(image.astype(int) - match_plate(image, plate))[~mug()].mean()
    assert after < before


def test_a_plate_without_edges_stays_where_it_is() -> None:
    plate = with_noise(np.full((*SIZE, 3), 230.0), 0)
    image = photograph(with_noise(np.full((*SIZE, 3), 230.0), 1), mug(), (180, 60, 40))
    assert np.abs(find_motion(image, plate)).max() < 0.01


def test_exposure_is_matched_beside_a_large_product() -> None:
    image = painted_plate()
    image[60:220, 60:280] = (20, 60, 120)
    plate = np.clip(painted_plate(seed=3) * np.array([0.92, 0.95, 0.9]), 0, 255).astype(np.uint8)
    outside = np.ones(SIZE, bool)
    outside[60:220, 60:280] = False
    error = np.abs(image.astype(float) - match_exposure(image, plate))[outside].mean(axis=0)
    assert error.max() < 2.5


def test_an_overexposed_plate_says_nothing_where_it_is_clipped() -> None:
    """What its platen lost is no difference; a dark product on it still is one."""
    plate, mask = painted_plate(), mug()
    image = photograph(plate, mask, (90, 60, 60))
    over = np.clip(plate * 1.2, 0, 255).astype(np.uint8)
    clipped = (over >= 253).all(axis=2)
    empty = clipped & ~mask & (shadow() > 0.999)
    assert empty.sum() > 1000
    assert (clipped & mask).sum() > 100
    difference = image.astype(float) - match_exposure(image, over)
    assert np.abs(difference[empty]).mean() < 2
    assert (difference[clipped & cv2.erode(mask.astype(np.uint8), np.ones((5, 5))).astype(bool)] < -60).all()
