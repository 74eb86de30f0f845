"""A textured shape with known colours, photographed by pinhole cameras with known exposure: no file needed."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh

from cleanplate.asset import Photo
from cleanplate.geometry import Camera, Mesh, look_at, pixel_centres, unproject
from cleanplate.geometry.raster import rasterise

TOOLS = Path(__file__).resolve().parents[1] / "tools"
BACKGROUND = np.array([0, 0, 255])
"""A colour the shapes do not have, so that any trace of it is a leak."""


def paint(points: np.ndarray) -> np.ndarray:
    """Return the true colour at points: smooth, different on every side, never blue."""
    wave = 0.5 + 0.4 * np.sin(points * [40.0, 50.0, 60.0])
    return np.column_stack([90 + 120 * wave[:, 0], 70 + 120 * wave[:, 2], 20 + 20 * wave[:, 1]])


def photograph(mesh: Mesh, azimuth: float, elevation: float, gain: float = 1.0) -> Photo:
    camera = Camera(320, 256, np.array([[640.0, 0, 160], [0, 640, 128], [0, 0, 1]]))
    a, e = np.radians([azimuth, elevation])
    eye = 0.6 * np.array([np.cos(a) * np.cos(e), np.sin(a) * np.cos(e), np.sin(e)]) + [0, 0, 0.05]
    pose = look_at(eye, np.array([0, 0, 0.05]))
    depth, face = rasterise(mesh, camera, pose)
    mask = face >= 0
    image = np.tile(BACKGROUND.astype(np.uint8), (256, 320, 1))
    points = unproject(camera, pose, pixel_centres(320, 256)[mask], depth[mask])
    image[mask] = np.clip(gain * paint(points), 0, 255).astype(np.uint8)
    return Photo(image, mask, camera, pose)


@pytest.fixture(scope="session")
def torus() -> Mesh:
    """A torus standing on the floor: occludes itself, has a hole; 10 cm wide."""
    mesh = trimesh.creation.torus(0.035, 0.015, major_sections=96, minor_sections=48)
    mesh.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [1, 0, 0]))
    mesh.apply_translation([0.01, -0.02, 0.05])
    return Mesh.of(mesh)


@pytest.fixture(scope="session")
def photos(torus: Mesh) -> list[Photo]:
    return [photograph(torus, azimuth, 10 + 25 * (k % 3)) for k, azimuth in enumerate(range(0, 360, 24))]


@pytest.fixture(scope="session")
def run_tool() -> Callable[[str, Path], list]:
    """Run a script of tests/tools on a file; skips where its npm packages are missing, but fails in CI."""
    if shutil.which("node") is None or not (TOOLS / "node_modules").is_dir():
        message = f"needs node and its packages: run npm ci in {TOOLS}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)

    def run(script: str, path: Path) -> list:
        done = subprocess.run(["node", str(TOOLS / script), str(path)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="session")
def validate(run_tool: Callable[[str, Path], list]) -> Callable[[Path], dict]:
    """Run the Khronos validator on a GLB and return the issues it counts."""
    return lambda path: run_tool("validate_glb.mjs", path)[0]
