"""A capture made by ray casting: a coloured ellipsoid on a plate with noise, in ten small views."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from pipeline_support import RADII, SIZE

from cleanplate.capture import Capture, View, write_capture
from cleanplate.geometry import Camera, Pose, look_at, pixel_centres, rays, rotation_z
from cleanplate.image import write_image, write_mask
from cleanplate.types import Image, Mask


def _shoot(camera: Camera, pose: Pose, plate: Image) -> tuple[Image, Mask]:
    origin, directions = rays(camera, pose, pixel_centres(*SIZE).reshape(-1, 2))
    origin, directions = (origin - [0, 0, RADII[2]]) / RADII, directions / RADII
    a, b = (directions**2).sum(axis=1), directions @ origin
    root = b * b - a * (origin @ origin - 1)
    mask = (root > 0).reshape(SIZE[::-1])
    depth = (-b - np.sqrt(np.maximum(root, 0))) / a
    normals = origin + depth[:, None] * directions
    shade = np.clip(90 + 60 * normals, 0, 255).astype(np.uint8).reshape(*SIZE[::-1], 3)
    return np.where(mask[..., None], shade, plate), mask


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound capture; copy it before damaging it."""
    folder = tmp_path_factory.mktemp("sound") / "B00000BALL"
    camera = Camera(SIZE[0], SIZE[1], np.array([[260.0, 0, SIZE[0] / 2], [0, 260, SIZE[1] / 2], [0, 0, 1]]))
    rng = np.random.default_rng(0)
    clean = np.linspace(190, 225, SIZE[1])[:, None, None] + np.zeros((1, SIZE[0], 3))
    plate, exposure = (np.clip(clean + rng.normal(0, 1.5, clean.shape), 0, 255).astype(np.uint8) for _ in range(2))
    write_image(folder / "plates/cam00.png", plate)
    views = []
    for index in range(10):
        height = 0.05 + 0.05 * (index % 4)
        pose = look_at(rotation_z(36.0 * index) @ np.array([0.4, 0, height]), np.array([0, 0, RADII[2]]))
        id = f"cam00_{36 * index:03d}"
        image, mask = _shoot(camera, pose, exposure)
        write_image(folder / f"images/{id}.png", image)
        write_mask(folder / f"masks/{id}.png", mask)
        views.append(View(id, "cam00", f"images/{id}.png", "plates/cam00.png", f"masks/{id}.png", 36.0 * index, pose))
    write_capture(Capture(folder, "B00000BALL", {"cam00": camera}, tuple(views)))
    return folder


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    """A copy of the sound capture to damage."""
    return Path(shutil.copytree(sound, tmp_path / "in" / sound.name))
