"""Two small captures with the same view ids, and masks that differ in each view."""

import sys
from pathlib import Path

import numpy as np
import pytest

from cleanplate.capture import Capture, View, write_capture
from cleanplate.geometry import Camera
from cleanplate.image import write_image, write_mask

sys.path.insert(0, str(Path(__file__).parent))

CAMERA = Camera(32, 24, np.array([[40.0, 0, 16], [0, 40, 12], [0, 0, 1]]))


@pytest.fixture
def captures(tmp_path: Path) -> list[Path]:
    """Folders of B000000001 and B000000002, three views each: with a hole, empty, full."""
    rng = np.random.default_rng(0)
    folders = []
    for number in (1, 2):
        folder = tmp_path / f"captures/B00000000{number}"
        views = []
        ring = np.hypot(*(np.mgrid[:24, :32] - np.array([12, 12 + 4 * number]).reshape(2, 1, 1)))
        for index, mask in enumerate([(ring < 9) & (ring > 4), np.zeros((24, 32), bool), np.ones((24, 32), bool)]):
            write_image(folder / f"images/v{index}.jpg", rng.integers(0, 255, (24, 32, 3), np.uint8))
            write_mask(folder / f"masks/v{index}.png", mask)
            views.append(View(f"v{index}", "cam0", f"images/v{index}.jpg", mask=f"masks/v{index}.png"))
        write_capture(Capture(folder, folder.name, {"cam0": CAMERA}, tuple(views)))
        folders.append(folder)
    return folders
