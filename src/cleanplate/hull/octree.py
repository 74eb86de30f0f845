"""A sparse octree over a grid: finds the blocks that the hull's surface crosses and samples the field there.

The field at a point is the smallest over all views of the silhouette's signed distance, scaled by depth over focal
length to the world's unit, and of the distance to the box's six sides, the floor among them. Positive is inside.
A block is decided from its centre alone: a ball of radius r moves by a bounded number of pixels in every view, and
the distances are 1-Lipschitz, so a larger value has the same sign throughout the block.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from cleanplate.hull.silhouettes import Silhouettes, sample
from cleanplate.jit import compiled, inlined, linked, parallel

BLOCK = 8
"""Cells along a side of the smallest blocks."""

COARSE = 64
"""Cells along a side of the largest blocks."""

SLACK = 0.5
"""Pixels added to every bound; covers the rounding of `signed_distance` and of its bilinear samples."""

OUTSIDE, CROSSED, INSIDE = 0, 1, 2
FAR = 1e30


class Grid(NamedTuple):
    """A box of cubic cells.

    Attributes:
        low, high: corners of the box that closes the hull, in world units.
        origin: world coordinates of node (0, 0, 0), outside of the box.
        cell: side of a cell.
        shape: cells along x, y, z; multiples of `BLOCK`.
    """

    low: Float[np.ndarray, "3"]
    high: Float[np.ndarray, "3"]
    origin: Float[np.ndarray, "3"]
    cell: float
    shape: Int[np.ndarray, "3"]


class Leaves(NamedTuple):
    """The crossed blocks.

    Attributes:
        blocks: (b, 3) positions in units of blocks.
        active: (b, v) views that can decide a point of the block; the others hold all of it inside.
        values: (b, 9, 9, 9) float32 field at the nodes, world units; far outside only its sign is exact.
    """

    blocks: Int[np.ndarray, "b 3"]
    active: Bool[np.ndarray, "b v"]
    values: Float[np.ndarray, "b 9 9 9"]


def make_grid(low: np.ndarray, high: np.ndarray, floor: float | None, resolution: int) -> Grid:
    """Lay `resolution` cells along the box's longest side, with its sides halfway between nodes."""
    cell = float((high - low).max()) / resolution
    low, high = low - cell, high + cell
    if floor is not None:
        low[2] = floor
    cells = np.ceil((high - low) / cell).astype(np.int64) + 2
    return Grid(low, high, low - cell / 2, cell, -(-cells // BLOCK) * BLOCK)


@inlined
def box_value(grid: Grid, x: float, y: float, z: float) -> float:
    """Return the signed distance to the nearest side of the box."""
    a = min(x - grid.low[0], grid.high[0] - x)
    b = min(y - grid.low[1], grid.high[1] - y)
    return min(a, b, z - grid.low[2], grid.high[2] - z)


@inlined
def inner_view_value(views: Silhouettes, v: int, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Return view v's signed distance in pixels at a world point, its depth, and its pixels from the centre.

    Behind the camera the depth alone counts.
    """
    P = views.projection[v]
    depth = P[2, 0] * x + P[2, 1] * y + P[2, 2] * z + P[2, 3]
    if depth <= 0:
        return 0.0, depth, 0.0
    px = (P[0, 0] * x + P[0, 1] * y + P[0, 2] * z + P[0, 3]) / depth
    py = (P[1, 0] * x + P[1, 1] * y + P[1, 2] * z + P[1, 3]) / depth
    value = sample(
        views.fields,
        views.start[v],
        views.size[v, 0],
        views.size[v, 1],
        px - views.origin[v, 0],
        py - views.origin[v, 1],
    )
    off = np.sqrt((px - views.principal[v, 0]) ** 2 + (py - views.principal[v, 1]) ** 2)
    return value, depth, off


@linked
def view_value(views: Silhouettes, v: int, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Return what `inner_view_value` does, where compiling fast counts for more."""
    return inner_view_value(views, v, x, y, z)


@inlined
def world_value(views: Silhouettes, v: int, x: float, y: float, z: float) -> float:
    """Return view v's signed distance in world units."""
    value, depth, _ = inner_view_value(views, v, x, y, z)
    if depth <= 0:
        return FAR if views.open[v] else -FAR
    return value * depth / views.focal[v, 1]


@inlined
def field_value(
    views: Silhouettes, grid: Grid, active: np.ndarray, x: float, y: float, z: float, enough: float
) -> float:
    """Return the field at a world point from the active views; below `enough` it may stop early."""
    value = box_value(grid, x, y, z)
    for v in range(len(active)):
        if value < enough:
            break
        if active[v]:
            value = min(value, world_value(views, v, x, y, z))
    return value


@compiled
def _classify(views: Silhouettes, grid: Grid, size: int, blocks: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Decide blocks of `size` cells, and switch off the views that hold all of a block inside."""
    states = np.empty(len(blocks), np.uint8)
    half = 0.5 * size * grid.cell
    radius = np.sqrt(3.0) * half
    for b in range(len(blocks)):
        x = grid.origin[0] + size * grid.cell * (blocks[b, 0] + 0.5)
        y = grid.origin[1] + size * grid.cell * (blocks[b, 1] + 0.5)
        z = grid.origin[2] + size * grid.cell * (blocks[b, 2] + 0.5)
        side = box_value(grid, x, y, z)
        state = INSIDE if side > half else CROSSED
        if side < -radius:
            states[b] = OUTSIDE
            continue
        for v in range(active.shape[1]):
            if not active[b, v]:
                continue
            value, depth, off = view_value(views, v, x, y, z)
            if depth <= radius:
                if depth < -radius and not views.open[v]:
                    state = OUTSIDE
                    break
                state = CROSSED
                continue
            slant = np.sqrt(1.0 + (off / views.focal[v, 0]) ** 2)
            reach = slant * views.focal[v, 1] / (depth - radius)
            if value < -radius * reach - SLACK:
                state = OUTSIDE
                break
            # Two cells more, so that a view left out cannot be the smallest at either end of a crossed edge.
            if value > (radius + 2 * grid.cell) * reach + SLACK:
                active[b, v] = False
            else:
                state = CROSSED
        states[b] = state
    return states


@compiled
def _sample_blocks(views: Silhouettes, grid: Grid, blocks: np.ndarray, active: np.ndarray, values: np.ndarray) -> None:
    """Fill the field at the nodes of the smallest blocks."""
    enough = -2.0 * grid.cell
    for b in range(len(blocks)):
        for i in range(BLOCK + 1):
            x = grid.origin[0] + grid.cell * (BLOCK * blocks[b, 0] + i)
            for j in range(BLOCK + 1):
                y = grid.origin[1] + grid.cell * (BLOCK * blocks[b, 1] + j)
                for k in range(BLOCK + 1):
                    z = grid.origin[2] + grid.cell * (BLOCK * blocks[b, 2] + k)
                    values[b, i, j, k] = field_value(views, grid, active[b], x, y, z, enough)


def _chunks(*arrays: np.ndarray) -> list[list[np.ndarray]]:
    """Cut arrays into pieces small enough to balance threads."""
    pieces = max(1, len(arrays[0]) // 256)
    return [np.array_split(array, pieces) for array in arrays]


def find_leaves(views: Silhouettes, grid: Grid) -> Leaves:
    """Descend from coarse blocks to the smallest, keeping those that the surface crosses."""
    counts = -(-grid.shape // COARSE)
    blocks = np.stack(np.meshgrid(*map(np.arange, counts), indexing="ij"), -1).reshape(-1, 3)
    active = np.ones((len(blocks), len(views.start)), bool)
    octants = np.stack(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij"), -1).reshape(8, 3)
    size = COARSE
    while True:
        states = parallel(partial(_classify, views, grid, size), *_chunks(blocks, active))
        crossed = np.concatenate(states) == CROSSED
        blocks, active = blocks[crossed], active[crossed]
        if size == BLOCK:
            break
        size //= 2
        blocks = (2 * blocks[:, None] + octants).reshape(-1, 3)
        active = np.repeat(active, 8, axis=0)
    values = np.empty((len(blocks), BLOCK + 1, BLOCK + 1, BLOCK + 1), np.float32)
    parallel(partial(_sample_blocks, views, grid), *_chunks(blocks, active, values))
    return Leaves(blocks, active, values)
