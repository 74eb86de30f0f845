"""A small sound capture that tests then damage."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cleanplate.capture import Capture, View, write_capture
from cleanplate.geometry import Camera, look_at
from cleanplate.image import write_image, write_mask


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A capture of three views at 32x24 with plates and masks."""
    target = tmp_path / "B000000001"
    camera = Camera(32, 24, np.array([[40.0, 0, 16], [0, 40, 12], [0, 0, 1]]))
    views = []
    rng = np.random.default_rng(0)
    plate = rng.integers(180, 220, (24, 32, 3), np.uint8)
    write_image(target / "plates/cam0.jpg", plate)
    for index in range(3):
        image = plate.copy()
        image[8:16, 10:20] = 30
        mask = (image == 30).all(axis=-1)
        pose = look_at(np.array([0.5, 0.1 * index, 0.2]), np.zeros(3))
        view = View(
            f"v{index}", "cam0", f"images/v{index}.jpg", "plates/cam0.jpg", f"masks/v{index}.png", 10.0 * index, pose
        )
        write_image(target / view.image, image)
        write_mask(target / f"masks/v{index}.png", mask)
        views.append(view)
    write_capture(Capture(target, "B000000001", {"cam0": camera}, tuple(views), ("white",)))
    return target


@pytest.fixture
def edit(folder: Path) -> Callable[[Callable[[dict[str, Any]], Any]], None]:
    """Change the capture's JSON in place."""

    def apply(change: Callable[[dict[str, Any]], Any]) -> None:
        path = folder / "capture.json"
        document = json.loads(path.read_text())
        change(document)
        path.write_text(json.dumps(document))

    return apply
