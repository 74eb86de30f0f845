"""Fewer triangles, still watertight."""

import numpy as np
from jaxtyping import Float, Int

from cleanplate.errors import MeshError
from cleanplate.types import Faces, Points

Mesh = tuple[Float[np.ndarray, "_ 3"], Int[np.ndarray, "_ 3"]]
"""Vertices, metres, and faces; of sizes of their own."""

GRID = 1e-6
"""Vertices lie on a grid of one micrometre, so that neither float32 nor a viewer's merging of seam vertices can
make two of them one."""


def is_watertight(faces: Faces) -> bool:
    """Whether every edge has exactly two triangles, which run along it in opposite directions."""
    tails, heads = faces.astype(np.int64).ravel(), np.roll(faces, -1, axis=1).astype(np.int64).ravel()
    if len(tails) == 0 or (tails == heads).any():
        return False
    count = int(tails.max()) + 1
    along, back = np.sort(tails * count + heads), np.sort(heads * count + tails)
    return bool((np.diff(along) > 0).all() and np.array_equal(along, back))


def simplify(vertices: Points, faces: Faces, max_triangles: int = 35_000) -> Mesh:
    """Reduce a watertight mesh to at most `max_triangles`, and round it to the micrometre grid.

    Quadric edge collapse (fast-simplification, after Garland and Heckbert 1997) is tried first. It often leaves
    folds, triangles back to back, whose edges have four triangles: they are dropped. Should the surface be torn
    all the same, manifold3d's simplify, slower but safe, takes its place, at a tolerance that grows until it
    reaches the target. No smoothing is done: a hull cut at sub-voxel accuracy needs none, and it would shrink.

    Args:
        vertices: in metres.

    Raises:
        MeshError: the input is not watertight, or no watertight mesh of that size was found.
    """
    vertices, faces = _weld(*_apart(vertices, faces))
    if not is_watertight(faces):
        raise MeshError(
            f"the mesh of {len(faces)} triangles is not watertight (every edge needs two triangles), so it "
            f"cannot become an asset; reconstruct the hull again or repair the mesh"
        )
    for reduce in (_keep, _collapse, _simplify_manifold):
        reduced = _weld(*_apart(*reduce(vertices, faces, max_triangles)))
        if 4 <= len(reduced[1]) <= max_triangles and is_watertight(reduced[1]):
            return reduced
    raise MeshError(
        f"no watertight mesh of at most {max_triangles} triangles was found for one of {len(faces)}; allow more "
        f"triangles, or reconstruct at a lower resolution"
    )


def _weld(vertices: Points, faces: Faces) -> Mesh:
    """Round to the grid, merge equal vertices, and drop collapsed triangles and unused vertices."""
    cells, inverse = np.unique(np.rint(vertices / GRID).astype(np.int64), axis=0, return_inverse=True)
    faces = inverse.reshape(-1)[faces]
    a, b, c = faces.T
    faces = faces[(a != b) & (b != c) & (c != a)]
    used, inverse = np.unique(faces, return_inverse=True)
    return cells[used] * GRID, inverse.reshape(-1, 3).astype(np.int64)


def _apart(vertices: Points, faces: Faces) -> Mesh:
    """Move vertices that share a grid point some micrometres into the solid, where sheets of it touch."""
    vertices, around = vertices.copy(), faces.ravel()
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    normals = np.cross(b - a, c - a).repeat(3, axis=0)
    inward = -np.stack([np.bincount(around, normals[:, axis], len(vertices)) for axis in range(3)], axis=1)
    inward = inward / (np.linalg.norm(inward, axis=1, keepdims=True) + 1e-30)
    for _ in range(8):
        _, inverse, count = np.unique(np.rint(vertices / GRID), axis=0, return_inverse=True, return_counts=True)
        shared = count[inverse.reshape(-1)] > 1
        if not shared.any():
            break
        vertices[shared] += 3 * GRID * inward[shared]
    return vertices, faces


def _keep(vertices: Points, faces: Faces, max_triangles: int) -> Mesh:  # noqa: ARG001
    return vertices, faces


def _collapse(vertices: Points, faces: Faces, max_triangles: int) -> Mesh:
    import fast_simplification

    if len(faces) <= max_triangles:
        return vertices, faces
    points, triangles = fast_simplification.simplify(
        vertices.astype(np.float32), faces.astype(np.int32), target_count=max_triangles
    )
    return points.astype(float), _without_folds(triangles.astype(np.int64))


def _without_folds(faces: Faces) -> Int[np.ndarray, "_ 3"]:
    """Drop pairs of triangles with the same corners: sheets that a collapse has flattened onto each other."""
    _, inverse, count = np.unique(np.sort(faces, axis=1), axis=0, return_inverse=True, return_counts=True)
    return faces[count[inverse.reshape(-1)] == 1]


def _simplify_manifold(vertices: Points, faces: Faces, max_triangles: int) -> Mesh:
    """Apply manifold3d's simplify, its tolerance growing from a hundred-thousandth of the mesh's size to the target.

    Step by step, since at a large tolerance at once it sticks on meshes with many small handles.
    """
    import manifold3d

    solid = manifold3d.Manifold(manifold3d.Mesh(vertices.astype(np.float32), np.ascontiguousarray(faces, np.uint32)))
    tolerance = 1e-5 * float(np.ptp(vertices, axis=0).max())
    while solid.num_tri() > max_triangles and tolerance < 1:
        tolerance *= 1.15
        solid = solid.simplify(tolerance)
    mesh = solid.to_mesh()
    return np.asarray(mesh.vert_properties[:, :3], float), np.asarray(mesh.tri_verts, np.int64)
