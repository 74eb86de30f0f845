"""How many views would have to be wrong: denials and need of space, coarsely, and the best of both along each ray.

A voxel is denied by the views whose masks do not show it. It is needed by views whose foreground no point of the hull
explains (Bottino and Laurentini 2003: consistent silhouettes leave none such): if a voxel there existed, it would.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from cleanplate.geometry import Camera, Pose
from cleanplate.hull.octree import view_value
from cleanplate.hull.ranks import distances_at, ray_grid, span
from cleanplate.hull.silhouettes import Silhouettes
from cleanplate.jit import compiled, parallel

DENIAL = 0.5
"""What a view that denies a voxel counts against one that needs it: masks miss more than they invent."""

RAMP = 2.0
"""Pixels over which a denial grows from none to a whole one."""

HALF = 0.5
"""Share of the views by which space is denied that is not looked at."""


class Space(NamedTuple):
    """Denials and need on a lattice.

    Attributes:
        origin: world coordinates of node (0, 0, 0).
        cell: between nodes.
        shares: (x, y, z, 3) shares of the views, 0 to 1, that deny the node by their masks, that deny it even by what
            they hold possible, and that need it.
    """

    origin: Float[np.ndarray, "3"]
    cell: float
    shares: Float[np.ndarray, "x y z 3"]


@compiled
def _weigh(
    views: Silhouettes,
    wider: Silhouettes,
    maps: np.ndarray,
    stride: int,
    tolerance: float,
    origin: np.ndarray,
    cell: float,
    shares: np.ndarray,
    planes: np.ndarray,
) -> None:
    count = len(views.start)
    rows, columns = maps.shape[1], maps.shape[2]
    for i in planes:
        for j in range(shares.shape[1]):
            for k in range(shares.shape[2]):
                x, y, z = origin[0] + i * cell, origin[1] + j * cell, origin[2] + k * cell
                denied, impossible, needed = 0.0, 0.0, 0.0
                for v in range(count):
                    value, depth, _ = view_value(views, v, x, y, z)
                    if depth <= 0:
                        continue
                    denial = min(max((-value - tolerance) / RAMP, 0.0), 1.0)
                    denied += denial
                    if denial > 0:
                        value, depth, _ = view_value(wider, v, x, y, z)
                        impossible += min(max((-value - tolerance) / RAMP, 0.0), 1.0)
                    else:
                        P = views.projection[v]
                        px = (P[0, 0] * x + P[0, 1] * y + P[0, 2] * z + P[0, 3]) / depth
                        py = (P[1, 0] * x + P[1, 1] * y + P[1, 2] * z + P[1, 3]) / depth
                        c, r = int(px / stride), int(py / stride)
                        if px >= 0 and py >= 0 and c < columns and r < rows:
                            needed += maps[v, r, c]
                    if denied > HALF * count + 1:
                        denied, impossible, needed = count, count, 0.0
                        break
                shares[i, j, k, 0] = denied / count
                shares[i, j, k, 1] = impossible / count
                shares[i, j, k, 2] = needed / count


def weigh_space(
    views: Silhouettes,
    wider: Silhouettes,
    uncovered: Float[np.ndarray, "v h w"],
    stride: int,
    low: np.ndarray,
    high: np.ndarray,
    cell: float,
    tolerance: float,
) -> Space:
    """Weigh the nodes of a lattice over a box.

    Args:
        views, wider: the masks, and what is possible.
        uncovered: for each view, 0 to 1, foreground that the hull of all views does not explain; one sample every
            `stride` pixels.
        tolerance: pixels outside of a mask that do not yet count as denied.
    """
    shape = np.ceil((high - low) / cell).astype(np.int64) + 1
    shares = np.empty((*shape, 3), np.float32)
    planes = np.array_split(np.random.default_rng(0).permutation(shape[0]), 16)
    parallel(partial(_weigh, views, wider, uncovered, stride, tolerance, low, cell, shares), planes)
    return Space(low, cell, shares)


@compiled
def _best(
    space: Space,
    count: int,
    rest: int,
    own: np.ndarray,
    at: np.ndarray,
    directions: np.ndarray,
    sides: np.ndarray,
    result: np.ndarray,
) -> None:
    """Fill `result` (n, 3): the least share that denies, the least that denies the possible, the largest gain.

    Rays start `at` a point and run through a box from 0 to `sides`, in cells of the lattice.
    """
    vals = np.empty(3, np.float32)
    for n in range(len(directions)):
        result[n, 0], result[n, 1], result[n, 2] = 1.0, 1.0, 0.0
        near, far = span(at, directions[n], sides)
        t = near
        others = count / rest
        while t < far:
            x, y, z = at[0] + t * directions[n, 0], at[1] + t * directions[n, 1], at[2] + t * directions[n, 2]
            t += 0.8
            i, j, k = int(max(x, 0.0)), int(max(y, 0.0)), int(max(z, 0.0))
            i, j, k = min(i, int(sides[0]) - 1), min(j, int(sides[1]) - 1), min(k, int(sides[2]) - 1)
            if space.shares[i, j, k, 0] >= 1 and space.shares[i + 1, j + 1, k + 1, 0] >= 1:
                continue
            u, v, w = x - i, y - j, z - k
            vals[:] = 0
            for c in range(8):
                a, b, g = c >> 2, (c >> 1) & 1, c & 1
                weight = (u if a else 1 - u) * (v if b else 1 - v) * (w if g else 1 - w)
                for r in range(3):
                    vals[r] += weight * space.shares[i + a, j + b, k + g, r]
            denied = max(vals[0] - own[n, 0] / count, 0.0) * others
            impossible = max(vals[1] - own[n, 1] / count, 0.0) * others
            result[n, 0] = min(result[n, 0], denied)
            result[n, 1] = min(result[n, 1], impossible)
            result[n, 2] = max(result[n, 2], (vals[2] - own[n, 2] / count) * others - DENIAL * denied)


def best_along_rays(
    space: Space,
    views: Silhouettes,
    wider: Silhouettes,
    uncovered: Float[np.ndarray, "v h w"],
    ratio: int,
    cameras: Sequence[Camera],
    poses: Sequence[Pose],
    stride: int,
    tolerance: float,
) -> list[Float[np.ndarray, "_ _ 3"]]:
    """Return for each view and every `stride` pixels the least share of the other views that denies a voxel of the
    ray, the least that denies even the possible, and the largest need less `DENIAL` times the denials.
    """

    sides = np.array(space.shares.shape[:3]) - 1.0

    def one(v: int) -> np.ndarray:
        directions, centre = ray_grid(cameras[v], poses[v], stride)
        rows, columns = directions.shape[:2]
        flat = directions.reshape(-1, 3)
        own, count = np.zeros((len(flat), 3), np.float32), len(views.start)
        if v < count:
            for n, each in enumerate((views, wider)):
                own[:, n] = np.clip((-distances_at(each, v, centre, flat) - tolerance) / RAMP, 0, 1)
            own[:, 2] = uncovered[v, ::ratio, ::ratio][:rows, :columns].ravel()
        result = np.empty((len(flat), 3), np.float32)
        _best(space, count, count - (v < count), own, (centre - space.origin) / space.cell, flat, sides, result)
        return result.reshape(rows, columns, 3)

    return parallel(one, range(len(cameras)))
