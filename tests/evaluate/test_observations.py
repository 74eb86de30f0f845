"""The paper's observations, on painted pictures in which shadow and reflection are where we put them."""

import numpy as np
import pytest

from cleanplate.evaluate import contour_offset, find_regions, observe


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
    regions = find_regions(image, plate, TRUTH)
    perfect = observe(TRUTH, regions)
    assert (perfect.clean, perfect.shadow, perfect.reflection, perfect.offset) == (0, 0, 0, 0)
    assert perfect.shadow_area == SHADOW.mean()
    half = observe(TRUTH | box(80, 40, 90, 80) | REFLECTION, regions)
    assert half.shadow == pytest.approx(0.5)
    assert half.reflection == 1
    assert half.clean == 0


def test_shares_of_what_was_missed_where_the_product_is_white_or_like_the_plate() -> None:
    image, plate = pictures()
    image[box(30, 60, 70, 70)] = 200  # a quarter looks like the plate
    image[box(30, 70, 70, 80)] = 250  # a quarter is white
    found = observe(box(30, 60, 50, 70) | box(30, 80, 70, 100), find_regions(image, plate, TRUTH))
    assert found.alike == pytest.approx(0.5)
    assert found.white == 1


def test_without_shadow_there_is_no_share() -> None:
    plate = np.full((120, 160, 3), 200, np.uint8)
    assert observe(TRUTH, find_regions(plate, plate, TRUTH)).shadow is None


@pytest.mark.parametrize(("grow", "offset"), [(0, 0.0), (3, 3.0), (-2, -2.0)])
def test_offset_is_how_far_the_outline_lies_outside(grow: int, offset: float) -> None:
    mask = box(30 - grow, 60 - grow, 70 + grow, 100 + grow)
    assert contour_offset(mask, TRUTH) == pytest.approx(offset, abs=0.25)


def test_offset_of_nothing() -> None:
    assert contour_offset(np.zeros_like(TRUTH), TRUTH) is None
