"""Oklab as its author defines it, and what shadows do in it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.image.colour import linear_to_oklab, to_oklab

PUBLISHED = {
    (255, 255, 255): (1.0, 0.0, 0.0),
    (255, 0, 0): (0.62796, 0.22486, 0.12585),
    (0, 255, 0): (0.86644, -0.23389, 0.17950),
    (0, 0, 255): (0.45201, -0.03246, -0.31153),
    (0, 0, 0): (0.0, 0.0, 0.0),
}


def test_the_corners_of_srgb_are_where_oklab_puts_them() -> None:
    found = to_oklab(np.array([list(PUBLISHED)], np.uint8))[0]
    assert found == pytest.approx(np.array(list(PUBLISHED.values())), abs=1e-4)


@given(st.tuples(*[st.floats(0.0078125, 1, width=32)] * 3), st.floats(0.125, 1, width=32))
def test_dimming_light_scales_all_three_coordinates_by_the_cube_root(light: tuple, dim: float) -> None:
    full = np.array([[light]], np.float32)
    assert linear_to_oklab(full * np.float32(dim)) == pytest.approx(np.cbrt(dim) * linear_to_oklab(full), abs=1e-5)


@given(st.integers(0, 255))
def test_greys_have_no_hue(level: int) -> None:
    lightness, *hue = to_oklab(np.full((1, 1, 3), level, np.uint8))[0, 0]
    assert np.abs(hue).max() < 1e-4
    assert 0 <= lightness <= 1.0001
