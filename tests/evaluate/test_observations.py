"""The paper's observations, on painted pictures in which shadow and reflection are where we put them."""

from pathlib import Path

import numpy as np
import pytest

from cleanplate.capture import Capture, View, write_capture, write_image, write_mask
from cleanplate.errors import CaptureError
from cleanplate.evaluate import contour_offset, observe, observe_masks, turned_over
from cleanplate.geometry import Camera


def box(top: int, left: int, bottom: int, right: int) -> np.ndarray:
    mask = np.zeros((120, 160), bool)
    mask[top:bottom, left:right] = True
    return mask


TRUTH = box(30, 60, 70, 100)
SHADOW = box(80, 40, 100, 80)
REFLECTION = box(80, 90, 100, 120)


def pictures() -> tuple[np.ndarray, np.ndarray]:
    plate = np.full((120, 160, 3), 200, np.uint8)
    image = plate.copy()
    image[TRUTH] = (180, 40, 40)
    image[SHADOW] = 150
    image[REFLECTION] = (200, 150, 150)
    return image, plate


def test_shares_of_shadow_and_reflection() -> None:
    image, plate = pictures()
    perfect = observe(TRUTH, TRUTH, image, plate)
    assert (perfect.clean, perfect.shadow, perfect.reflection, perfect.offset) == (0, 0, 0, 0)
    half = observe(TRUTH | box(80, 40, 90, 80) | REFLECTION, TRUTH, image, plate)
    assert half.shadow == pytest.approx(0.5)
    assert half.reflection == 1
    assert half.clean == 0


def test_without_shadow_there_is_no_share() -> None:
    plate = np.full((120, 160, 3), 200, np.uint8)
    assert observe(TRUTH, TRUTH, plate, plate).shadow is None


@pytest.mark.parametrize(("grow", "offset"), [(0, 0.0), (3, 3.0), (-2, -2.0)])
def test_offset_is_how_far_the_outline_lies_outside(grow: int, offset: float) -> None:
    mask = box(30 - grow, 60 - grow, 70 + grow, 100 + grow)
    assert contour_offset(mask, TRUTH) == pytest.approx(offset, abs=0.25)


def test_offset_of_nothing() -> None:
    assert contour_offset(np.zeros_like(TRUTH), TRUTH) is None


def test_a_method_blind_to_position_turns_over_unchanged() -> None:
    image, plate = pictures()
    seen = turned_over(lambda i, p: (i != p).any(axis=2), image, plate)
    assert np.array_equal(seen, TRUTH | SHADOW | REFLECTION)
    only_top = turned_over(lambda *_: box(0, 0, 60, 160), image, plate)
    assert np.array_equal(only_top, box(60, 0, 120, 160))


def test_means_over_folders(tmp_path: Path) -> None:
    image, plate = pictures()
    folder = tmp_path / "set" / "B000000001"
    write_image(folder / "i.png", image)
    write_image(folder / "p.png", plate)
    write_mask(folder / "m.png", TRUTH)
    camera = Camera(160, 120, np.array([[100.0, 0, 80], [0, 100, 60], [0, 0, 1]]), np.zeros(5))
    view = View("v", "c", "i.png", "p.png", "m.png")
    write_capture(Capture(folder, "B000000001", {"c": camera}, (view,)))
    write_mask(tmp_path / "out" / "B000000001" / "masks" / "v.png", TRUTH | SHADOW)
    means = observe_masks(tmp_path / "out", [tmp_path / "set"])
    assert (means["shadow"], means["reflection"]) == (1, 0)
    write_capture(Capture(folder, "B000000001", {"c": camera}, (View("v", "c", "i.png", None, "m.png"),)))
    with pytest.raises(CaptureError, match="no view has both"):
        observe_masks(tmp_path / "out", [folder])
