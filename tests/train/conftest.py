"""A small data set of squares on noise, as capture folders."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cleanplate.capture import Capture, View, write_capture
from cleanplate.geometry import Camera
from cleanplate.image import write_image, write_mask
from cleanplate.train.augment import PLAIN
from cleanplate.train.recipes import Recipe, compact


def write_product(folder: Path, asin: str, views: int = 4, size: tuple[int, int] = (64, 64)) -> Path:
    """Write a capture of a dark rectangle that differs from view to view."""
    target = folder / asin
    height, width = size
    rng = np.random.default_rng(int(asin[-4:]))
    plate = rng.integers(150, 230, (height, width, 3), np.uint8)
    write_image(target / "plates/cam0.png", plate)
    listed = []
    for i in range(views):
        mask = np.zeros(size, bool)
        y, x = rng.integers(4, 24, 2)
        mask[y : y + 24, x : x + 30] = True
        image = np.where(mask[..., None], np.uint8(40), plate)
        write_image(target / f"images/v{i}.png", image)
        write_mask(target / f"masks/v{i}.png", mask)
        listed.append(View(f"v{i}", "cam0", f"images/v{i}.png", "plates/cam0.png", f"masks/v{i}.png"))
    camera = Camera(width, height, np.array([[60.0, 0, width / 2], [0, 60, height / 2], [0, 0, 1]]))
    write_capture(Capture(target, asin, {"cam0": camera}, tuple(listed)))
    return target


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for i in range(2):
        write_product(folder, f"B00000000{i}")
    return folder


@pytest.fixture
def tiny() -> Recipe:
    """Four batches of two at 64x64 in an epoch; nothing random but the flips."""
    return replace(
        compact(), size=(64, 64), batch=2, epochs=1, validation=0.0, workers=0, warmup=0, min_batches=1,
        augment=PLAIN, freeze_encoder=False,
    )  # fmt: skip
