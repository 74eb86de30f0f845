"""Areas drawn by hand -> pixels."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cleanplate.errors import ImageError
from cleanplate.exchange.masks.frames import NUMBER_LIMIT
from cleanplate.types import Mask

CROSSING_LIMIT = 20_000_000
"""Polygons that cross more rows than this in total are refused: a small file can hold millions of long edges."""


def fill_polygon(canvas: Mask, corners: Sequence[Any]) -> None:
    """Set the pixels whose centres lie inside a polygon, by the even-odd rule.

    Args:
        canvas: changed in place.
        corners: (x, y) in pixels, (0, 0) being the outer corner of the first pixel; closed by itself. Whatever a file
            holds in their place may be given: this is where it is checked.

    Raises:
        ImageError: fewer than three corners, not numbers, or far too many.
    """
    height, width = canvas.shape
    points = _points(corners)
    start, end = points, np.roll(points, -1, axis=0)
    # A row is crossed where its centre lies in [lower, upper), so that a shared corner counts once.
    lower, upper = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    first = np.ceil(lower - 0.5).clip(0, height).astype(np.int64)
    top = int(first.min())
    rows_crossed = np.ceil(upper - 0.5).clip(0, height).astype(np.int64) - first
    if rows_crossed.sum() > CROSSING_LIMIT:
        raise ImageError(f"a polygon of {len(points)} corners is too intricate; export the mask as RLE instead")
    edge = np.repeat(np.arange(len(points)), rows_crossed)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(rows_crossed) - rows_crossed, rows_crossed) + first[edge]
    slope = (end[edge, 0] - start[edge, 0]) / (end[edge, 1] - start[edge, 1])
    x = start[edge, 0] + (row + 0.5 - start[edge, 1]) * slope
    column = np.ceil(x - 0.5).clip(0, width).astype(np.int64)
    rows = int(row.max()) + 1 - top if len(row) else 0  # of the polygon alone: a picture may hold thousands
    cells = rows * (width + 1)
    toggles = np.bincount((row - top) * (width + 1) + column, minlength=cells).reshape(rows, width + 1)
    canvas[top : top + rows] |= np.logical_xor.accumulate(toggles[:, :width] % 2 == 1, axis=1)


def box_corners(left: float, top: float, right: float, bottom: float) -> list[tuple[float, float]]:
    """Return a box as a polygon."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _points(corners: Sequence[Any]) -> np.ndarray:
    try:
        points = np.array(corners, float)
    except (ValueError, TypeError, OverflowError) as error:
        raise ImageError(f"a polygon's corners are not pairs of numbers ({error})") from error
    if points.ndim != 2 or points.shape[0] < 3 or points.shape[1] != 2 or not (np.abs(points) <= NUMBER_LIMIT).all():
        raise ImageError(
            f"a polygon needs three or more pairs of numbers within {NUMBER_LIMIT:g}, got an array of {points.shape}"
        )
    return points
