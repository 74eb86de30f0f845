"""How much of the sky a place sees past a mesh."""

import numpy as np
from jaxtyping import Float

from cleanplate.geometry import Camera, Mesh, Pose, look_at
from cleanplate.geometry.raster import project_fast, rasterise
from cleanplate.types import Points

DIRECTIONS = 48
"""Over the whole sphere, each with a depth map: a vertex meets about half of them."""
SIDE = 192
"""Pixels along a depth map's side."""
FAR = 30.0
"""Distance of the cameras in radii of the mesh: as good as parallel."""
SLACK_PIXELS = 2.5
"""Something in front counts from this distance on, in pixels of the depth map."""


def ambient_occlusion(mesh: Mesh, normals: Points) -> Float[np.ndarray, " n"]:
    """Return for each vertex the cosine-weighted part of its hemisphere that the rest of the mesh leaves open, 0..1.

    No floor is assumed under the mesh.
    """
    return openness(mesh, mesh.vertices, normals, DIRECTIONS)


def openness(mesh: Mesh, points: Points, normals: Points, count: int) -> Float[np.ndarray, " n"]:
    """Return for each point the cosine-weighted part of its hemisphere that a mesh leaves open, 0..1.

    Depth maps from directions spread evenly over the sphere (a spiral of golden angles), as shadow maps are used.

    Args:
        points, normals: in the mesh's world; on the mesh or beside it.
        count: of directions; about half of them meet a point.
    """
    centre = (mesh.vertices.min(axis=0) + mesh.vertices.max(axis=0)) / 2
    radius = float(np.linalg.norm(mesh.vertices - centre, axis=1).max())
    focal = 0.96 * SIDE / 2 * FAR
    camera = Camera(SIDE, SIDE, np.array([[focal, 0, SIDE / 2], [0, focal, SIDE / 2], [0, 0, 1.0]]))
    slack = SLACK_PIXELS * 2 * radius / SIDE
    seen, total = np.zeros(len(points)), np.zeros(len(points))
    for direction in _spread(count):
        cosine = normals @ direction
        facing = np.flatnonzero(cosine > 0)
        pose = look_at(centre + FAR * radius * direction, centre)
        total[facing] += cosine[facing]
        seen[facing] += cosine[facing] * _open(mesh, camera, pose, points[facing], slack)
    return np.where(total > 0, seen / np.maximum(total, 1e-12), 1.0)


def _open(mesh: Mesh, camera: Camera, pose: Pose, points: Points, slack: float) -> Float[np.ndarray, " n"]:
    depth, _ = rasterise(mesh, camera, pose)
    pixels, own = project_fast(camera, pose, np.ascontiguousarray(points, float))
    columns, rows = np.clip(pixels.astype(int), 0, SIDE - 1).T
    return (own <= depth[rows, columns] + slack).astype(float)


def _spread(count: int) -> Points:
    height = 1 - (2 * np.arange(count) + 1) / count
    turn = np.pi * (3 - np.sqrt(5)) * np.arange(count)
    flat = np.sqrt(1 - height**2)
    return np.column_stack([flat * np.cos(turn), flat * np.sin(turn), height])
