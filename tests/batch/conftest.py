"""Tiny captures: a ball in four views of 64 x 48 pixels."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cleanplate.capture import Capture, View, write_capture
from cleanplate.geometry import Camera, look_at, rotation_z
from cleanplate.image import write_image
from cleanplate.settings import Settings

WIDTH, HEIGHT = 64, 48
TINY = Settings("classical", resolution=16, refine=False)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture."""
    folder = tmp_path_factory.mktemp("tiny") / "B000000000"
    camera = Camera(WIDTH, HEIGHT, np.array([[130.0, 0, WIDTH / 2], [0, 130, HEIGHT / 2], [0, 0, 1]]), np.zeros(5))
    noise = np.random.default_rng(0)
    plate = noise.integers(205, 211, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    write_image(folder / "plates/c.png", plate)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    ball = (x - WIDTH / 2) ** 2 + (y - HEIGHT / 2) ** 2 < 14**2
    views = []
    for n in range(4):
        pose = look_at(rotation_z(90.0 * n) @ np.array([0.4, 0, 0.1 + 0.05 * n]), np.array([0, 0, 0.045]))
        image = noise.integers(205, 211, plate.shape).astype(np.uint8)
        image[ball] = (40 + 30 * n, 90, 160)
        write_image(folder / f"images/v{n}.png", image)
        views.append(View(f"v{n}", "c", f"images/v{n}.png", "plates/c.png", None, 90.0 * n, pose))
    write_capture(Capture(folder, "B000000000", {"c": camera}, tuple(views)))
    return folder


@pytest.fixture
def make(tiny: Path, tmp_path: Path) -> Callable[[int], list[Path]]:
    """Return a function that makes so many captures."""

    def captures(count: int) -> list[Path]:
        folders = [tmp_path / "in" / f"B{n:09d}" for n in range(count)]
        for folder in folders:
            shutil.copytree(tiny, folder)
            text = (tiny / "capture.json").read_text()
            (folder / "capture.json").write_text(text.replace("B000000000", folder.name))
        return folders

    return captures
