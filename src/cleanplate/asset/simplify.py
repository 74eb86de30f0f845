"""Fewer triangles, still watertight."""

import numpy as np
from jaxtyping import Int

from cleanplate.errors import MeshError
from cleanplate.geometry import Mesh
from cleanplate.types import Faces

GRID = 1e-6
"""Vertices lie on a grid of one micrometre, so that neither float32 nor a viewer's merging of seam vertices can
make two of them one."""


def simplify(mesh: Mesh, max_triangles: int = 35_000) -> Mesh:
    """Reduce a watertight mesh to at most `max_triangles`, and round it to the micrometre grid.

    Quadric edge collapse (fast-simplification, after Garland and Heckbert 1997) is tried first. It often leaves
    folds, triangles back to back, whose edges have four triangles: they are dropped. Should the surface be torn
    all the same, manifold3d's simplify, slower but safe, takes its place, at a tolerance that grows until it
    reaches the target. No smoothing is done: a hull cut at sub-voxel accuracy needs none, and it would shrink.

    Args:
        mesh: in metres.

    Raises:
        MeshError: the input is not watertight, or no watertight mesh of that size was found.
    """
    mesh = _weld(_apart(mesh))
    if not mesh.is_watertight:
        raise MeshError(
            f"the mesh of {len(mesh.faces)} triangles is not watertight (every edge needs two triangles), so it "
            f"cannot become an asset; reconstruct the hull again or repair the mesh"
        )
    for reduce in (_keep, _collapse, _simplify_manifold):
        reduced = _weld(_apart(reduce(mesh, max_triangles)))
        if 4 <= len(reduced.faces) <= max_triangles and reduced.is_watertight:
            return reduced
    raise MeshError(
        f"no watertight mesh of at most {max_triangles} triangles was found for one of {len(mesh.faces)}; allow more "
        f"triangles, or reconstruct at a lower resolution"
    )


def _weld(mesh: Mesh) -> Mesh:
    """Round to the grid, merge equal vertices, and drop collapsed triangles and unused vertices."""
    cells, inverse = np.unique(np.rint(mesh.vertices / GRID).astype(np.int64), axis=0, return_inverse=True)
    faces = inverse.reshape(-1)[mesh.faces]
    a, b, c = faces.T
    faces = faces[(a != b) & (b != c) & (c != a)]
    used, inverse = np.unique(faces, return_inverse=True)
    return Mesh(cells[used] * GRID, inverse.reshape(-1, 3).astype(np.int64))


def _apart(mesh: Mesh) -> Mesh:
    """Move vertices that share a grid point some micrometres into the solid, where sheets of it touch."""
    vertices, normals = mesh.vertices.copy(), mesh.normals
    for _ in range(8):
        _, inverse, count = np.unique(np.rint(vertices / GRID), axis=0, return_inverse=True, return_counts=True)
        shared = count[inverse.reshape(-1)] > 1
        if not shared.any():
            break
        vertices[shared] -= 3 * GRID * normals[shared]
    return Mesh(vertices, mesh.faces)


def _keep(mesh: Mesh, max_triangles: int) -> Mesh:  # noqa: ARG001
    return mesh


def _collapse(mesh: Mesh, max_triangles: int) -> Mesh:
    import fast_simplification

    if len(mesh.faces) <= max_triangles:
        return mesh
    points, triangles = fast_simplification.simplify(
        mesh.vertices.astype(np.float32), mesh.faces.astype(np.int32), target_count=max_triangles
    )
    return Mesh(points.astype(float), _without_folds(triangles.astype(np.int64)))


def _without_folds(faces: Faces) -> Int[np.ndarray, "_ 3"]:
    """Drop pairs of triangles with the same corners: sheets that a collapse has flattened onto each other."""
    _, inverse, count = np.unique(np.sort(faces, axis=1), axis=0, return_inverse=True, return_counts=True)
    return faces[count[inverse.reshape(-1)] == 1]


def _simplify_manifold(mesh: Mesh, max_triangles: int) -> Mesh:
    """Apply manifold3d's simplify, its tolerance growing from a hundred-thousandth of the mesh's size to the target.

    Step by step, since at a large tolerance at once it sticks on meshes with many small handles.
    """
    import manifold3d

    faces = np.ascontiguousarray(mesh.faces, np.uint32)
    solid = manifold3d.Manifold(manifold3d.Mesh(mesh.vertices.astype(np.float32), faces))
    tolerance = 1e-5 * float(np.ptp(mesh.vertices, axis=0).max())
    while solid.num_tri() > max_triangles and tolerance < 1:
        tolerance *= 1.15
        solid = solid.simplify(tolerance)
    found = solid.to_mesh()
    return Mesh(np.asarray(found.vert_properties[:, :3], float), np.asarray(found.tri_verts, np.int64))
