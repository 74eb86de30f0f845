"""Partition of a picture by edges: a watershed into many cells, merged while the edge between two is weak.

An outline that fades here and there still parts two regions, since the mean strength along their whole border counts;
a shadow, soft all around, merges with what it falls on. (Watershed: Beucher and Meyer 1993; merging by mean boundary
strength: Haris et al. 1998; small regions merging first: Felzenszwalb and Huttenlocher 2004.)
"""

import heapq

import numpy as np
from jaxtyping import Float, Int

Labels = Int[np.ndarray, "h w"]
Map = Float[np.ndarray, "h w"]

_CLIP = 2.0
"""Stronger edges count as this, so that no short stretch decides for a long border."""


def split_cells(edge: Map, cell: int, calm: float) -> Labels:
    """Return a watershed of the edges from the calmest pixel of each square of `cell` pixels.

    Squares whose calmest pixel has an edge above `calm` get no label of their own: they lie on an outline.
    """
    import cv2

    height, width = edge.shape
    rows, columns = -(-height // cell), -(-width // cell)
    padded = np.full((rows * cell, columns * cell), np.inf, np.float32)
    padded[:height, :width] = edge
    squares = padded.reshape(rows, cell, columns, cell).swapaxes(1, 2).reshape(rows * columns, -1)
    calmest = squares.argmin(axis=1)
    seeds = np.flatnonzero((squares.min(axis=1) < calm) | (np.arange(len(squares)) == squares.min(axis=1).argmin()))
    down, right = np.divmod(calmest[seeds], cell)
    markers = np.zeros((height, width), np.int32)
    markers[seeds // columns * cell + down, seeds % columns * cell + right] = np.arange(1, len(seeds) + 1)
    levels = np.clip(edge * (255 / _CLIP), 0, 255).astype(np.uint8)
    cv2.watershed(cv2.merge([levels] * 3), markers)
    markers[markers < 0] = 0
    for _ in range(3):  # the lines between cells, three pixels thick where they meet the picture's corners
        grown = cv2.dilate(markers.astype(np.float32), np.ones((3, 3))).astype(np.int32)
        markers = np.where(markers == 0, grown, markers)
    return np.maximum(markers - 1, 0)


def merge_regions(labels: Labels, edge: Map, weak: float, small: float) -> Labels:
    """Return the labels after merging, weakest border first, while a border's mean edge is below a limit.

    Args:
        labels: regions 0 .. n-1.
        edge: strength of the edges.
        weak: the limit between large regions.
        small: pixels; a region of that many merges at twice the limit, a smaller one at more.
    """
    count = int(labels.max()) + 1
    area = np.bincount(labels.ravel(), minlength=count).astype(float).tolist()
    borders: list[dict[int, tuple[float, int]]] = [{} for _ in range(count)]
    heap: list[tuple[float, int, int, int]] = []

    def consider(one: int, other: int, total: float, length: int) -> None:
        borders[one][other] = borders[other][one] = (total, length)
        if total / length < weak * (1 + small / min(area[one], area[other])):
            heapq.heappush(heap, (total / length, length, one, other))

    for one, other, total, length in _borders(labels, np.minimum(edge, _CLIP), count):
        consider(one, other, total, length)
    parent = list(range(count))
    while heap:
        _, length, one, other = heapq.heappop(heap)
        if borders[one].get(other, (0.0, -1))[1] != length:
            continue  # one of them has merged since
        if weak * (1 + small / min(area[one], area[other])) <= borders[one][other][0] / length:
            continue  # they have grown since
        if len(borders[one]) < len(borders[other]):
            one, other = other, one
        parent[other], area[one] = one, area[one] + area[other]
        del borders[one][other]
        for third, (total, length) in borders[other].items():
            if third != one:
                del borders[third][other]
                before = borders[one].get(third, (0.0, 0))
                consider(one, third, before[0] + total, before[1] + length)
        borders[other] = {}
    return _roots(parent)[labels]


def _borders(labels: Labels, edge: Map, count: int) -> list[tuple[int, int, float, int]]:
    """Return each pair of neighbours with the sum of the edge along their border, and its length."""
    keys, strengths = [], []
    for before, after in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        one, other = labels[before].astype(np.int64), labels[after].astype(np.int64)
        apart = one != other
        keys.append((np.minimum(one, other) * count + np.maximum(one, other))[apart])
        strengths.append(np.maximum(edge[before], edge[after])[apart])
    pairs, inverse = np.unique(np.concatenate(keys), return_inverse=True)
    totals, lengths = np.bincount(inverse, np.concatenate(strengths)), np.bincount(inverse)
    return list(
        zip((pairs // count).tolist(), (pairs % count).tolist(), totals.tolist(), lengths.tolist(), strict=True)
    )


def _roots(parent: list[int]) -> Int[np.ndarray, " n"]:
    roots = np.array(parent)
    while not np.array_equal(roots, roots[roots]):
        roots = roots[roots]
    return roots
