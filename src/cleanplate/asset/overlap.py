"""Texture coordinates that a baker or a shop would refuse: mirrored triangles, and triangles over each other."""

import numpy as np
from jaxtyping import Bool, Float

from cleanplate.jit import compiled

Corners = Float[np.ndarray, "f 3 2"]
DEPTH = 1e-6
"""Triangles that enter each other by less than this, of the texture's side, touch."""


def mirrored(corners: Corners) -> Bool[np.ndarray, " f"]:
    """Tell which triangles show the texture mirrored: counter-clockwise on paper where v runs down, as in glTF.

    Degenerate triangles are not.
    """
    return doubled_area(corners) > 0


def doubled_area(corners: Corners) -> Float[np.ndarray, " f"]:
    """Return twice the area of each triangle, negative where it is not `mirrored`."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    return (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])


def overlapping(corners: Corners) -> Bool[np.ndarray, " f"]:
    """Tell which triangles share some area with a larger one, or one of the same size before it.

    Leaving these out leaves no overlap. Degenerate triangles share nothing.
    """
    area = np.abs(doubled_area(corners))
    order = np.argsort(-area, kind="stable")
    order = order[area[order] > 0]
    found = np.zeros(len(corners), bool)
    if len(order):
        sorted_corners = np.ascontiguousarray(corners[order], float)
        cells = int(np.clip(np.sqrt(len(order)), 1, 512))
        starts, entries = _bins(sorted_corners, cells)
        found[order] = _collide(sorted_corners, starts, entries, cells)
    return found


def _bins(corners: Corners, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Return for each cell of a square grid where its triangles begin, and the triangles; by their bounding boxes."""
    low, high = _cell_range(corners, cells)
    counts = np.zeros(cells * cells + 1, np.int64)
    _count(low, high, cells, counts)
    starts = np.cumsum(counts)
    entries = np.empty(starts[-1], np.int64)
    _enter(low, high, cells, starts[:-1].copy(), entries)
    return starts, entries


def _cell_range(corners: Corners, cells: int) -> tuple[np.ndarray, np.ndarray]:
    edges = (corners.min(axis=1), corners.max(axis=1))
    low, high = (np.clip(np.floor(edge * cells), 0, cells - 1).astype(np.int64) for edge in edges)
    return low, high


@compiled
def _count(low, high, cells, counts):  # type: ignore[no-untyped-def]
    for n in range(len(low)):
        for y in range(low[n, 1], high[n, 1] + 1):
            for x in range(low[n, 0], high[n, 0] + 1):
                counts[y * cells + x + 1] += 1


@compiled
def _enter(low, high, cells, place, entries):  # type: ignore[no-untyped-def]
    for n in range(len(low)):
        for y in range(low[n, 1], high[n, 1] + 1):
            for x in range(low[n, 0], high[n, 0] + 1):
                cell = y * cells + x
                entries[place[cell]] = n
                place[cell] += 1


@compiled
def _collide(corners, starts, entries, cells):  # type: ignore[no-untyped-def]
    """Mark each triangle that meets one of a smaller number; entries of a cell are in rising order."""
    found = np.zeros(len(corners), np.bool_)
    for cell in range(cells * cells):
        for j in range(starts[cell] + 1, starts[cell + 1]):
            later = entries[j]
            if found[later]:
                continue
            for i in range(starts[cell], j):
                if not found[entries[i]] and _meet(corners[entries[i]], corners[later]):
                    found[later] = True
                    break
    return found


@compiled
def _meet(a, b):  # type: ignore[no-untyped-def]
    """Whether two triangles share area: no edge of either separates them (separating axes)."""
    for side in range(2):
        first = a if side == 0 else b
        for k in range(3):
            dx, dy = first[(k + 1) % 3, 0] - first[k, 0], first[(k + 1) % 3, 1] - first[k, 1]
            length = np.sqrt(dx * dx + dy * dy)
            if length == 0.0:
                continue
            nx, ny = -dy / length, dx / length
            low_a = low_b = np.inf
            high_a = high_b = -np.inf
            for m in range(3):
                along_a, along_b = nx * a[m, 0] + ny * a[m, 1], nx * b[m, 0] + ny * b[m, 1]
                low_a, high_a = min(low_a, along_a), max(high_a, along_a)
                low_b, high_b = min(low_b, along_b), max(high_b, along_b)
            if min(high_a, high_b) - max(low_a, low_b) <= DEPTH:
                return False
    return True
