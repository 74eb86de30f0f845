"""Thin sheets and printed surfaces: solids that carry texture coordinates."""

from __future__ import annotations

import numpy as np
import trimesh
from jaxtyping import Float

from cleanplate.render.products.primitives import Points2, outward


def sheet(outer: Float[np.ndarray, "a b 3"], inner: Float[np.ndarray, "a b 3"]) -> trimesh.Trimesh:
    """A thin closed solid between two grids of points; uv runs over the grid: v along a, u along b."""
    rows, columns, _ = outer.shape
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    front = np.vstack([np.stack([a, b, d], -1).reshape(-1, 3), np.stack([a, d, c], -1).reshape(-1, 3)])
    edge = np.r_[index[0, :-1], index[:-1, -1], index[-1, :0:-1], index[:0:-1, 0]]
    following = np.roll(edge, -1)
    n = rows * columns
    sides = np.vstack([np.stack([following, edge, edge + n], -1), np.stack([following, edge + n, following + n], -1)])
    v, u = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
    uv = np.tile(np.stack([u, v], -1).reshape(-1, 2), (2, 1))
    vertices = np.vstack([outer.reshape(-1, 3), inner.reshape(-1, 3)])
    mesh = outward(vertices, np.vstack([front, front[:, ::-1] + n, sides]))
    mesh.visual = trimesh.visual.TextureVisuals(uv=uv)
    return mesh


def wrap(
    outside: Points2,
    low: float,
    high: float,
    width: float = 2.0,
    gap: float = 2e-4,
    thick: float = 3e-4,
    rows: int = 12,
) -> trimesh.Trimesh:
    """A label round a turned body whose profile is `outside`, from z = `low` to `high`; uv covers it once.

    Args:
        width: angle that it covers, radians; at 2 pi its ends meet without touching.
        gap: to the body below, so that a label on glass stays clear of it.
    """
    z = np.linspace(low, high, rows)
    rising = outside[np.r_[np.diff(outside[:, 1]) > 1e-9, True]]
    r = np.interp(z, rising[:, 1], rising[:, 0])
    width = min(width, 2 * np.pi - 0.01)
    a = np.linspace(-width / 2, width / 2, max(int(width * 12), 6))
    around = np.stack([np.cos(a), np.sin(a)], 1)

    def grid(radius: np.ndarray) -> np.ndarray:
        flat = radius[:, None, None] * around
        return np.concatenate([flat, np.broadcast_to(z[:, None, None], (*flat.shape[:2], 1))], axis=2)

    return sheet(grid(r + gap + thick), grid(r + gap))


def box_mapped(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    """The mesh with each triangle projected on the side of its bounding box that it faces.

    The six sides lie in a 3 x 2 atlas: +x -x +y in the lower row, -y +z -z above. Vertices are doubled.
    """
    low, high = mesh.bounds
    place = (mesh.vertices - low) / np.maximum(high - low, 1e-9)
    axis = np.abs(mesh.face_normals).argmax(axis=1)
    front = np.take_along_axis(mesh.face_normals, axis[:, None], 1)[:, 0] > 0
    u_axis, v_axis = np.array([1, 0, 0])[axis], np.array([2, 2, 1])[axis]
    corners = place[mesh.faces]
    u = np.take_along_axis(corners, u_axis[:, None, None].repeat(3, 1), 2)[..., 0]
    v = np.take_along_axis(corners, v_axis[:, None, None].repeat(3, 1), 2)[..., 0]
    mirrored = (front & (axis == 1)) | (~front & (axis != 1))
    u = np.where(mirrored[:, None], 1 - u, u)
    cell = 2 * axis + ~front
    inset = 0.01
    u, v = (inset + (1 - 2 * inset) * x for x in (u, v))
    uv = np.stack([(cell % 3)[:, None] + u, (cell // 3)[:, None] + v], -1).reshape(-1, 2) / (3, 2)
    faces = np.arange(len(mesh.faces) * 3).reshape(-1, 3)
    visual = trimesh.visual.TextureVisuals(uv=uv)
    return trimesh.Trimesh(mesh.vertices[mesh.faces].reshape(-1, 3), faces, visual=visual, process=False)
