"""Photographs of a red box with an arm on a turntable, and of the empty set, drawn with some grain."""

from pathlib import Path

import numpy as np
import trimesh

from cleanplate.geometry import Camera, Mesh, Pose, look_at, rotation_z
from cleanplate.geometry.raster import silhouette
from cleanplate.image import write_image

CAMERA = Camera(240, 192, np.array([[480.0, 0, 120], [0, 480, 96], [0, 0, 1]]))
FIXED = look_at(np.array([0, -0.5, 0.3]), np.array([0, 0, 0.03]))


def poses(steps: int) -> list[Pose]:
    """The platen turns clockwise, seen from above."""
    return [Pose(FIXED.R @ rotation_z(-360 * step / steps), FIXED.t) for step in range(steps)]


def take(folder: Path, steps: int) -> None:
    """Write IMG_0007.png and so on, and empty.png; the box is 7 cm high."""
    body = trimesh.creation.box([0.08, 0.05, 0.07]).apply_translation([0.005, 0, 0.035])
    arm = trimesh.creation.box([0.06, 0.015, 0.015]).apply_translation([0.06, 0.01, 0.05])
    mesh = Mesh.of(trimesh.util.concatenate([body, arm]))
    rng = np.random.default_rng(0)
    backdrop = np.full((192, 240, 3), 200.0) + np.linspace(-20, 20, 192)[:, None, None]
    for step, pose in enumerate(poses(steps)):
        picture = np.where(silhouette(mesh, CAMERA, pose)[..., None], [170.0, 40, 30], backdrop)
        write_image(folder / f"IMG_{step + 7:04d}.png", _with_grain(picture, rng))
    write_image(folder / "empty.png", _with_grain(backdrop, rng))


def _with_grain(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.clip(picture + rng.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)
