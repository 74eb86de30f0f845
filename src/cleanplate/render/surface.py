"""Triangle meshes made ready to render: checked, with one normal per corner that keeps creases sharp."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import trimesh
from jaxtyping import Float32, UInt32
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cleanplate.errors import MeshError

CREASE_DEG = 35.0
SMALLEST_M, LARGEST_M = 2e-3, 5.0
MOST_REPEATS = 1e4
"""Of a texture: coordinates beyond (real shapes have some of 3e9) are taken for none."""


@dataclass(frozen=True)
class Surface:
    """Vertices with unit normals and texture coordinates (v up), and faces; metres."""

    vertices: Float32[np.ndarray, "n 3"]
    normals: Float32[np.ndarray, "n 3"]
    uv: Float32[np.ndarray, "n 2"]
    faces: UInt32[np.ndarray, "m 3"]


def check_mesh(mesh: trimesh.Trimesh, name: str, closed: bool) -> None:
    """Refuse what cannot be rendered honestly.

    Raises:
        MeshError: no faces, values that are not finite, an open mesh where light has to pass through it.
    """
    if len(mesh.faces) == 0:
        raise MeshError(f"{name}: the mesh has no faces; a point cloud or an empty file cannot be rendered")
    if not np.isfinite(mesh.vertices).all():
        bad = int((~np.isfinite(mesh.vertices)).any(axis=1).sum())
        raise MeshError(f"{name}: {bad} of {len(mesh.vertices)} vertices are not finite (NaN or infinite)")
    if closed and not (mesh.is_watertight or _merged(mesh).is_watertight):
        raise MeshError(
            f"{name}: glass needs a watertight mesh with real wall thickness, and this one has open edges; "
            "repair it or give it an opaque material"
        )


def check_size(extent_m: float, name: str) -> None:
    """Raises MeshError unless the largest side of a product's bounding box is plausible in metres."""
    if not SMALLEST_M <= extent_m <= LARGEST_M:
        raise MeshError(
            f"{name}: the largest side is {extent_m:.3g} m, outside {SMALLEST_M} to {LARGEST_M} m; "
            "is the mesh in other units? Scale it to metres"
        )


def prepare_surface(mesh: trimesh.Trimesh, crease_deg: float = CREASE_DEG) -> Surface:
    """Split vertices along creases, and at texture seams; normals are area-weighted within a smooth patch.

    Two corners at one point share a normal when a chain of faces around that point links them across edges
    flatter than `crease_deg`.
    """
    where = np.unique(np.round(mesh.vertices, 7), axis=0, return_inverse=True)[1].reshape(-1)
    topology = trimesh.Trimesh(mesh.vertices, where[mesh.faces], process=False, validate=False)
    triangles = mesh.vertices[mesh.faces]
    area_normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    patch = _smooth_patches(topology.faces, area_normals, np.cos(np.radians(crease_deg)))
    sums = np.zeros((patch.max() + 1, 3))
    np.add.at(sums, patch.reshape(-1), np.repeat(area_normals, 3, axis=0))
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    patch_normals = np.where(lengths > 0, sums / np.maximum(lengths, 1e-30), (0.0, 0.0, 1.0))
    keys = patch.reshape(-1).astype(np.int64) * len(mesh.vertices) + mesh.faces.reshape(-1)
    _, first, faces = np.unique(keys, return_index=True, return_inverse=True)
    source = mesh.faces.reshape(-1)[first]
    return Surface(
        vertices=np.ascontiguousarray(mesh.vertices[source], np.float32),
        normals=np.ascontiguousarray(patch_normals[patch.reshape(-1)[first]], np.float32),
        uv=_texture_coordinates(mesh)[source],
        faces=np.ascontiguousarray(faces.reshape(-1, 3), np.uint32),
    )


def concatenate_surfaces(surfaces: list[Surface]) -> Surface:
    """One surface of several."""
    offsets = np.cumsum([0, *(len(s.vertices) for s in surfaces[:-1])])
    return Surface(
        vertices=np.concatenate([s.vertices for s in surfaces]),
        normals=np.concatenate([s.normals for s in surfaces]),
        uv=np.concatenate([s.uv for s in surfaces]),
        faces=np.concatenate([s.faces + np.uint32(o) for s, o in zip(surfaces, offsets, strict=True)]),
    )


def turn_surface(surface: Surface, degrees: float) -> Surface:
    """The surface turned about z, counter-clockwise seen from above."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]], np.float32)  # transposed: for row vectors
    return Surface(surface.vertices @ turn, surface.normals @ turn, surface.uv, surface.faces)


def _merged(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    merged = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    merged.merge_vertices(merge_tex=True, merge_norm=True)
    return merged


def _smooth_patches(faces: np.ndarray, area_normals: np.ndarray, cos_crease: float) -> np.ndarray:
    """(m, 3) label of every corner."""
    count = len(faces)
    edges = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    order = np.lexsort((edges[:, 1], edges[:, 0]))
    same = (edges[order][1:] == edges[order][:-1]).all(axis=1)
    first, second = order[:-1][same] // 3, order[1:][same] // 3
    shared = edges[order[:-1][same]]
    unit = area_normals / np.maximum(np.linalg.norm(area_normals, axis=1, keepdims=True), 1e-30)
    flat = (unit[first] * unit[second]).sum(axis=1) > cos_crease
    first, second, shared = first[flat], second[flat], shared[flat]
    rows, columns = [], []
    for end in (0, 1):
        rows.append(first * 3 + (faces[first] == shared[:, end : end + 1]).argmax(axis=1))
        columns.append(second * 3 + (faces[second] == shared[:, end : end + 1]).argmax(axis=1))
    row, column = np.concatenate(rows), np.concatenate(columns)
    links = coo_array((np.ones(len(row), bool), (row, column)), shape=(3 * count, 3 * count))
    return connected_components(links, directed=False)[1].reshape(count, 3)


def _texture_coordinates(mesh: trimesh.Trimesh) -> np.ndarray:
    uv = getattr(mesh.visual, "uv", None)
    if uv is None or len(uv) != len(mesh.vertices):
        return np.zeros((len(mesh.vertices), 2), np.float32)
    # beyond, float32 does not tell texels apart, and interpolation between them makes light out of nothing
    return np.ascontiguousarray(np.where(np.abs(uv) < MOST_REPEATS, uv, 0), np.float32)
