"""Cups and glasses: the inside, which no silhouette shows, carved out of the solid hull at a wall thickness given."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from cleanplate.errors import MeshError
from cleanplate.geometry import Mesh, read_mesh, write_mesh
from cleanplate.jit import compiled

LAYERS = 48
"""Slices through the upper quarter in which the rim is looked for."""
FULL = 0.9
"""Of the widest slice of the upper quarter: what is above the highest slice of that area is the lid that silhouettes
leave over an opening, not product."""
LID = 0.7
"""Height of that lid in radii of the opening at most: cameras that look up or level keep it low."""
FINEST, COARSEST = 220, 100
"""Cells along the longest side."""
ROUND = 0.35
"""Of the widest ball that fits inside: what is narrower, such as a handle, stays solid, and corners become as round."""
STEPS = 60
"""Of the inside's mesh along its longest side."""


def write_vessel(hull: Path, output: Path, wall: float) -> None:
    """Write a hull's mesh file hollowed: `hollowed`.

    Raises:
        MeshError: the file cannot be read, or its mesh not be hollowed.
    """
    try:
        write_mesh(output, hollowed(read_mesh(hull), wall))
    except MeshError as error:
        raise MeshError(f"{hull}: {error}") from error


def hollowed(mesh: Mesh, wall: float) -> Mesh:
    """Return a watertight mesh whose inside is open at the top, with walls and a bottom of the given thickness.

    The outside stays as it was but for the lid above the rim. The inside is the points that are further than `wall`
    from the outside, without what is too narrow, up through the rim. It is a guess: the true inside was not seen.

    Args:
        mesh: watertight, z up, metres.
        wall: metres.

    Raises:
        MeshError: the mesh is no solid, has no rim all around, or walls that thick leave no room.
    """
    import manifold3d

    faces = np.ascontiguousarray(mesh.faces, np.uint32)
    solid = manifold3d.Manifold(manifold3d.Mesh(mesh.vertices.astype(np.float32), faces))
    if solid.is_empty():
        raise MeshError("the hull is no solid that can be hollowed: it is not watertight; carve it again")
    rim = _rim(solid)
    body = solid.trim_by_plane((0.0, 0.0, -1.0), -rim)
    inside, corner, pitch = _inside(body, rim, wall)
    room = _as_solid(inside, corner, pitch, rim)
    made = (body - room).to_mesh()
    return Mesh(np.asarray(made.vert_properties[:, :3], float), np.asarray(made.tri_verts, np.int64))


def _rim(solid: Any) -> float:
    """Return the highest level at which the body still has its full section.

    Raises:
        MeshError: too much lies above.
    """
    low, high = _bounds(solid)[:, 2]
    levels = np.linspace(high, high - (high - low) / 4, LAYERS + 1)[1:]
    areas = np.array([solid.slice(float(level)).area() for level in levels])
    rim = float(levels[np.flatnonzero(areas >= FULL * areas.max())[0]])
    if high - rim > LID * np.sqrt(areas.max() / np.pi):
        raise MeshError(
            f"no rim was found: {1000 * (high - rim):.0f} mm of the hull rise above the level of {1000 * rim:.0f} mm "
            f"where its walls would end; --vessel is for cups and glasses with a level rim and nothing above it"
        )
    return rim


def _bounds(solid: Any) -> Float[np.ndarray, "2 3"]:
    return np.array(solid.bounding_box(), float).reshape(2, 3)


def _inside(body: Any, rim: float, wall: float) -> tuple[Float[np.ndarray, "z y x"], np.ndarray, float]:
    """Return a field that is positive inside, its first cell's place, and the cells' size.

    Above the rim the body is taken to go on as it is there, so that the top has no wall.
    """
    from scipy.ndimage import distance_transform_edt, gaussian_filter, label

    low, high = _bounds(body)
    longest = float((high - low).max())
    pitch = float(np.clip(wall / 3, longest / FINEST, longest / COARSEST))
    filled, corner = _cells(body, low, high, rim, pitch)
    deep = (distance_transform_edt(filled) - 0.5) * pitch - wall
    ball = ROUND * float(deep.max())
    parts, _ = label(deep >= ball)
    open_parts = np.unique(parts[-1][parts[-1] > 0])
    if ball > 0 and not len(open_parts):
        raise MeshError("the top is too narrow for an opening; --vessel is for cups and glasses, open at the top")
    if ball <= 0:
        raise MeshError(
            f"walls of {1000 * wall:.1f} mm leave no room inside: the body is {2000 * float(deep.max() + wall):.1f} mm "
            f"thick; give --vessel a thinner one"
        )
    widest = max(open_parts, key=lambda part: int((parts == part).sum()))
    # Half a cell more: only cells that are wholly deep enough count as such.
    around = ball + (0.5 - distance_transform_edt(parts != widest)) * pitch
    return gaussian_filter(around, 0.7, mode="nearest"), corner, pitch


def _cells(
    body: Any, low: np.ndarray, high: np.ndarray, rim: float, pitch: float
) -> tuple[Bool[np.ndarray, "z y x"], np.ndarray]:
    """Return which cells' centres are in the body, with a margin everywhere but above the rim."""
    import cv2

    corner = low - 1.5 * pitch
    width, depth = (int(np.ceil(each)) for each in (high - low)[:2] / pitch + 3)
    levels = np.arange(corner[2], rim, pitch)
    cells = np.zeros((len(levels), depth, width), np.uint8)
    for layer, level in zip(cells, levels, strict=True):
        rings = body.slice(float(level)).to_polygons()
        places = [
            np.rint(16 * (np.asarray(ring, float)[:, :2] - corner[:2]) / pitch).astype(np.int32) for ring in rings
        ]
        if places:
            cv2.fillPoly(layer, places, 1, shift=4)
    return cells > 0, corner


def _as_solid(field: Float[np.ndarray, "z y x"], corner: np.ndarray, pitch: float, rim: float) -> Any:
    """Return where the field is positive, from the bottom to above the rim, as a solid."""
    import manifold3d

    top = np.array([*(corner[:2] + pitch * (np.array(field.shape[:0:-1]) - 1)), rim + 3 * pitch])
    step = float((top - corner).max()) / STEPS
    box = [*corner.tolist(), *top.tolist()]
    return manifold3d.Manifold.level_set(lambda x, y, z: _at(field, corner, pitch, x, y, z), box, step)


@compiled
def _at(field, corner, pitch, x, y, z):  # type: ignore[no-untyped-def]
    """Return the field between its cells' centres, and beyond them that of the nearest."""
    depth, height, width = field.shape
    u = min(max((x - corner[0]) / pitch, 0.0), width - 1.001)
    v = min(max((y - corner[1]) / pitch, 0.0), height - 1.001)
    w = min(max((z - corner[2]) / pitch, 0.0), depth - 1.001)
    i, j, k = int(u), int(v), int(w)
    a, b, c = u - i, v - j, w - k
    found = 0.0
    for dk in range(2):
        for dj in range(2):
            for di in range(2):
                weight = (a if di else 1 - a) * (b if dj else 1 - b) * (c if dk else 1 - c)
                found += weight * field[k + dk, j + dj, i + di]
    return found
