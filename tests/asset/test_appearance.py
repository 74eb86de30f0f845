"""What a network says of photographs by themselves: squares, sampling, and the shipped file."""

from pathlib import Path

import numpy as np
import pytest

from cleanplate.asset.appearance import (
    CHANNELS,
    MOST_VIEWS,
    SIDE,
    Square,
    asked,
    cut,
    open_appearance,
    sampled_map,
    square_about,
)
from cleanplate.asset.photos import Photo
from cleanplate.errors import ModelError
from cleanplate.geometry import Camera, Pose

CAMERA = Camera(320, 256, np.array([[300.0, 0, 160], [0, 300, 128], [0, 0, 1]]))
POSE = Pose(np.eye(3), np.array([0, 0, 1.0]))


def blob(top: int, left: int, height: int, width: int) -> np.ndarray:
    mask = np.zeros((256, 320), bool)
    mask[top : top + height, left : left + width] = True
    return mask


def photo(mask: np.ndarray, plate: bool = True) -> Photo:
    rng = np.random.default_rng(0)
    set_ = rng.integers(180, 200, (256, 320, 3), np.uint8)
    image = np.where(mask[..., None], rng.integers(30, 40, set_.shape, np.uint8), set_)
    return Photo(image, mask, CAMERA, POSE, set_ if plate else None)


def test_the_square_lies_about_the_product_and_one_without_product_is_none():
    found = square_about(blob(50, 60, 100, 40))
    assert found is not None and (found.column, found.row) == (80, 100)
    assert found.side == pytest.approx(115)
    assert square_about(blob(0, 0, 3, 3)) is None


@pytest.mark.parametrize("side", [48, 96, 192])
def test_a_cut_square_has_the_picture_s_colours_where_they_were(side: int):
    """A ramp stays a ramp, whatever the scale: pixel centres are at .5 on both sides."""
    ramp = np.repeat(np.arange(40, 240, dtype=np.uint8)[None], 200, 0)
    found = cut(ramp, Square(100, 100, 96), side)
    expected = 40 + 100 - 48 + (np.arange(side) + 0.5) * 96 / side - 0.5
    assert found[side // 2, 4:-4] == pytest.approx(expected[4:-4], abs=1)


def test_beyond_the_picture_its_border_goes_on():
    found = cut(np.full((50, 50), 77, np.uint8), Square(0, 0, 60), 32)
    assert (found == 77).all()


def test_a_map_is_read_where_the_square_lies_in_the_picture():
    square = Square(100, 80, 48)
    steps = np.arange(48, dtype=np.float32) + 0.5
    values = np.stack(np.broadcast_arrays(steps[None] + 76, steps[:, None] + 56, *np.zeros((3, 1, 1))), axis=2)
    pixels = np.random.default_rng(1).uniform((80, 60), (120, 100), (50, 2))
    found = sampled_map(square, np.ascontiguousarray(values, np.float32), pixels)
    assert found.shape == (50, CHANNELS)
    assert found[:, :2] == pytest.approx(pixels, abs=0.02)


def test_at_most_so_many_views_are_asked_and_they_are_spread():
    assert asked(5) == set(range(5))
    some = sorted(asked(190))
    assert len(some) == MOST_VIEWS and some[0] == 0 and some[-1] == 189
    assert max(np.diff(some)) - min(np.diff(some)) <= 1


@pytest.mark.parametrize("plate", [True, False])
def test_the_shipped_network_gives_probabilities_and_a_roughness(plate: bool):
    points = np.random.default_rng(2).uniform(-0.05, 0.05, (30, 3))
    found = open_appearance().look(photo(blob(100, 130, 60, 60), plate), points)
    assert found.shape == (30, CHANNELS)
    total = np.exp(found[:, :4]).sum(axis=1)  # between pixels logarithms are interpolated: a little less than 1
    assert ((total > 0.9) & (total < 1.001)).all()
    assert ((found[:, 4] >= 0) & (found[:, 4] <= 1)).all()


def test_a_photograph_whose_mask_shows_nothing_says_nothing():
    assert np.isnan(open_appearance().look(photo(blob(0, 0, 2, 2)), np.zeros((4, 3)))).all()
    assert open_appearance().look(photo(blob(100, 130, 60, 60)), np.zeros((0, 3))).shape == (0, CHANNELS)


def test_a_file_that_is_no_network_is_named(tmp_path: Path):
    with pytest.raises(ModelError, match="not found"):
        open_appearance(tmp_path / "none.onnx")
    (tmp_path / "broken.onnx").write_bytes(b"no")
    with pytest.raises(ModelError, match="cannot be loaded"):
        open_appearance(tmp_path / "broken.onnx")


def test_the_square_is_as_large_as_the_network_wants_it():
    assert SIDE % 32 == 0
