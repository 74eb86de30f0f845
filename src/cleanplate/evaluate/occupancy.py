"""Which points of a lattice a closed mesh holds, by the parity of its crossings along z."""

import numpy as np
from jaxtyping import Bool, Float

from cleanplate.geometry import Mesh
from cleanplate.jit import compiled


def occupancy(
    mesh: Mesh,
    low: Float[np.ndarray, "3"],
    step: Float[np.ndarray, "3"],
    shape: tuple[int, int, int],
) -> Bool[np.ndarray, "x y z"]:
    """Tell which points `low` + `step` * (i, j, k) are inside of a watertight mesh.

    Args:
        shape: number of points along x, y and z.
    """
    points, corners = np.ascontiguousarray(mesh.vertices, float), np.ascontiguousarray(mesh.faces, np.int64)
    columns, rows, height = shape
    fill = _crossings(points, corners, low, step, columns, rows, np.zeros(0, np.int64), np.zeros(0))
    starts = np.concatenate([[0], np.cumsum(fill)])
    heights = np.empty(starts[-1])
    _crossings(points, corners, low, step, columns, rows, starts, heights)
    return _between(starts, heights, low[2] + step[2] * np.arange(height)).reshape(shape)


@compiled
def _crossings(vertices, faces, low, step, columns, rows, starts, heights):  # type: ignore[no-untyped-def]
    """Count (heights empty) or collect the z at which each lattice column crosses the faces."""
    fill = np.zeros(columns * rows, np.int64)
    for n in range(len(faces)):
        a, b, c = vertices[faces[n, 0]], vertices[faces[n, 1]], vertices[faces[n, 2]]
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if area == 0:
            continue
        i0 = max(0, int(np.ceil((min(a[0], b[0], c[0]) - low[0]) / step[0])))
        i1 = min(columns - 1, int(np.floor((max(a[0], b[0], c[0]) - low[0]) / step[0])))
        j0 = max(0, int(np.ceil((min(a[1], b[1], c[1]) - low[1]) / step[1])))
        j1 = min(rows - 1, int(np.floor((max(a[1], b[1], c[1]) - low[1]) / step[1])))
        for i in range(i0, i1 + 1):
            for j in range(j0, j1 + 1):
                x, y = low[0] + i * step[0], low[1] + j * step[1]
                u = ((b[0] - x) * (c[1] - y) - (b[1] - y) * (c[0] - x)) / area
                v = ((c[0] - x) * (a[1] - y) - (c[1] - y) * (a[0] - x)) / area
                if u >= 0 and v >= 0 and u + v <= 1:
                    k = i * rows + j
                    if len(heights):
                        heights[starts[k] + fill[k]] = u * a[2] + v * b[2] + (1 - u - v) * c[2]
                    fill[k] += 1
    return fill


@compiled
def _between(starts, heights, zs):  # type: ignore[no-untyped-def]
    """Tell which heights `zs` lie between an odd crossing and the next, column by column."""
    inside = np.zeros((len(starts) - 1, len(zs)), np.bool_)
    for k in range(len(starts) - 1):
        column = np.sort(heights[starts[k] : starts[k + 1]])
        for n in range(0, len(column) - 1, 2):
            for m in range(len(zs)):
                if column[n] <= zs[m] < column[n + 1]:
                    inside[k, m] = True
    return inside
