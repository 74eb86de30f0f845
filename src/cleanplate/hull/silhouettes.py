"""Masks and cameras packed as signed distance fields in ideal (undistorted) image coordinates."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from cleanplate.errors import ImageError
from cleanplate.geometry import Camera, Pose, camera_to_pixels, pixels_to_directions
from cleanplate.hull.distance import signed_distance
from cleanplate.jit import compiled, inlined, parallel
from cleanplate.types import Pixels

SoftMask = Bool[np.ndarray, "_ _"] | Float[np.ndarray, "_ _"]
"""A mask, or the probability of foreground from 0 to 1; rows, columns. Views may differ in size."""

MARGIN = 4
"""Pixels kept around a silhouette, so that every contour is inside its field."""


AT_ONCE = 16
"""Views whose distances are computed side by side."""


class Silhouettes(NamedTuple):
    """The views as arrays that numba reads; lengths in the world's unit, image coordinates in pixels.

    Attributes:
        projection: (v, 3, 4) world to ideal image coordinates.
        principal: (v, 2) principal points.
        focal: (v, 2) the smallest and largest focal length.
        origin: (v, 2) image coordinates of the centre of each field's first sample.
        size: (v, 2) width and height of each field in samples, one pixel apart.
        start: (v,) where each field starts in `fields`.
        fields: float32, signed distances in pixels, positive inside, 1-Lipschitz.
        open: (v,) the mask touches the picture's border, so nothing is known outside of the picture.
    """

    projection: Float[np.ndarray, "v 3 4"]
    principal: Float[np.ndarray, "v 2"]
    focal: Float[np.ndarray, "v 2"]
    origin: Float[np.ndarray, "v 2"]
    size: Int[np.ndarray, "v 2"]
    start: Int[np.ndarray, " v"]
    fields: Float[np.ndarray, " n"]
    open: Bool[np.ndarray, " v"]


@inlined
def sample(fields: np.ndarray, start: int, width: int, height: int, x: float, y: float) -> float:
    """Return the signed distance at (x, y), in samples from a field's first one.

    Outside of the field it is a lower bound on the distance: everything nearer lies inside the field, behind the
    nearest border point, so the two legs make at least a right angle.
    """
    cx, cy = min(max(x, 0.0), width - 1.0), min(max(y, 0.0), height - 1.0)
    i, j = min(int(cx), width - 2), min(int(cy), height - 2)
    s, t = cx - i, cy - j
    k = start + j * width + i
    value = (1 - t) * ((1 - s) * fields[k] + s * fields[k + 1]) + t * (
        (1 - s) * fields[k + width] + s * fields[k + width + 1]
    )
    if cx == x and cy == y:
        return value
    beyond = np.sqrt((x - cx) ** 2 + (y - cy) ** 2 + value * value)
    return beyond if value > 0 else -beyond


@compiled
def _sample_many(field: np.ndarray, xy: np.ndarray) -> np.ndarray:
    height, width = field.shape
    flat = field.ravel()
    values = np.empty(len(xy), np.float32)
    for n in range(len(xy)):
        values[n] = sample(flat, 0, width, height, xy[n, 0], xy[n, 1])
    return values


def touches_border(mask: SoftMask) -> bool:
    """Tell whether foreground reaches the picture's border."""
    return any(bool((edge >= 0.5).any()) for edge in (mask[0], mask[-1], mask[:, 0], mask[:, -1]))


def check_mask(mask: SoftMask, camera: Camera, index: int) -> None:
    """Refuse a mask that does not fit its camera or holds no probabilities.

    Raises:
        ImageError: another size than the camera's, values outside of 0 to 1, or foreground where the camera's lens
            curve has folded back.
    """
    if mask.shape != (camera.height, camera.width):
        raise ImageError(
            f"mask of view {index} has shape {mask.shape}, its camera takes {camera.width}x{camera.height} pictures; "
            f"use the mask of that view, at full size"
        )
    if mask.dtype != bool and not (mask.min() >= 0 and mask.max() <= 1):
        raise ImageError(f"soft mask of view {index} has values outside of 0 to 1; divide 8-bit masks by 255")
    if camera.distortion.any() and not np.isfinite(pixels_to_directions(camera, _frame(mask))).all():
        raise ImageError(
            f"in view {index} the product reaches where its camera's lens curve {camera.distortion.tolist()} folds "
            f"back; calibrate the lens again, with the board in the corners too"
        )


def _frame(mask: SoftMask) -> Pixels:
    """Return places along the foreground's bounding box with MARGIN around, none where there is no foreground."""
    rows, columns = (np.flatnonzero((mask >= 0.5).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return np.zeros((0, 2))
    low = np.maximum([columns[0] - MARGIN, rows[0] - MARGIN], 0)
    high = np.minimum([columns[-1] + MARGIN + 1, rows[-1] + MARGIN + 1], mask.shape[::-1])
    along = np.linspace(0, 1, 32)
    sides = [np.stack(side, -1) for side in ((along, 0 * along), (along, 0 * along + 1))]
    unit = np.concatenate([*sides, *(side[:, ::-1] for side in sides)])
    return low + unit * (high - low)


def shrink(mask: SoftMask, camera: Camera, pixels: int) -> tuple[np.ndarray, Camera]:
    """Average a mask over whole pixels until its foreground spans less than twice `pixels`; edges turn soft.

    Photographs of many megapixels would otherwise take gigabytes for detail that no cell of the grid can hold.
    """
    import cv2

    rows, columns = (np.flatnonzero((mask >= 0.5).any(axis=axis)) for axis in (1, 0))
    factor = int(max(np.ptp(rows), np.ptp(columns))) // pixels
    if factor < 2:
        return mask, camera
    size = -(-camera.width // factor), -(-camera.height // factor)
    return cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA), camera.scaled(*size)


def _image_field(mask: SoftMask) -> tuple[np.ndarray, np.ndarray]:
    """Return the signed distances of a cropped mask, and the crop's first pixel (x, y)."""
    if touches_border(mask):
        padded = np.pad(mask, MARGIN, constant_values=True)
        return signed_distance(np.ascontiguousarray(padded, np.float32)), np.array([-MARGIN, -MARGIN])
    rows, columns = (np.flatnonzero((mask >= 0.5).any(axis=axis)) for axis in (1, 0))
    first, end = np.array([columns[0], rows[0]]) - MARGIN, np.array([columns[-1], rows[-1]]) + MARGIN + 1
    (left, top), (right, bottom) = np.maximum(first, 0), end
    crop = np.zeros((end - first)[::-1], np.float32)
    part = mask[top:bottom, left:right]
    y, x = top - first[1], left - first[0]
    crop[y : y + part.shape[0], x : x + part.shape[1]] = part
    return signed_distance(crop), first


def _straighten(camera: Camera, field: np.ndarray, first: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Resample a field of a distorting camera in ideal image coordinates, scaled down to stay 1-Lipschitz.

    The zero level is what the surface comes from; it moves by the distortion alone.
    """
    height, width = field.shape
    corner, extent = first + 0.5, np.array([width - 1, height - 1])
    along = np.linspace(0, 1, 64)
    frame = np.concatenate([np.stack(p, -1) for p in ((along, 0 * along), (along, 0 * along + 1))])
    frame = corner + extent * np.concatenate([frame, frame[:, ::-1]])
    ideal = pixels_to_directions(camera, frame) @ camera.K.T
    low = np.floor(np.nanmin(ideal[:, :2], axis=0)) + 0.5
    columns, rows = np.ceil(np.nanmax(ideal[:, :2], axis=0) - low).astype(int) + 1
    grid = low + np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1).reshape(-1, 2)
    directions = np.linalg.solve(camera.K, np.column_stack([grid, np.ones(len(grid))]).T).T
    pixels = camera_to_pixels(camera, directions).reshape(rows, columns, 2)
    stretch = max(np.linalg.norm(np.diff(pixels, axis=axis), axis=-1).max() for axis in (0, 1))
    straight = _sample_many(field, (pixels - corner).reshape(-1, 2)).reshape(rows, columns)
    return straight / np.float32(max(1.0, 1.01 * stretch)), low - 0.5


def _field(mask: SoftMask, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    field, first = _image_field(mask)
    return _straighten(camera, field, first) if camera.distortion.any() else (field, first)


def pack(masks: Sequence[SoftMask], cameras: Sequence[Camera], poses: Sequence[Pose]) -> Silhouettes:
    """Pack views whose masks are neither empty nor full."""
    fields = np.empty(0, np.float32)
    origins, sizes = [], []
    for begin in range(0, len(masks), AT_ONCE):  # grown in place: hundreds of views never exist twice
        some = slice(begin, begin + AT_ONCE)
        for field, first in parallel(_field, masks[some], cameras[some]):
            fields.resize(fields.size + field.size, refcheck=False)
            fields[-field.size :] = field.ravel()
            origins.append(first + 0.5)
            sizes.append(field.shape[::-1])
    focal = [np.linalg.svd(camera.K[:2, :2], compute_uv=False)[::-1] for camera in cameras]
    return Silhouettes(
        projection=np.stack([c.K @ np.column_stack([p.R, p.t]) for c, p in zip(cameras, poses, strict=True)]),
        principal=np.stack([camera.K[:2, 2] for camera in cameras]),
        focal=np.stack(focal),
        origin=np.stack(origins),
        size=np.array(sizes),
        start=np.cumsum([0, *(width * height for width, height in sizes[:-1])]),
        fields=fields,
        open=np.array([touches_border(mask) for mask in masks]),
    )


def select(views: Silhouettes, index: Sequence[int]) -> Silhouettes:
    """Return some of the views; the fields are shared."""
    chosen = np.asarray(index, np.int64)
    return Silhouettes(**{name: part if name == "fields" else part[chosen] for name, part in views._asdict().items()})


def join(a: Silhouettes, b: Silhouettes) -> Silhouettes:
    """Return the views of both, those of `a` first."""
    b = b._replace(start=b.start + a.fields.size)
    return Silhouettes(*(np.concatenate(parts) for parts in zip(a, b, strict=True)))
