"""Colours of surface points from many photographs.

Two bands (Baumberg 2002, "Blending images for texturing 3D models"): the low one is an average over all views that
see the point, so that no seam shows; the high one comes nearly from the best view alone, so that detail stays sharp
where the geometry is not exact.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from cleanplate.asset.appearance import CHANNELS, asked, open_appearance
from cleanplate.asset.cutout import without_background
from cleanplate.asset.exposure import apply_gain, level_exposure
from cleanplate.asset.observe import LUMA, SEEN, WHITE, Observations, linear
from cleanplate.asset.photos import REFERENCE_DIAGONAL, Photo, Photos, cropped, trust, without_distortion
from cleanplate.geometry import Mesh
from cleanplate.jit import compiled
from cleanplate.types import Image, Points

Colours = Float[np.ndarray, "n 3"]

LOW_BAND_PIXELS = 6.0
"""Standard deviation of the low band, for the reference picture size."""
BEST_VIEW_POWER = 6.0
"""The high band's weight is the low band's to this power: smooth, but nearly a choice of one view."""
GRAZING = 0.15
"""Surfaces seen at a smaller cosine get nothing from a view."""
DEPTH_TOLERANCE = 0.01
"""Points behind the depth map by more than this fraction of the mesh's size are hidden."""
HALF_DIAGONAL = 0.7
"""Pixels, at most, between a point and the centre of the pixel that holds it: by so much a slope's depth may differ."""
THREADS = 2
BLURRED = 0.9
"""Of the detail that the typical view shows: a view that shows less of it weighs less."""
CHUNK = 65536
EXPOSURE_SAMPLES = 4000
"""About so many vertices suffice to compare exposures."""


@dataclass(frozen=True)
class _Bands:
    """A photograph ready for sampling; colours 0..255, gamma-encoded."""

    P: Float[np.ndarray, "3 4"]
    centre: Float[np.ndarray, "3"]
    depth: Float[np.ndarray, "h w"]
    trust: Float[np.ndarray, "h w"]
    low: Float[np.ndarray, "h w 3"]
    high: Float[np.ndarray, "h w 3"]
    focal: float
    slack: float
    plate: Image | None


def _prepare(photo: Photo, gain: float, surface: "Surface", slanted: bool) -> _Bands:
    import cv2

    scale = float(np.hypot(photo.camera.width, photo.camera.height)) / REFERENCE_DIAGONAL
    photo = cropped(without_distortion(photo), surface.mesh.vertices, margin=4)
    depth, weight = trust(photo, surface.mesh, scale, slanted)
    image = apply_gain(without_background(photo.image, photo.mask, photo.plate), gain)
    sigma = LOW_BAND_PIXELS * scale
    inside = (weight > 0).astype(np.float32)
    # Blurring colour and coverage apart keeps the background out of the low band.
    spread = cv2.GaussianBlur(image * inside[..., None], (0, 0), sigma)
    low = spread / np.maximum(cv2.GaussianBlur(inside, (0, 0), sigma), 1e-6)[..., None]
    K, pose = photo.camera.K, photo.pose
    P = K @ np.column_stack([pose.R, pose.t])
    return _Bands(
        P,
        pose.centre,
        depth.astype(np.float32),
        weight.astype(np.float32),
        low,
        image - low,
        float(K[0, 0]),
        HALF_DIAGONAL / float(K[0, 0]) if slanted else 0.0,
        photo.plate,
    )


@compiled
def _accumulate(points, normals, P, centre, depth, trust, low, high, density, tolerance, slack, power, grazing, sums):  # type: ignore[no-untyped-def]
    """Add one view's bands, weighted, to `sums` (n, 8): low rgb, its weight, high rgb, its weight.

    `slack`: of depth, for each unit of distance and of slope, beside `tolerance`.
    """
    height, width = trust.shape
    for i in range(len(points)):
        x, y, z = points[i]
        toward_x, toward_y, toward_z = centre[0] - x, centre[1] - y, centre[2] - z
        distance = np.sqrt(toward_x**2 + toward_y**2 + toward_z**2)
        cosine = (toward_x * normals[i, 0] + toward_y * normals[i, 1] + toward_z * normals[i, 2]) / distance
        if cosine <= grazing:
            continue
        along = P[2, 0] * x + P[2, 1] * y + P[2, 2] * z + P[2, 3]
        if along <= 0:
            continue
        # Continuous indices: pixel centres are at .5.
        column = (P[0, 0] * x + P[0, 1] * y + P[0, 2] * z + P[0, 3]) / along - 0.5
        row = (P[1, 0] * x + P[1, 1] * y + P[1, 2] * z + P[1, 3]) / along - 0.5
        if not (0 <= column < width - 1 and 0 <= row < height - 1):
            continue
        c, r = int(column), int(row)
        a, b = column - c, row - r
        w00, w01, w10, w11 = (1 - a) * (1 - b), a * (1 - b), (1 - a) * b, a * b
        nearest = depth[r + (b >= 0.5), c + (a >= 0.5)]
        slope = np.sqrt(max(1.0 - cosine * cosine, 0.0)) / cosine
        if along > nearest + tolerance + slack * along * slope:
            continue
        # An untrusted neighbour would mix its colour in by bilinear interpolation.
        lowest = min(min(trust[r, c], trust[r, c + 1]), min(trust[r + 1, c], trust[r + 1, c + 1]))
        if lowest <= 0.0:
            continue
        trusted = w00 * trust[r, c] + w01 * trust[r, c + 1] + w10 * trust[r + 1, c] + w11 * trust[r + 1, c + 1]
        # Pixels per area of surface: resolution and angle in one.
        weight = trusted * (cosine - grazing) / (distance * distance) * density
        sharp = weight**power
        for k in range(3):
            sums[i, k] += weight * (
                w00 * low[r, c, k] + w01 * low[r, c + 1, k] + w10 * low[r + 1, c, k] + w11 * low[r + 1, c + 1, k]
            )
            sums[i, 4 + k] += sharp * (
                w00 * high[r, c, k] + w01 * high[r, c + 1, k] + w10 * high[r + 1, c, k] + w11 * high[r + 1, c + 1, k]
            )
        sums[i, 3] += weight
        sums[i, 7] += sharp


@dataclass(frozen=True)
class Surface:
    """The mesh that photographs see and that hides things, in the world, metres; unit vertex normals."""

    mesh: Mesh
    normals: Points

    @property
    def size(self) -> float:
        """The bounding box's diagonal, metres."""
        return float(np.linalg.norm(np.ptp(self.mesh.vertices, axis=0)))


@dataclass(frozen=True)
class Blend:
    """What the photographs say of n points.

    Attributes:
        low: average colour, 0..255, gamma-encoded; 0 where unseen.
        high: detail to be added to it.
        weight: how well the point was seen; 1 is face-on by one view of typical resolution; 0 is unseen.
    """

    low: Colours
    high: Colours
    weight: Float[np.ndarray, " n"]


@dataclass(frozen=True)
class Levels:
    """What makes the views alike, one number for each.

    Attributes:
        gains: of exposure, in linear light.
        sharpness: 1 for a view that shows about as much detail as the typical one, or more; less for a blurred one.
    """

    gains: list[float]
    sharpness: list[float]


def blend(points: Points, normals: Points, surface: Surface, photos: Photos, levels: Levels) -> Blend:
    """Sample and blend the photographs at points of the surface.

    Args:
        points: in the world, metres.
        normals: unit, outward.
        photos: read one at a time.
        levels: of each, from `observe`.
    """
    sums = np.zeros((len(points), 8), np.float32)
    density = _typical_density(photos[0], surface)
    for index, (gain, sharpness) in enumerate(zip(levels.gains, levels.sharpness, strict=True)):
        view = _prepare(photos[index], gain, surface, True)
        _add(view, points, normals, surface.size, density / max(sharpness, 1e-3), sums)
    return _finish(sums)


def sampled(surface: Surface) -> slice:
    """Return which of the surface's vertices are observed: about EXPOSURE_SAMPLES of them, or all."""
    return slice(None, None, max(1, len(surface.mesh.vertices) // EXPOSURE_SAMPLES))


def observe(surface: Surface, photos: Photos) -> tuple[Observations, Levels]:
    """Return how every view sees the `sampled` vertices, and what makes the views alike."""
    chosen = sampled(surface)
    points, normals = surface.mesh.vertices[chosen], surface.normals[chosen]
    density = _typical_density(photos[0], surface)
    seen, plates, centres = [], [], []
    network, looked_at = open_appearance(), asked(len(photos))
    looks = np.full((len(photos), len(points), CHANNELS), np.nan, np.float32)
    for index in range(len(photos)):
        sums = np.zeros((len(points), 8), np.float32)
        photo = photos[index]
        # Without slopes, as light, exposure and materials have been measured.
        view = _prepare(photo, 1.0, surface, False)
        _add(view, points, normals, surface.size, density, sums)
        seen.append(_finish(sums))
        if index in looked_at:
            shown = seen[-1].weight > SEEN
            looks[index, shown] = network.look(photo, points[shown])
        plates.append(_behind(view, points))
        centres.append(view.centre)
    weight = np.stack([b.weight for b in seen])
    gains = level_exposure(np.stack([b.low for b in seen]), weight).tolist()
    scale = np.array(gains, np.float32)[:, None, None]
    colour = scale * linear(np.stack([b.low + b.high for b in seen]))
    detail = np.stack([b.high @ LUMA for b in seen]) / 255
    azimuth = np.array([np.arctan2(centre[1], centre[0]) for centre in centres])
    plate = scale * np.stack(plates)
    observed = Observations(points, normals, colour, plate, weight, azimuth, np.stack(centres), looks)
    return observed, Levels(gains, _sharpness(detail, weight))


def _sharpness(detail: Float[np.ndarray, "v n"], weight: Float[np.ndarray, "v n"]) -> list[float]:
    """Return how much of the detail that the views show of the same points each of them shows, up to 1."""
    amount = np.abs(detail)
    expected = (weight * amount).sum(axis=0) / np.maximum(weight.sum(axis=0), 1e-12)
    share = (weight * amount).sum(axis=1) / np.maximum((weight * expected).sum(axis=1), 1e-12)
    typical = float(np.median(share))
    return (np.minimum(1.0, share / (BLURRED * typical)) ** 2).tolist() if typical > 0 else [1.0] * len(share)


def _behind(view: _Bands, points: Points) -> Colours:
    """Return the plate's linear light at the pixels that show points; WHITE outside, or without a plate."""
    found = np.full((len(points), 3), WHITE, np.float32)
    if view.plate is None:
        return found
    projected = points @ view.P[:, :3].T + view.P[:, 3]
    columns, rows = np.floor(projected[:, :2] / projected[:, 2:]).astype(int).T
    height, width = view.plate.shape[:2]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    found[inside] = linear(view.plate[rows[inside], columns[inside]])
    return found


def _add(view: _Bands, points: Points, normals: Points, size: float, density: float, sums: np.ndarray) -> None:
    points, normals = (each.astype(np.float32, copy=False) for each in (points, normals))
    scale = view.focal**2 / density

    def work(part: slice) -> None:
        _accumulate(
            points[part], normals[part], view.P, view.centre, view.depth, view.trust, view.low, view.high,
            scale, DEPTH_TOLERANCE * size, view.slack, BEST_VIEW_POWER, GRAZING, sums[part],
        )  # fmt: skip

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, [slice(a, a + CHUNK) for a in range(0, len(points), CHUNK)]))


def _finish(sums: np.ndarray) -> Blend:
    weight, sharp = sums[:, 3], sums[:, 7]
    low = sums[:, :3] / np.maximum(weight, 1e-12)[:, None]
    return Blend(low, sums[:, 4:7] / np.maximum(sharp, 1e-36)[:, None], weight)


def _typical_density(photo: Photo, surface: Surface) -> float:
    """Return the pixels per square metre of a face-on surface at the middle of the mesh."""
    distance = np.linalg.norm(photo.pose.centre - surface.mesh.vertices.mean(axis=0))
    return float((photo.camera.K[0, 0] / distance) ** 2)
