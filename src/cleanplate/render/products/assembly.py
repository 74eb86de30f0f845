"""Closed meshes put together and moved. Nothing changes its input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import trimesh
from jaxtyping import Float
from manifold3d import Manifold, Mesh64, OpType


def join(*meshes: trimesh.Trimesh) -> trimesh.Trimesh:
    """Several closed meshes of one opaque material as one mesh, overlaps left as they are: cheap for wires."""
    offsets = np.cumsum([0, *(len(m.vertices) for m in meshes[:-1])])
    return trimesh.Trimesh(
        np.vstack([m.vertices for m in meshes]),
        np.vstack([m.faces + o for m, o in zip(meshes, offsets, strict=True)]),
        process=False,
    )


def union(*meshes: trimesh.Trimesh) -> trimesh.Trimesh:
    """One solid of several."""
    return to_mesh(Manifold.batch_boolean([to_manifold(m) for m in meshes], OpType.Add))


def fused(*meshes: trimesh.Trimesh) -> trimesh.Trimesh:
    """One solid of several, each of which may be a `join` of overlapping pieces: what glass needs."""
    pieces = [piece for mesh in meshes for piece in to_manifold(mesh).decompose()]
    return to_mesh(Manifold.batch_boolean(pieces, OpType.Add))


def cut(mesh: trimesh.Trimesh, *tools: trimesh.Trimesh) -> trimesh.Trimesh:
    """The solid without the tools' volumes."""
    return to_mesh(Manifold.batch_boolean([to_manifold(mesh), *map(to_manifold, tools)], OpType.Subtract))


def refined(mesh: trimesh.Trimesh, longest: float) -> trimesh.Trimesh:
    """The same solid with no edge longer than `longest`, so that it can be bent."""
    return to_mesh(to_manifold(mesh).refine_to_length(longest))


def moved(mesh: trimesh.Trimesh, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> trimesh.Trimesh:
    """A copy, shifted."""
    return transformed(mesh, trimesh.transformations.translation_matrix([x, y, z]))


def turned(mesh: trimesh.Trimesh, angle: float, axis: Sequence[float] = (0, 0, 1)) -> trimesh.Trimesh:
    """A copy, turned about an axis through the origin; radians."""
    return transformed(mesh, trimesh.transformations.rotation_matrix(angle, axis))


def transformed(mesh: trimesh.Trimesh, matrix: Float[np.ndarray, "4 4"]) -> trimesh.Trimesh:
    """A copy under a rigid or similar transform; uv kept."""
    visual = None if mesh.visual is None else mesh.visual.copy()
    return trimesh.Trimesh(mesh.vertices @ matrix[:3, :3].T + matrix[:3, 3], mesh.faces, visual=visual, process=False)


def to_manifold(mesh: trimesh.Trimesh) -> Manifold:
    """A closed mesh as manifold3d has it."""
    # a copy: trimesh's tracked arrays and reversed views are not what the binding takes
    return Manifold(Mesh64(np.array(mesh.vertices, np.float64, order="C"), np.array(mesh.faces, np.uint64, order="C")))


def to_mesh(solid: Manifold) -> trimesh.Trimesh:
    """And back."""
    mesh = solid.to_mesh64()
    return trimesh.Trimesh(mesh.vert_properties[:, :3].copy(), mesh.tri_verts.astype(np.int64), process=False)
