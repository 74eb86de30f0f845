"""Marching cubes (Lorensen and Cline 1987) over the octree's leaves, with a table made here.

The table is derived rather than copied: each face of a cube joins its crossed edges so that inside corners stay
connected, by a rule that both cubes of a face share; the segments close into loops; and each loop is cut into
triangles without a diagonal on the cube's surface. So every edge of the mesh has exactly two triangles.
"""

from functools import cache
from itertools import combinations

import numpy as np
from jaxtyping import Float, Int

from cleanplate.hull.octree import BLOCK, Grid, Leaves, field_value
from cleanplate.hull.silhouettes import Silhouettes
from cleanplate.jit import compiled, parallel

# Corner c of a cube is at (c & 1, c >> 1 & 1, c >> 2 & 1). Edge e starts at corner EDGES[e, 0] and runs along axis
# EDGES[e, 1]. Faces list their corners counter-clockwise seen from outside.
EDGES = np.array([(c, axis) for axis in range(3) for c in range(8) if not c >> axis & 1])
FACES = ((0, 4, 6, 2), (1, 3, 7, 5), (0, 1, 5, 4), (2, 6, 7, 3), (0, 2, 3, 1), (4, 5, 7, 6))
MAX_TRIANGLES = 5
LEAVES_PER_TASK = 128
ROOT_STEPS = 3
"""Steps of regula falsi towards the true field's zero on an edge."""

MIN_FRACTION = 1e-3
"""Vertices keep this part of an edge from its ends, so that none coincide."""


def _edge(a: int, b: int) -> int:
    low, axis = min(a, b), (a ^ b).bit_length() - 1
    return EDGES.tolist().index([low, axis])


def _loops(inside: int) -> list[list[int]]:
    """Return the loops of crossed edges of a cube whose inside corners are the set bits."""
    follow = {}
    for face in FACES:
        signs = [inside >> corner & 1 for corner in face]
        for k in range(4):
            if signs[k - 1] and not signs[k]:  # a run of outside corners is cut off by one segment
                end = next(n for n in range(k + 1, k + 4) if signs[n % 4])
                follow[_edge(face[end - 1 & 3], face[end & 3])] = _edge(face[k - 1], face[k])
    loops = []
    while follow:
        loop = [next(iter(follow))]
        while (after := follow.pop(loop[-1])) != loop[0]:
            loop.append(after)
        loops.append(loop)
    return loops


def _on_one_face(a: int, b: int) -> bool:
    ends = [{int(EDGES[e, 0]), int(EDGES[e, 0] | 1 << EDGES[e, 1])} for e in (a, b)]
    return any(ends[0] | ends[1] <= set(face) for face in FACES)


def _triangulations(n: int) -> list[list[tuple[int, int, int]]]:
    """Return all ways to cut a polygon of n corners into triangles."""

    @cache
    def cut(i: int, j: int) -> list[list[tuple[int, int, int]]]:
        if j - i < 2:
            return [[]]
        return [[*a, (i, k, j), *b] for k in range(i + 1, j) for a in cut(i, k) for b in cut(k, j)]

    return cut(0, n - 1)


def _cut(loop: list[int]) -> list[tuple[int, int, int]]:
    n = len(loop)

    def diagonals_inside(triangles: list[tuple[int, int, int]]) -> bool:
        pairs = {pair for triangle in triangles for pair in combinations(sorted(triangle), 2)}
        return not any(_on_one_face(loop[a], loop[b]) for a, b in pairs if (b - a) % n not in (1, n - 1))

    chosen = next(filter(diagonals_inside, _triangulations(n)))
    return [(loop[a], loop[b], loop[c]) for a, b, c in chosen]


@cache
def triangle_table() -> Int[np.ndarray, "256 15"]:
    """Return, for every set of inside corners, the edges of its triangles, outward, padded with -1."""
    table = np.full((256, 3 * MAX_TRIANGLES), -1, np.int8)
    for inside in range(256):
        edges = [e for loop in _loops(inside) for triangle in _cut(loop) for e in triangle]
        table[inside, : len(edges)] = edges
    return table


@compiled
def _number_edges(values: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Number the crossed edges that start in each leaf, 0 upwards; return how many there are."""
    counts = np.zeros(len(values), np.int64)
    for b in range(len(values)):
        n = 0
        for i in range(BLOCK):
            for j in range(BLOCK):
                for k in range(BLOCK):
                    here = values[b, i, j, k] > 0
                    for axis in range(3):
                        if here != (values[b, i + (axis == 0), j + (axis == 1), k + (axis == 2)] > 0):
                            numbers[b, i, j, k, axis] = n
                            n += 1
        counts[b] = n
    return counts


@compiled
def _root(
    views: Silhouettes, grid: Grid, active: np.ndarray, x: float, y: float, z: float, axis: int, a: float, b: float
) -> float:
    """Return where along an edge the field, a at its start and b at its end, is zero."""
    low, high = 0.0, 1.0
    t = a / (a - b)
    for _ in range(ROOT_STEPS):
        step = t * grid.cell
        at = x + step * (axis == 0), y + step * (axis == 1), z + step * (axis == 2)
        value = field_value(views, grid, active, at[0], at[1], at[2], -np.inf)
        if (value > 0) == (a > 0):
            low, a = t, value
        else:
            high, b = t, value
        if a == b:
            break
        t = low + (high - low) * a / (a - b)
    return min(max(t, MIN_FRACTION), 1 - MIN_FRACTION)


@compiled
def _place_vertices(
    views: Silhouettes, grid: Grid, leaves: Leaves, first: np.ndarray, begin: int, end: int, vertices: np.ndarray
) -> None:
    """Put a vertex on every crossed edge of leaves `begin` to `end`, in the order of `_number_edges`."""
    for b in range(begin, end):
        n = first[b]
        values = leaves.values[b]
        for i in range(BLOCK):
            for j in range(BLOCK):
                for k in range(BLOCK):
                    here = values[i, j, k]
                    for axis in range(3):
                        there = values[i + (axis == 0), j + (axis == 1), k + (axis == 2)]
                        if (here > 0) != (there > 0):
                            x = grid.origin[0] + grid.cell * (BLOCK * leaves.blocks[b, 0] + i)
                            y = grid.origin[1] + grid.cell * (BLOCK * leaves.blocks[b, 1] + j)
                            z = grid.origin[2] + grid.cell * (BLOCK * leaves.blocks[b, 2] + k)
                            t = _root(views, grid, leaves.active[b], x, y, z, axis, here, there)
                            vertices[n, 0], vertices[n, 1], vertices[n, 2] = x, y, z
                            vertices[n, axis] += t * grid.cell
                            n += 1


@compiled
def _cell(values: np.ndarray, i: int, j: int, k: int) -> int:
    """Return the set of inside corners of a cell, as bits."""
    inside = 0
    for c in range(8):
        if values[i + (c & 1), j + (c >> 1 & 1), k + (c >> 2 & 1)] > 0:
            inside |= 1 << c
    return inside


@compiled
def _count_triangles(values: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    counts = np.zeros(len(values), np.int64)
    for b in range(len(values)):
        for i in range(BLOCK):
            for j in range(BLOCK):
                for k in range(BLOCK):
                    counts[b] += sizes[_cell(values[b], i, j, k)]
    return counts


@compiled
def _place_triangles(
    leaves: Leaves, where: np.ndarray, numbers: np.ndarray, first: np.ndarray, table: np.ndarray, edges: np.ndarray,
    start: np.ndarray, begin: int, end: int, faces: np.ndarray,
) -> None:  # fmt: skip
    """Write the triangles of leaves `begin` to `end`; vertices on far sides belong to the next leaf."""
    for b in range(begin, end):
        n = start[b]
        for i in range(BLOCK):
            for j in range(BLOCK):
                for k in range(BLOCK):
                    row = table[_cell(leaves.values[b], i, j, k)]
                    for m in range(len(row)):
                        if row[m] < 0:
                            break
                        c, axis = edges[row[m], 0], edges[row[m], 1]
                        x, y, z = i + (c & 1), j + (c >> 1 & 1), k + (c >> 2 & 1)
                        owner = b
                        if x == BLOCK or y == BLOCK or z == BLOCK:
                            p = leaves.blocks[b]
                            owner = where[p[0] + x // BLOCK, p[1] + y // BLOCK, p[2] + z // BLOCK]
                        number = numbers[owner, x % BLOCK, y % BLOCK, z % BLOCK, axis]
                        faces[n, m % 3] = first[owner] + number
                        if m % 3 == 2:
                            n += 1


def _offsets(counts: list[np.ndarray]) -> np.ndarray:
    return np.cumsum(np.concatenate([[0], *counts]))


def marching_cubes(
    views: Silhouettes, grid: Grid, leaves: Leaves
) -> tuple[Float[np.ndarray, "n 3"], Int[np.ndarray, "m 3"]]:
    """Return the closed surface where the field is zero: float64 vertices in world units, int32 faces, outward."""
    count = len(leaves.blocks)
    begins = list(range(0, count, LEAVES_PER_TASK))
    ends = [*begins[1:], count]
    numbers = np.empty((count, BLOCK, BLOCK, BLOCK, 3), np.int16)
    table = triangle_table()
    sizes = (table >= 0).sum(axis=1) // 3

    def count_edges(begin: int, end: int) -> np.ndarray:
        return _number_edges(leaves.values[begin:end], numbers[begin:end])

    def count_triangles(begin: int, end: int) -> np.ndarray:
        return _count_triangles(leaves.values[begin:end], sizes)

    first = _offsets(parallel(count_edges, begins, ends))
    start = _offsets(parallel(count_triangles, begins, ends))
    vertices = np.empty((first[-1], 3))
    faces = np.empty((start[-1], 3), np.int32)
    where = np.full(grid.shape // BLOCK + 1, -1, np.int32)
    where[tuple(leaves.blocks.T)] = np.arange(count)

    def place(begin: int, end: int) -> None:
        _place_vertices(views, grid, leaves, first, begin, end, vertices)
        _place_triangles(leaves, where, numbers, first, table, EDGES, start, begin, end, faces)

    parallel(place, begins, ends)
    return vertices, faces
