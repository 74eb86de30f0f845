"""Views of known shapes for the hull's tests."""

import numpy as np
import trimesh

from cleanplate.geometry import Camera, Mesh, Pose, look_at, rotation_z
from cleanplate.geometry.raster import silhouette

CAMERA = Camera(160, 128, np.array([[320.0, 0, 80], [0, 320, 64], [0, 0, 1]]))


def orbit(count: int, distance: float = 0.5, target: float = 0.03, high: float = 85.0) -> list[Pose]:
    """Return poses of a camera over a quarter arc above a turning platen, spread by the golden angle."""
    elevations = np.radians(np.linspace(3, high, count))
    turns = np.arange(count) * 137.508
    poses = []
    for elevation, turn in zip(elevations, turns, strict=True):
        eye = rotation_z(turn) @ [distance * np.cos(elevation), 0, target + distance * np.sin(elevation)]
        poses.append(look_at(eye, np.array([0, 0, target])))
    return poses


def coverage(mesh: trimesh.Trimesh, camera: Camera, pose: Pose, factor: int = 8) -> np.ndarray:
    """Return the share of every pixel that sees the mesh, by supersampling."""
    fine = camera.scaled(camera.width * factor, camera.height * factor)
    seen = silhouette(Mesh.of(mesh), fine, pose)
    return seen.reshape(camera.height, factor, camera.width, factor).mean(axis=(1, 3))


def ball(radius: float = 0.04, height: float = 0.05) -> trimesh.Trimesh:
    """Return a fine sphere above the platen."""
    mesh = trimesh.creation.icosphere(subdivisions=5, radius=radius)
    mesh.apply_translation([0.003, -0.002, height])
    return mesh


def torus() -> trimesh.Trimesh:
    """Return a fine torus lying on the platen."""
    mesh = trimesh.creation.torus(0.04, 0.012, major_sections=128, minor_sections=64)
    mesh.apply_translation([0, 0, 0.012])
    return mesh
