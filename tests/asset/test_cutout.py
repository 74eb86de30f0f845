import numpy as np
import pytest

from cleanplate.asset.cutout import cut_out
from cleanplate.image.colour import to_linear, to_srgb

SIZE = (120, 160)


def mixture(product: np.ndarray, plate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture of a disc whose edge mixes product and plate as light does, and the disc's share."""
    y, x = np.indices(SIZE) + 0.5
    share = np.clip(40.3 - np.hypot(x - 80.2, y - 60.4) + 0.5, 0, 1)[..., None]
    light = share * to_linear(product / 255) + (1 - share) * to_linear(plate / 255)
    return np.rint(255 * to_srgb(light)).astype(np.uint8), share[..., 0]


def filled(*colour: int) -> np.ndarray:
    return np.full((*SIZE, 3), colour, np.uint8)


@pytest.mark.parametrize("shift", [0, 1, -1])
@pytest.mark.parametrize("known", [True, False])
def test_a_known_mixture_is_taken_apart_though_the_mask_is_a_pixel_off(shift, known):
    product, plate = filled(30, 120, 40), filled(220, 214, 205)
    image, share = mixture(product, plate)
    y, x = np.indices(SIZE) + 0.5
    mask = np.hypot(x - 80.2, y - 60.4) < 40.3 + shift
    found = cut_out(image, mask, plate if known else None)
    assert np.abs(found.share - share).max() < 0.2
    assert np.abs(found.share - share).mean() < 0.003
    solid = found.share > 0.3
    assert np.abs(found.colour[solid] - to_linear(product / 255.0)[solid]).max() < 0.03


def test_where_product_and_plate_are_alike_the_mask_decides():
    image = filled(210, 210, 210)
    y, x = np.indices(SIZE) + 0.5
    distance = 40 - np.hypot(x - 80, y - 60)
    found = cut_out(image, distance > 0, image)
    assert (found.share[distance > 3] == 1).all() and (found.share[distance < -3] == 0).all()
    assert np.abs(found.share[np.abs(distance) < 0.3] - 0.5).max() < 0.35


def test_a_shadow_beside_the_product_is_no_product():
    product, plate = filled(20, 20, 20), filled(220, 220, 220)
    image, share = mixture(product, plate)
    image[share == 0] = 140
    found = cut_out(image, share > 0.5, plate)
    y, x = np.indices(SIZE) + 0.5
    assert found.share[np.hypot(x - 80.2, y - 60.4) > 44].max() == 0


@pytest.mark.parametrize("width", [1, 2, 4])
def test_thin_parts_keep_their_colour(width):
    image, mask = filled(200, 200, 200), np.zeros(SIZE, bool)
    mask[60 : 60 + width] = True
    image[mask] = (180, 30, 30)
    found = cut_out(image, mask, filled(200, 200, 200))
    middle = np.s_[60 : 60 + width, 40:120]
    assert found.share[middle].min() > 0.7
    assert np.abs(found.colour[middle] - to_linear(np.array([180, 30, 30]) / 255)).max() < 0.06
