"""Shapes, views and masks for the hull's benchmarks; lengths in metres."""

import numpy as np
import trimesh

from cleanplate.geometry import Camera, Mesh, Pose, look_at, rotation_z
from cleanplate.geometry.raster import silhouette

PIXEL = 0.00044
"""The size of a pixel at the platen's centre."""

CAMERA = Camera(640, 512, np.array([[1136.0, 0, 320], [0, 1136.0, 256], [0, 0, 1]]))
DISTANCE = PIXEL * 1136


def views(count: int, seed: int, aim: float) -> list[Pose]:
    """Return views by ten cameras over a 90° arc, each at random turns of the platen, as in the paper's rig."""
    rng = np.random.default_rng(seed)
    poses = []
    for n in range(count):
        elevation = np.radians(4.5 + 9 * (n % 10))
        eye = rotation_z(rng.uniform(0, 360)) @ [np.cos(elevation), 0, np.sin(elevation)]
        poses.append(look_at(np.array([0, 0, aim]) + DISTANCE * eye, np.array([0, 0, aim])))
    return poses


def coverage(mesh: trimesh.Trimesh, pose: Pose, factor: int) -> np.ndarray:
    """Return the mesh's silhouette at `factor` times the camera's size."""
    fine = CAMERA.scaled(CAMERA.width * factor, CAMERA.height * factor)
    return silhouette(Mesh.of(mesh), fine, pose)


def soften(mask: np.ndarray, factor: int) -> np.ndarray:
    """Average a fine silhouette over the camera's pixels: exact soft edges."""
    h, w = mask.shape
    return mask.reshape(h // factor, factor, w // factor, factor).mean(axis=(1, 3), dtype=np.float32)


def _at(mesh: trimesh.Trimesh, x: float, y: float, z: float) -> trimesh.Trimesh:
    mesh.apply_translation([x, y, z])
    return mesh


def torus(major: float = 0.055, minor: float = 0.018) -> trimesh.Trimesh:
    """Return a torus that lies on the platen."""
    return _at(trimesh.creation.torus(major, minor, major_sections=720, minor_sections=256), 0, 0, minor)


def joined(parts: list[trimesh.Trimesh]) -> trimesh.Trimesh:
    """Return several meshes as one."""
    mesh = trimesh.util.concatenate(parts)
    assert isinstance(mesh, trimesh.Trimesh)
    return mesh


def mug() -> trimesh.Trimesh:
    """Return a mug with walls of 4 mm and a handle; its parts overlap, which silhouettes do not mind."""
    wall = trimesh.creation.annulus(0.037, 0.041, 0.095, sections=512)
    base = trimesh.creation.cylinder(0.041, 0.005, sections=512)
    handle = trimesh.creation.torus(0.026, 0.006, major_sections=360, minor_sections=96)
    handle.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [1, 0, 0]))
    parts = [_at(wall, 0, 0, 0.0475), _at(base, 0, 0, 0.0025), _at(handle, 0.047, 0, 0.05)]
    return joined(parts)


def chair() -> trimesh.Trimesh:
    """Return a chair of 3 mm legs, a thin seat and a back of rods."""
    parts = [_at(trimesh.creation.box([0.09, 0.09, 0.004]), 0, 0, 0.06)]
    rods = [(x, y, 0.06, 0.03) for x in (-0.042, 0.042) for y in (-0.042, 0.042)]
    rods += [(-0.042, y, 0.065, 0.0925) for y in np.linspace(-0.042, 0.042, 5)]
    parts += [_at(trimesh.creation.cylinder(0.0015, length, sections=64), x, y, z) for x, y, length, z in rods]
    parts.append(_at(trimesh.creation.box([0.004, 0.09, 0.012]), -0.042, 0, 0.125))
    return joined(parts)
