"""What other views say of each pixel: the ranks of their signed distances, the largest along its ray.

For a world point x let A_r(x) be the r-th smallest of all views' signed distances at its projections. The value of a
ray's own view is the same all along the ray, so leaving that view out needs no second pass: of the others the r-th
smallest is A_r where the own value lies beyond it, else A_{r+1}. H_r(p), the largest of it along the ray of pixel p,
is positive if somewhere on the ray all other views but r - 1 show foreground, and about the distance in pixels to the
outline of what they agree on.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int8, UInt8

from cleanplate.geometry import Camera, Pose, pixels_to_directions
from cleanplate.hull.octree import view_value
from cleanplate.hull.silhouettes import Silhouettes
from cleanplate.jit import compiled, linked, parallel

CLIP = 8.0
"""Pixels beyond which distances are all one."""

BLOCK = 8
"""Cells along the side of the blocks that are decided as a whole."""

OUTSIDE, MIXED, INSIDE = 0, 1, 2
_UNIT = 127 / CLIP

OWN = 0.75
"""Pixels by which a view's own distance may exceed a rank and still be taken for it."""

LEAST_STEP = 1.0
"""Cells between samples along a ray."""

ENOUGH = 0.35
"""Pixels by which a largest distance may be too small."""


class Lattice(NamedTuple):
    """The smallest distances of all views at the nodes of a lattice.

    Attributes:
        origin: world coordinates of node (0, 0, 0).
        cell: between nodes, world units.
        values: (x, y, z, r) int8, A_1 to A_r in units of `CLIP` / 127 pixels, clipped.
        states: (i, j, k) of each block of `BLOCK` cells: all ranks clipped below, or above, or neither.
    """

    origin: Float[np.ndarray, "3"]
    cell: float
    values: Int8[np.ndarray, "x y z r"]
    states: UInt8[np.ndarray, "i j k"]


@linked
def _insert(smallest: np.ndarray, value: float) -> None:
    """Put a value into its place among the smallest; the largest falls out."""
    n = len(smallest)
    if value >= smallest[n - 1]:
        return
    m = n - 1
    while m > 0 and smallest[m - 1] > value:
        smallest[m] = smallest[m - 1]
        m -= 1
    smallest[m] = value


@compiled
def _decide(
    views: Silhouettes, x: float, y: float, z: float, radius: float, ranks: int, active: np.ndarray
) -> tuple[int, int]:
    """Return what a ball is, and how many views can matter in it; `active` begins with these."""
    chosen, denied = 0, 0
    for v in range(len(views.start)):
        value, depth, off = view_value(views, v, x, y, z)
        if depth <= radius:
            active[chosen] = v
            chosen += 1
            continue
        slant = np.sqrt(1.0 + (off / views.focal[v, 0]) ** 2)
        reach = radius * slant * views.focal[v, 1] / (depth - radius) + 0.5
        denied += value + reach < -CLIP
        if denied >= ranks:
            return OUTSIDE, 0
        if value - reach < CLIP:
            active[chosen] = v
            chosen += 1
    return (MIXED if chosen else INSIDE), chosen


@compiled
def _rank(
    views: Silhouettes, x: float, y: float, z: float, active: np.ndarray, smallest: np.ndarray, out: np.ndarray
) -> None:
    """Write the smallest distances of the active views at a point."""
    smallest[:] = CLIP
    for a in range(len(active)):
        value, depth, _ = view_value(views, active[a], x, y, z)
        if depth <= 0:
            value = CLIP if views.open[active[a]] else -CLIP
        _insert(smallest, min(max(value, -CLIP), CLIP))
        if smallest[-1] <= -CLIP:
            break
    for r in range(len(out)):
        out[r] = np.int8(np.rint(smallest[r] * _UNIT))


@compiled
def _rank_blocks(
    views: Silhouettes, origin: np.ndarray, cell: float, values: np.ndarray, states: np.ndarray, blocks: np.ndarray
) -> None:
    """Decide each block from its centre if that is possible, else rank the distances at its nodes."""
    smallest = np.empty(values.shape[3])
    active = np.empty(len(views.start), np.int64)
    half = 0.5 * BLOCK * cell
    for b in range(len(blocks)):
        i0, j0, k0 = BLOCK * blocks[b, 0], BLOCK * blocks[b, 1], BLOCK * blocks[b, 2]
        x, y, z = origin[0] + i0 * cell + half, origin[1] + j0 * cell + half, origin[2] + k0 * cell + half
        state, chosen = _decide(views, x, y, z, np.sqrt(3.0) * half, len(smallest), active)
        states[blocks[b, 0], blocks[b, 1], blocks[b, 2]] = state
        # Blocks own their first nodes; the last ones of the lattice belong to the blocks at its end.
        for i in range(i0, i0 + BLOCK + (i0 + BLOCK == values.shape[0] - 1)):
            for j in range(j0, j0 + BLOCK + (j0 + BLOCK == values.shape[1] - 1)):
                for k in range(k0, k0 + BLOCK + (k0 + BLOCK == values.shape[2] - 1)):
                    if state == MIXED:
                        x, y, z = origin[0] + i * cell, origin[1] + j * cell, origin[2] + k * cell
                        _rank(views, x, y, z, active[:chosen], smallest, values[i, j, k])
                    else:
                        values[i, j, k] = 127 if state == INSIDE else -127


def rank_lattice(views: Silhouettes, low: np.ndarray, high: np.ndarray, cell: float, ranks: int) -> Lattice:
    """Rank the views' signed distances over a box.

    Args:
        low, high: corners of the box, world units.
        cell: between nodes.
        ranks: how many of the smallest distances are kept.
    """
    cells = -(-np.ceil((high - low) / cell).astype(np.int64) // BLOCK) * BLOCK
    origin = (low + high) / 2 - cell * cells / 2
    values = np.empty((*(cells + 1), ranks), np.int8)
    states = np.empty(cells // BLOCK, np.uint8)
    blocks = np.stack(np.meshgrid(*map(np.arange, states.shape), indexing="ij"), -1).reshape(-1, 3)
    # Shuffled, so that threads share the work evenly.
    blocks = np.random.default_rng(0).permutation(blocks)
    parallel(partial(_rank_blocks, views, origin, cell, values, states), np.array_split(blocks, 32))
    return Lattice(origin, cell, values, states)


@linked
def _leave(at: np.ndarray, direction: np.ndarray, t: float, i: int, j: int, k: int) -> float:
    """Return where a ray leaves a block."""
    out = np.inf
    for a in range(3):
        d = direction[a]
        if abs(d) < 1e-12:
            continue
        b = i if a == 0 else (j if a == 1 else k)
        side = BLOCK * (b + 1) if d > 0 else BLOCK * b
        out = min(out, (side - at[a]) / d)
    return max(out, t) + 1e-3


@linked
def _sample(lattice: Lattice, x: float, y: float, z: float, i: int, j: int, k: int, out: np.ndarray) -> None:
    """Interpolate the distances, in pixels, at lattice coordinates in the cell (i, j, k)."""
    u, v, w = x - i, y - j, z - k
    for r in range(len(out)):
        out[r] = 0.0
    for c in range(8):
        a, b, g = c >> 2, (c >> 1) & 1, c & 1
        weight = (u if a else 1 - u) * (v if b else 1 - v) * (w if g else 1 - w) / _UNIT
        for r in range(len(out)):
            out[r] += weight * lattice.values[i + a, j + b, k + g, r]


@linked
def span(at: np.ndarray, direction: np.ndarray, sides: np.ndarray) -> tuple[float, float]:
    """Return where a ray enters and leaves the box from 0 to `sides`; it does not where the second is smaller."""
    near, far = 1e-6, np.inf
    for a in range(3):
        d = direction[a]
        if abs(d) >= 1e-12:
            t0, t1 = -at[a] / d, (sides[a] - at[a]) / d
            near, far = max(near, min(t0, t1)), min(far, max(t0, t1))
        elif at[a] < 0 or at[a] > sides[a]:
            far = -1.0
    return near, far


@linked
def _improve(vals: np.ndarray, own: float, ranks: np.ndarray, best: np.ndarray, found: np.ndarray, s: float) -> float:
    """Note what is better at `s` than before; return by how much distances must grow to be better still."""
    gap = 2 * CLIP
    wanted = len(ranks)
    for m in range(wanted + 1):
        seen, most = vals[0], min(CLIP, own)
        if m < wanted:
            r = ranks[m] - 1
            seen, most = (vals[r + 1] if own <= vals[r] + OWN else vals[r]), CLIP
        if seen > best[m]:
            best[m] = seen
            found[m] = s
        if best[m] < most - ENOUGH:
            gap = min(gap, best[m] + ENOUGH - seen)
    return gap


@compiled
def _march(
    lattice: Lattice,
    own: np.ndarray,
    at: np.ndarray,
    directions: np.ndarray,
    sides: np.ndarray,
    pace: float,
    ranks: np.ndarray,
    result: np.ndarray,
) -> None:
    """Fill `result` (n, len(ranks) + 1): the largest of each rank among the other views, then of all views' least.

    Distances fall and rise by at most `pace` pixels a cell, so what is far below the best is stepped over; each ray
    first looks where the one before it found its best. They start `at` a point and run through a box from 0 to
    `sides`, in cells of the lattice.
    """
    vals = np.empty(lattice.values.shape[3], np.float32)
    found = np.full(len(ranks) + 1, -1.0)
    for n in range(len(directions)):
        best = result[n]
        best[:] = -CLIP
        near, far = span(at, directions[n], sides)
        t, turn = near, 0
        while t < far:
            revisits = turn < len(found)
            s = found[turn] if revisits else t
            turn += revisits
            if s < near or s >= far:
                continue
            x, y, z = at[0] + s * directions[n, 0], at[1] + s * directions[n, 1], at[2] + s * directions[n, 2]
            i = min(int(max(x, 0.0)), int(sides[0]) - 1)
            j = min(int(max(y, 0.0)), int(sides[1]) - 1)
            k = min(int(max(z, 0.0)), int(sides[2]) - 1)
            state = lattice.states[i // BLOCK, j // BLOCK, k // BLOCK]
            if state == OUTSIDE:
                if not revisits:
                    t = _leave(at, directions[n], t, i // BLOCK, j // BLOCK, k // BLOCK)
                continue
            if state == INSIDE:
                vals[:] = CLIP
            else:
                _sample(lattice, x, y, z, i, j, k, vals)
            gap = _improve(vals, own[n], ranks, best, found, s)
            if gap >= 2 * CLIP:
                break
            if not revisits:
                t += max(LEAST_STEP, gap / pace)


@compiled
def distances_at(views: Silhouettes, v: int, centre: np.ndarray, directions: np.ndarray) -> np.ndarray:
    values = np.empty(len(directions), np.float32)
    for n in range(len(directions)):
        value, _, _ = view_value(
            views, v, centre[0] + directions[n, 0], centre[1] + directions[n, 1], centre[2] + directions[n, 2]
        )
        values[n] = value
    return values


def ray_grid(camera: Camera, pose: Pose, stride: int) -> tuple[Float[np.ndarray, "h w 3"], Float[np.ndarray, "3"]]:
    """Return unit directions of the rays through the middles of `stride` x `stride` pixels, and their origin."""
    columns, rows = -(-camera.width // stride), -(-camera.height // stride)
    x, y = np.meshgrid((np.arange(columns) + 0.5) * stride, (np.arange(rows) + 0.5) * stride)
    directions = pixels_to_directions(camera, np.column_stack([x.ravel(), y.ravel()])) @ pose.R
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions.reshape(rows, columns, 3), pose.centre


def pixels_per_cell(views: Silhouettes, lattice: Lattice) -> float:
    """Return by how many pixels, at most, a step of one cell moves a point in any view."""
    shape = np.array(lattice.values.shape[:3]) - 1
    middle = lattice.origin + lattice.cell * shape / 2
    depth = views.projection[:, 2] @ np.append(middle, 1.0)
    radius = lattice.cell * float(np.linalg.norm(shape)) / 2
    return float(np.max(views.focal[:, 1] / np.maximum(depth - radius, 0.2 * np.abs(depth)))) * lattice.cell


def largest_along_rays(
    lattice: Lattice,
    views: Silhouettes,
    cameras: Sequence[Camera],
    poses: Sequence[Pose],
    ranks: Sequence[int],
    stride: int,
) -> list[tuple[Float[np.ndarray, "_ _ r"], Float[np.ndarray, "_ _"]]]:
    """Return for each view H_r of each rank and, last, the largest A_1 of all views; and the view's own distances.

    Args:
        lattice: of the same views; keeps one rank more than the largest wanted.
        cameras, poses: of the views, and of any that only listen after them; what those show is infinite.
        stride: pixels between rays.
    """
    pace, wanted = pixels_per_cell(views, lattice), np.array(ranks)
    sides = np.array(lattice.values.shape[:3]) - 1.0

    def one(v: int) -> tuple[np.ndarray, np.ndarray]:
        directions, centre = ray_grid(cameras[v], poses[v], stride)
        shape = directions.shape[0], directions.shape[1]
        listens = v >= len(views.start)
        flat = directions.reshape(-1, 3)
        own = np.full(len(flat), np.inf, np.float32) if listens else distances_at(views, v, centre, flat)
        own = own.reshape(shape)
        at = (centre - lattice.origin) / lattice.cell

        def march(chosen: tuple) -> np.ndarray:
            rays = np.ascontiguousarray(directions[chosen])
            found = np.empty((*rays.shape[:-1], len(wanted) + 1), np.float32)
            _march(lattice, own[chosen].ravel(), at, rays.reshape(-1, 3), sides, pace, wanted, _rows(found))
            return found

        every = march(np.s_[::2, ::2])
        result = every.repeat(2, 0).repeat(2, 1)[: shape[0], : shape[1]]
        left = ~_settled(every, shape)
        left[::2, ::2] = False
        result[left] = march((left,))
        return result, own

    return parallel(one, range(len(cameras)))


def _rows(array: np.ndarray) -> np.ndarray:
    return array.reshape(-1, array.shape[-1])


def _settled(every: Float[np.ndarray, "i j r"], shape: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """Tell between which of every second ray all is clipped alike, so that those between are so too, or nearly."""
    settled = np.zeros((2 * every.shape[0], 2 * every.shape[1]), bool)
    for clipped in ((every <= -CLIP + ENOUGH).all(axis=-1), (every >= CLIP - ENOUGH).all(axis=-1)):
        padded = np.pad(clipped, ((0, 1), (0, 1)), "edge")
        cell = padded[:-1, :-1] & padded[1:, :-1] & padded[:-1, 1:] & padded[1:, 1:]
        settled |= cell.repeat(2, 0).repeat(2, 1)
    return settled[: shape[0], : shape[1]]
