"""Parts that hang in the air: all stands on the platen, so views that deny what would hold such a part are wrong there.

Silhouettes are intersected: one view that misses a stem or a wire cuts it for all, and too little of the hull is lost
for other views' rays to be left uncovered by much. What gives the fault away is gravity. From each part that floats the
path to what stands is looked for that the fewest views deny (Dijkstra 1959); along it these say nothing, and what the
others see there bounds what is carved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Int, Int8

from cleanplate.geometry import Camera, Mesh, Pose, project
from cleanplate.hull.ranks import CLIP, distances_at, pixels_per_cell, rank_lattice
from cleanplate.hull.silhouettes import Silhouettes, SoftMask
from cleanplate.types import Points

if TYPE_CHECKING:
    from scipy.sparse import csr_array

SMALLEST = 1e-3
"""Share of a hull's volume below which a part is a speck."""

STANDS = 3
"""Cells above the lowest point within which a part has to begin to stand."""

MOST_DENYING = 0.25
"""Share of the views that may deny a place of the path: what more of them deny is not there."""

MOST_NODES = 160
"""Along the longest side of the lattice in which paths are looked for."""

TOLERANCE = 1.0
"""Pixels outside of a mask at which a view does not count among these yet: thin parts run between the nodes."""

SOFT = 4.0
"""Pixels outside of a mask from which a view denies fully: the lattice is too coarse for less to count as much."""

LENGTH, EDGE = 0.02, 0.3
"""What a cell of the way costs, in views that deny it; and how much more at the outline that others agree on."""

DEEP = 2.0
"""Cells under the hull's surface from which no way leads through."""

AROUND = np.stack(np.meshgrid(*3 * [np.linspace(-1, 1, 5)], indexing="ij"), -1).reshape(-1, 3)
"""Cells from a node of the path at which a better place is looked for: thin parts run between the nodes."""

WIDER, MARGIN = 1.5, 2.0
"""A view says nothing within so many times the distance to the others' outline, and so many pixels more."""


@dataclass(frozen=True)
class Parts:
    """A hull's connected parts.

    Attributes:
        of: (n,) each vertex's part, or -1 of a speck.
        stands: (parts,) whether it begins at the hull's lowest point.
        volume: (parts,) cubic world units.
    """

    of: Int[np.ndarray, " n"]
    stands: Bool[np.ndarray, " parts"]
    volume: Float[np.ndarray, " parts"]

    @property
    def floating(self) -> float:
        """The volume of all parts that do not stand, as a share of the whole."""
        return float(self.volume[~self.stands].sum() / self.volume.sum())


def find_parts(mesh: Mesh, cell: float) -> Parts:
    """Tell the parts of a hull that stands on a platen apart, and which of them float.

    Args:
        cell: of the grid that it was carved in, world units.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    a, b, c = mesh.faces.T
    links = coo_array((np.ones(2 * len(a), bool), (np.r_[a, b], np.r_[b, c])), shape=2 * (len(mesh.vertices),))
    count, label = connected_components(links, directed=False)
    volume = np.bincount(label[a], mesh.volumes, count)
    kept = volume > SMALLEST * volume.sum()
    lowest = np.full(count, np.inf)
    np.minimum.at(lowest, label, mesh.vertices[:, 2])
    stands = lowest < lowest[kept].min() + STANDS * cell
    place = np.where(kept, np.cumsum(kept) - 1, -1)
    return Parts(place[label], stands[kept], volume[kept])


def forgiving(
    mesh: Mesh,
    parts: Parts,
    views: Silhouettes,
    masks: Sequence[SoftMask],
    cameras: Sequence[Camera],
    poses: Sequence[Pose],
) -> dict[int, SoftMask]:
    """Return the masks, by view, that no longer deny what would hold the parts that float; the others stay as they are.

    Nothing holds a part if more than `MOST_DENYING` of the views deny each way to it.

    Args:
        mesh: carved from these views; world axes and unit.
        parts: of the mesh.
        views: the masks, packed.
    """
    path, cell = _paths(mesh, parts, views)
    places, values = _settle(path, cell, views, poses)
    width = _width(values)
    changed: dict[int, SoftMask] = {}
    for n, (mask, camera, pose) in enumerate(zip(masks, cameras, poses, strict=True)):
        denied = values[n] < 0
        if denied.any():
            band = _discs(mask.shape, project(camera, pose, places[denied])[0], WIDER * width[denied] + MARGIN)
            changed[n] = np.where(band, np.ones_like(mask), mask)
    return changed


def _settle(
    path: Points, cell: float, views: Silhouettes, poses: Sequence[Pose]
) -> tuple[Points, Float[np.ndarray, "v n"]]:
    """Move each place of a path by up to a cell to where the fewest views deny it, and return all views' distances."""
    points = path[:, None] + cell * AROUND
    flat = points.reshape(-1, 3)
    values = np.stack([distances_at(views, n, pose.centre, flat - pose.centre) for n, pose in enumerate(poses)])
    values = values.clip(-CLIP, CLIP).reshape(len(poses), len(path), len(AROUND))
    best = _cost(values).argmin(axis=1)
    row = np.arange(len(path))
    return points[row, best], values[:, row, best]


def _cost(values: Float[np.ndarray, "v ..."]) -> Float[np.ndarray, "..."]:
    """Return what places cost, by all views' signed distances there, or by the smallest of them."""
    return (np.clip(-values, 0, SOFT) / SOFT).sum(axis=0) + EDGE * (1 - _width(values) / CLIP) + LENGTH


def _width(values: Float[np.ndarray, "v ..."]) -> Float[np.ndarray, "..."]:
    """Return the distance to the nearest outline of the views that do not deny a place."""
    return np.where(values > 0, values, CLIP).min(axis=0)


def _discs(
    shape: tuple[int, ...], pixels: Float[np.ndarray, "n 2"], radius: Float[np.ndarray, " n"]
) -> Bool[np.ndarray, "h w"]:
    import cv2

    drawn = np.zeros(shape, np.uint8)
    for (x, y), r in zip(pixels, radius, strict=True):
        cv2.circle(drawn, (round(x - 0.5), round(y - 0.5)), round(r), 1, -1)
    return drawn > 0


def _paths(mesh: Mesh, parts: Parts, views: Silhouettes) -> tuple[Points, float]:
    """Return the ways from all parts that float to what stands.

    Returns:
        World coordinates of nodes of a lattice, and the lattice's cell.
    """
    from scipy.sparse.csgraph import dijkstra

    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    most = max(1, int(MOST_DENYING * len(views.start)))
    cell = float((high - low).max()) / MOST_NODES
    lattice = rank_lattice(views, low - cell, high + cell, cell, most + 1)
    shape = lattice.values.shape[:3]
    deep = min(DEEP * pixels_per_cell(views, lattice), CLIP)
    graph = _graph(np.concatenate([_passable(slab, deep) for slab in np.array_split(lattice.values, 16)]))
    nodes = _nearest(lattice.origin, lattice.cell, shape, mesh.vertices)
    starts = np.unique(nodes[(parts.of >= 0) & parts.stands[parts.of]])
    reach, before, _ = dijkstra(graph, indices=starts, return_predecessors=True, min_only=True)
    found = [np.zeros(0, np.int64)]
    for part in np.flatnonzero(~parts.stands):
        ends = nodes[parts.of == part]
        end = int(ends[np.argmin(reach[ends])])
        if np.isfinite(reach[end]):
            found.append(_walk(before, end))
    path = np.stack(np.unravel_index(np.unique(np.concatenate(found)), shape), axis=1)
    return lattice.origin + lattice.cell * path, lattice.cell


def _passable(ranks: Int8[np.ndarray, "x y z r"], deep: float) -> Float[np.ndarray, "x y z"]:
    """Return what nodes cost, infinite where too many views deny them, and `deep` pixels inside of the hull."""
    values = np.moveaxis(ranks, 3, 0).astype(np.float32) * (CLIP / 127)
    return np.where((values[-1] < -TOLERANCE) | (values[0] >= deep), np.inf, _cost(values)).astype(np.float32)


def _nearest(origin: np.ndarray, cell: float, shape: tuple[int, ...], points: np.ndarray) -> Int[np.ndarray, " n"]:
    """Return the lattice's node nearest to each point, as a flat index."""
    places = np.rint((points - origin) / cell).astype(int).clip(0, np.array(shape) - 1)
    return np.ravel_multi_index(tuple(places.T), shape)


def _walk(before: Int[np.ndarray, " n"], node: int) -> Int[np.ndarray, " m"]:
    steps = []
    while node >= 0:
        steps.append(node)
        node = int(before[node])
    return np.array(steps)


def _graph(cost: Float[np.ndarray, "x y z"]) -> "csr_array":
    """Return the links between a lattice's neighbours, of finite cost: the mean of both nodes' times the distance."""
    from scipy.sparse import coo_array

    index = np.arange(cost.size, dtype=np.int32).reshape(cost.shape)
    rows, columns, weights = [], [], []
    for step in product((-1, 0, 1), repeat=3):
        if step <= (0, 0, 0):
            continue
        here = tuple(slice(max(0, -s), n - max(0, s)) for s, n in zip(step, cost.shape, strict=True))
        there = tuple(slice(max(0, s), n + min(0, s)) for s, n in zip(step, cost.shape, strict=True))
        weight = (cost[here] + cost[there]) / 2 * float(np.linalg.norm(step))
        known = np.isfinite(weight)
        rows.append(index[here][known])
        columns.append(index[there][known])
        weights.append(weight[known])
    parts = np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))
    links = coo_array(parts, shape=2 * (cost.size,))
    return (links + links.T).tocsr()
