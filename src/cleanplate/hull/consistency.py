"""Which rays of the masks the other views explain: the evidence for `robust`.

Silhouettes are consistent if every foreground pixel's ray meets the hull of all views (Bottino and Laurentini 2003).
A mask that misses foreground leaves rays of other views uncovered; extra foreground leaves its own.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from cleanplate.hull.octree import inner_view_value, view_value
from cleanplate.hull.silhouettes import MARGIN, Silhouettes
from cleanplate.jit import compiled, inlined, parallel

TOLERANCE = 2.0
"""Pixels outside of a mask that do not yet count as denied: what edges, poses and sampling get wrong."""

RAY_BUDGET = 24000
"""Rays over all views."""

MOST_DENIALS = 8
"""A point denied by more views than this is background, not a mistake of theirs."""

STEPS = 256
"""Samples along a ray through the box."""

OPEN_BUDGET = 4000
"""Uncovered rays that are looked into; more say no more."""

KEPT_SETS = 12
"""Sets of denying views remembered for each uncovered ray."""

ZOOM_ROUNDS, ZOOM_CELLS = 6, 32


class Rays(NamedTuple):
    """Rays through foreground pixels.

    Attributes:
        view: the view whose mask each comes from.
        begin, end: where it enters and leaves the box, world coordinates.
        weight: the share of its view's foreground that it stands for.
    """

    view: Int[np.ndarray, " r"]
    begin: Float[np.ndarray, "r 3"]
    end: Float[np.ndarray, "r 3"]
    weight: Float[np.ndarray, " r"]


@compiled
def _possible(views: Silhouettes, points: np.ndarray, radius: float, most: int) -> np.ndarray:
    """Tell whether a ball about each point may hold a point that no more than `most` views deny."""
    result = np.ones(len(points), np.bool_)
    for n in range(len(points)):
        denials = 0
        for v in range(len(views.start)):
            value, depth, off = view_value(views, v, points[n, 0], points[n, 1], points[n, 2])
            if depth < -radius and not views.open[v]:
                denials += 1
            elif depth > radius:
                slant = np.sqrt(1.0 + (off / views.focal[v, 0]) ** 2)
                denials += value < -radius * slant * views.focal[v, 1] / (depth - radius) - TOLERANCE
            if denials > most:
                result[n] = False
                break
    return result


def vote_box(views: Silhouettes, floor: float | None) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]] | None:
    """Return a box around all that at most `MOST_DENIALS` views deny, or None if that is nothing.

    Starts from a cube about the point nearest to the optical axes that reaches to the median camera, and zooms in.
    """
    inverse = np.linalg.inv(views.projection[:, :, :3])
    centres = -np.einsum("vij,vj->vi", inverse, views.projection[:, :, 3])
    axes = np.einsum("vij,vj->vi", inverse, np.column_stack([views.principal, np.ones(len(centres))]))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    across = np.eye(3) - axes[:, :, None] * axes[:, None, :]
    middle = np.linalg.lstsq(across.sum(axis=0), np.einsum("vij,vj->i", across, centres), rcond=None)[0]
    half = np.median(np.linalg.norm(centres - middle, axis=1))
    low, high = middle - half, middle + half
    most = min(MOST_DENIALS, (len(centres) - 1) // 2)
    for _ in range(ZOOM_ROUNDS):
        if floor is not None:
            low[2] = max(low[2], floor)
        step = (high - low) / ZOOM_CELLS
        grid = np.stack(np.meshgrid(*[np.arange(ZOOM_CELLS) + 0.5] * 3, indexing="ij"), -1).reshape(-1, 3)
        points = low + step * grid
        radius = float(np.linalg.norm(step)) / 2
        possible = np.concatenate(
            parallel(lambda p, r=radius: _possible(views, p, r, most), np.array_split(points, 16))
        )
        if not possible.any():
            return None
        before = (high - low).max()
        low, high = points[possible].min(axis=0) - step / 2, points[possible].max(axis=0) + step / 2
        if (high - low).max() > 0.9 * before:
            break
    return low, high


def cast(views: Silhouettes, low: np.ndarray, high: np.ndarray, seed: int = 0) -> Rays:
    """Choose foreground pixels of every view, evenly, at least a pixel inside of the mask, and cast their rays."""
    rng = np.random.default_rng(seed)
    count = max(60, RAY_BUDGET // len(views.start))
    parts = []
    for v in range(len(views.start)):
        width, height = views.size[v]
        field = views.fields[views.start[v] : views.start[v] + width * height].reshape(height, width)
        inner = field[2 * MARGIN : -2 * MARGIN, 2 * MARGIN : -2 * MARGIN] if views.open[v] else field
        rows, columns = np.nonzero(inner > 1.0)
        chosen = np.sort(rng.permutation(len(rows))[:count])
        shift = 2 * MARGIN if views.open[v] else 0
        pixels = views.origin[v] + shift + np.column_stack([columns, rows])[chosen]
        M = views.projection[v, :, :3]
        # In rows: of another order the loops would be compiled once more.
        directions = np.ascontiguousarray(np.linalg.solve(M, np.column_stack([pixels, np.ones(len(pixels))]).T).T)
        directions *= np.sign(np.linalg.det(M))
        centre = -np.linalg.solve(M, views.projection[v, :, 3])
        with np.errstate(divide="ignore", invalid="ignore"):
            sides = np.stack([(low - centre) / directions, (high - centre) / directions])
        near, far = np.nanmax(sides.min(axis=0), axis=1), np.nanmin(sides.max(axis=0), axis=1)
        near = np.maximum(near, 0.0)
        # A ray that misses the box is kept as a point, for nothing explains it.
        far = np.maximum(near, far)
        begin, end = centre + near[:, None] * directions, centre + far[:, None] * directions
        parts.append(Rays(np.full(len(pixels), v), begin, end, np.full(len(pixels), 1 / max(len(pixels), 1))))
    return Rays(*(np.concatenate(column) for column in zip(*parts, strict=True)))


@inlined
def _denies(views: Silhouettes, v: int, x: float, y: float, z: float) -> tuple[bool, float, float]:
    """Tell whether view v denies a point; return its signed distance and depth too."""
    value, depth, _ = inner_view_value(views, v, x, y, z)
    return (depth > 0 and value < -TOLERANCE) or (depth <= 0 and not views.open[v]), value, depth


@compiled
def _witnesses(views: Silhouettes, begin: np.ndarray, end: np.ndarray, result: np.ndarray) -> None:
    """Write each ray's first point that no view denies, by stepping over what is denied, if there is one."""
    for n in range(len(begin)):
        dx, dy, dz = end[n, 0] - begin[n, 0], end[n, 1] - begin[n, 1], end[n, 2] - begin[n, 2]
        length = np.sqrt(dx * dx + dy * dy + dz * dz)
        least = length / STEPS
        s = 0.0
        last = 0
        while s <= length:
            share = s / max(length, 1e-30)
            x, y, z = begin[n, 0] + share * dx, begin[n, 1] + share * dy, begin[n, 2] + share * dz
            stride = -1.0
            for m in range(len(views.start)):
                v = (last + m) % len(views.start)  # what denied the last point most likely denies this one
                denied, value, depth = _denies(views, v, x, y, z)
                if denied:
                    last = v
                    # The field falls by at most its slope, which the slant and the depth raise above one.
                    stride = max(0.7 * (-value - TOLERANCE) * depth / views.focal[v, 1], least)
                    break
            if stride < 0:
                result[n, 0], result[n, 1], result[n, 2] = x, y, z
                break
            s += max(stride, 1e-30)
            if length == 0:
                break


@compiled
def _remember(sets: np.ndarray, sizes: np.ndarray, found: np.ndarray, size: int) -> None:
    """Add a set of views if it is new, in place of the largest if there is no room; free places have size -1."""
    place, largest = -1, -1
    for k in range(len(sizes)):
        if sizes[k] < 0:
            place = k
            break
        if sizes[k] == size:
            same = True
            for m in range(size):
                same = same and sets[k, m] == found[m]
            if same:
                return
        if sizes[k] > largest:
            largest = sizes[k]
            place = k if sizes[k] > size else -1
    if place >= 0:
        sizes[place] = size
        for m in range(len(found)):
            sets[place, m] = found[m] if m < size else -1


@compiled
def _denials(views: Silhouettes, begin: np.ndarray, end: np.ndarray, sets: np.ndarray) -> None:
    """Collect, for each ray, the smallest different sets of views that deny a point of it; padded with -1."""
    found = np.empty(MOST_DENIALS, np.int16)
    sizes = np.empty(KEPT_SETS, np.int64)
    for n in range(len(begin)):
        sizes[:] = -1
        dx, dy, dz = end[n, 0] - begin[n, 0], end[n, 1] - begin[n, 1], end[n, 2] - begin[n, 2]
        for k in range(STEPS + 1):
            share = k / STEPS
            x, y, z = begin[n, 0] + share * dx, begin[n, 1] + share * dy, begin[n, 2] + share * dz
            size = 0
            for v in range(len(views.start)):
                if _denies(views, v, x, y, z)[0]:
                    if size < MOST_DENIALS:
                        found[size] = v
                    size += 1
                    if size > MOST_DENIALS:
                        break
            if size <= MOST_DENIALS:
                _remember(sets[n], sizes, found, size)


def witnesses(views: Silhouettes, rays: Rays) -> Float[np.ndarray, "r 3"]:
    """Return where each ray first meets the hull of the views, widened by `TOLERANCE`; NaN where it does not."""
    result = np.full(rays.begin.shape, np.nan)
    pieces = [np.array_split(part, 32) for part in (rays.begin, rays.end, result)]
    parallel(partial(_witnesses, views), *pieces)
    return result


def covered(views: Silhouettes, rays: Rays) -> Bool[np.ndarray, " r"]:
    """Tell which rays meet the hull of the views, widened by `TOLERANCE`."""
    return ~np.isnan(witnesses(views, rays)[:, 0])


@compiled
def denied_by(views: Silhouettes, v: int, points: np.ndarray) -> np.ndarray:
    """Tell which points view v denies."""
    result = np.empty(len(points), np.bool_)
    for n in range(len(points)):
        result[n] = _denies(views, v, points[n, 0], points[n, 1], points[n, 2])[0]
    return result


def denials(views: Silhouettes, rays: Rays) -> Int[np.ndarray, "r k d"]:
    """Return, for each ray, the smallest sets of views that stand between it and a hull."""
    sets = np.full((len(rays.view), KEPT_SETS, MOST_DENIALS), -1, np.int16)
    pieces = [np.array_split(part, 32) for part in (rays.begin, rays.end, sets)]
    parallel(partial(_denials, views), *pieces)
    return sets


def subset(rays: Rays, chosen: np.ndarray) -> Rays:
    """Return the rays that a mask or an index chooses."""
    view, begin, end, weight = (part[chosen] for part in rays)
    return Rays(view, begin, end, weight)


def thin_out(rays: Rays, chosen: Bool[np.ndarray, " r"]) -> Rays:
    """Keep the chosen rays; of too many, an even part that stands for all."""
    index = np.flatnonzero(chosen)
    every = -(-len(index) // OPEN_BUDGET) or 1
    kept = subset(rays, index[::every])
    return kept._replace(weight=kept.weight * every)
