"""Collections of tiny captures with truth, and folders of predictions."""

from pathlib import Path

import numpy as np
import pytest

from cleanplate.capture import Capture, View, write_capture
from cleanplate.geometry import Camera, look_at
from cleanplate.image import write_image, write_mask

SHAPE = (48, 64)


def truth(index: int) -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[10 : 20 + index, 12:40] = True
    return mask


def make_capture(folder: Path, asin: str, views: int, tags: tuple[str, ...] = ()) -> Path:
    camera = Camera(64, 48, np.array([[50.0, 0, 32], [0, 50, 24], [0, 0, 1]]), np.zeros(5))
    write_image(folder / asin / "image.png", np.zeros((*SHAPE, 3), np.uint8))
    made = []
    for index in range(views):
        write_mask(folder / asin / "masks" / f"v{index}.png", truth(index))
        pose = look_at(np.array([1.0, 0.0, 0.1 + index]), np.zeros(3))
        made.append(View(f"v{index}", "c", "image.png", mask=f"masks/v{index}.png", pose=pose))
    write_capture(Capture(folder / asin, asin, {"c": camera}, tuple(made), tags))
    return folder / asin


def predict(folder: Path, asin: str, view: int, mask: np.ndarray) -> None:
    write_mask(folder / asin / "masks" / f"v{view}.png", mask)


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    make_capture(tmp_path / "set", "B000000001", 3, ("glass", "thin"))
    make_capture(tmp_path / "set", "B000000002", 1, ("thin",))
    return tmp_path / "set"


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    """The first product's masks are perfect, the second's is half."""
    for view in range(3):
        predict(tmp_path / "out", "B000000001", view, truth(view))
    half = truth(0)
    half[:, 26:] = False
    predict(tmp_path / "out", "B000000002", 0, half)
    return tmp_path / "out"
