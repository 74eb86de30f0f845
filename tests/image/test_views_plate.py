"""Plates from views: the empty set where enough views show it, named doubt where not."""

import numpy as np
import pytest

from cleanplate.errors import ImageError
from cleanplate.image.views_plate import plate_from_views

RNG = np.random.default_rng(3)
SET = np.clip(np.linspace(90, 180, 120)[None, :, None] + np.array([0, 10, 20.0]) + np.zeros((90, 1, 1)), 0, 255)


def views(count: int, product: float | None = None) -> list[np.ndarray]:
    """A bar that turns about the picture's middle, of changing brightness; the middle is never free."""
    y, x = np.mgrid[:90, :120] - np.array([44.5, 59.5])[:, None, None]
    found = []
    for n in range(count):
        a = np.pi * n / count
        u, v = x * np.cos(a) + y * np.sin(a), -x * np.sin(a) + y * np.cos(a)
        bar = (np.abs(u) < 38) & (np.abs(v) < 8)
        shade = product if product is not None else 20 + 60 * RNG.random()
        picture = np.where(bar[..., None], shade, SET) + RNG.normal(0, 1.5, SET.shape)
        found.append(np.clip(picture, 0, 255).astype(np.uint8))
    return found


@pytest.mark.parametrize("product", [None, 40.0])
def test_the_empty_set_is_found_and_the_never_free_middle_is_doubtful(product):
    plate, doubtful = plate_from_views(views(24, product))
    sure = ~doubtful
    assert np.abs(plate.astype(float) - SET)[sure].max() < 6
    y, x = np.mgrid[:90, :120] - np.array([44.5, 59.5])[:, None, None]
    assert doubtful[np.hypot(x, y) < 7].all()
    assert not doubtful[np.hypot(x, y) > 42].any()
    assert np.abs(plate.astype(float) - SET)[doubtful].mean() < 8  # filled from around: the set is smooth


def test_views_without_a_product_are_the_plate():
    plain = [np.clip(SET + RNG.normal(0, 1.5, SET.shape), 0, 255).astype(np.uint8) for _ in range(9)]
    plate, doubtful = plate_from_views(plain)
    assert np.abs(plate.astype(float) - SET).max() < 6
    assert doubtful.mean() < 0.01


def test_too_few_views_several_sizes_and_moving_cameras_are_refused():
    with pytest.raises(ImageError, match="7 views; a plate from views needs 8"):
        plate_from_views(views(7))
    with pytest.raises(ImageError, match="differ in size"):
        plate_from_views([*views(8), np.zeros((80, 120, 3), np.uint8)])
    noise = [RNG.integers(0, 255, (90, 120, 3)).astype(np.uint8) for _ in range(12)]
    with pytest.raises(ImageError, match="no pixel shows the same"):
        plate_from_views(noise)
