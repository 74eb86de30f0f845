"""A plate of another camera, or a turned one, is told from the right one; exposure and a bumped camera are none."""

from pathlib import Path

import numpy as np
import pytest

import cleanplate
from cleanplate.capture import Capture, read_capture
from cleanplate.errors import ImageError
from cleanplate.image import read_image, read_mask
from cleanplate.image.plate_check import LEAST_AGREEMENT, MOST_EXCESS, plate_agreement, plate_excess
from cleanplate.types import Image, Mask

SAMPLES = sorted((Path(cleanplate.__file__).parent / "samples").glob("*/capture.json"))


@pytest.fixture(params=SAMPLES, ids=lambda path: path.parent.name)
def capture(request: pytest.FixtureRequest) -> Capture:
    return read_capture(request.param.parent)


def pictures(capture: Capture) -> list[tuple[str, Image, Image, Mask]]:
    return [
        (
            view.camera,
            read_image(capture.image_path(view)),
            read_image(capture.plate_path(view)),
            read_mask(capture.mask_path(view)),
        )
        for view in capture.views[::5]
    ]


def test_the_right_plate_agrees_with_and_without_a_mask(capture: Capture) -> None:
    for _, image, plate, mask in pictures(capture):
        for known in (None, mask):
            agreement = plate_agreement(image, plate, known)
            assert agreement is None or agreement > (0.9 if known is not None else LEAST_AGREEMENT)


def test_light_and_a_bumped_camera_do_not_matter(capture: Capture) -> None:
    for _, image, plate, _ in pictures(capture)[:3]:
        dark = (plate * 0.7).astype(np.uint8)
        assert plate_agreement(image, dark) > LEAST_AGREEMENT
        assert plate_agreement(image, np.roll(plate, (2, -2), (0, 1))) > LEAST_AGREEMENT


def test_wrong_plates_do_not_agree(capture: Capture) -> None:
    seen = pictures(capture)
    for camera, image, plate, mask in seen:
        others = [other for name, _, other, _ in seen if name != camera]
        for wrong in (plate[::-1, ::-1].copy(), *others):
            for known in (None, mask, np.ones_like(mask)):
                agreement = plate_agreement(image, wrong, known)
                assert agreement is None or agreement < LEAST_AGREEMENT


def test_a_plate_without_edges_says_nothing() -> None:
    grey = np.full((64, 80, 3), 180, np.uint8)
    assert plate_agreement(grey, grey) is None
    with pytest.raises(ImageError, match="64x80"):
        plate_agreement(grey, np.zeros((80, 64, 3), np.uint8))


def test_an_empty_plate_shows_no_more_than_the_picture(capture: Capture) -> None:
    assert np.mean([plate_excess(*each[1:]) for each in pictures(capture)]) < MOST_EXCESS / 2


def test_a_plate_with_something_in_it_shows_more_along_the_false_part_of_the_mask() -> None:
    rng = np.random.default_rng(0)
    image = np.clip(rng.normal(200, 2, (200, 240, 3)), 0, 255).astype(np.uint8)
    plate = np.clip(rng.normal(200, 2, (200, 240, 3)), 0, 255).astype(np.uint8)
    image[60:160, 60:120] = (150, 60, 50)
    plate[60:160, 140:180] = (150, 60, 50)
    mask = np.zeros((200, 240), bool)
    mask[60:160, 60:120] = True
    assert plate_excess(image, plate, mask) == 0
    mask[60:160, 140:180] = True
    assert plate_excess(image, plate, mask) == pytest.approx(280 / 600, abs=0.05)
    assert plate_excess(image, plate, mask & False) is None
