"""Virtual cameras: each photograph as if its camera had looked straight at the product, upright, from one distance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from cleanplate.asset.cutout import Cutout
from cleanplate.geometry import Camera, Pose, camera_to_pixels, look_at, pixel_centres, pixels_to_directions
from cleanplate.types import Points

FILL = 0.85
"""Of the picture's side that the product takes: what marketplaces ask for."""
RING = 8.0
"""Degrees of elevation that the views of one spin may differ by, either way."""
USUAL = 15.0
"""Degrees above the product's middle that a spin is usually looked at from."""
SECTOR = 10.0
"""Degrees of azimuth that count as one place of a spin."""


@dataclass(frozen=True)
class Sight:
    """Where one view looks from, seen from the product's middle: degrees."""

    azimuth: float
    elevation: float


def sight(pose: Pose, middle: Float[np.ndarray, "3"]) -> Sight:
    """Return where a camera stands, seen from `middle`."""
    x, y, z = pose.centre - middle
    return Sight(float(np.degrees(np.arctan2(y, x))), float(np.degrees(np.arctan2(z, np.hypot(x, y)))))


def ring(sights: Sequence[Sight], front_deg: float) -> list[int]:
    """Return the views of the best spin by number, once around from the front, counter-clockwise.

    Of all elevations that views have, the one with most places around it is taken; of equals, that nearest to USUAL.
    Where several views share a place, the one nearest to that elevation stays.
    """
    best: dict[int, int] = {}
    for each in sights:
        near = [n for n, other in enumerate(sights) if abs(other.elevation - each.elevation) <= RING]
        near.sort(key=lambda n: -abs(sights[n].elevation - each.elevation))
        places = {int(_turn(sights[n].azimuth, front_deg + SECTOR / 2) // SECTOR): n for n in near}
        key, best_key = (len(places), -_off(places, sights)), (len(best), -_off(best, sights))
        best = places if not best or key > best_key else best
    return sorted(best.values(), key=lambda n: _turn(sights[n].azimuth, front_deg + SECTOR / 2))


def front(sights: Sequence[Sight], front_deg: float) -> int:
    """Return the view that shows the front best, by number: nearest to the front at the usual elevation."""
    wanted = _direction(Sight(front_deg, USUAL))
    return int(np.argmax([_direction(each) @ wanted for each in sights]))


def widest_gap(azimuths: Sequence[float]) -> float:
    """Return the largest angle between neighbours once around, degrees."""
    around = np.sort(np.asarray(azimuths) % 360.0)
    return float(np.diff(around, append=around[0] + 360.0).max()) if len(around) else 360.0


def _direction(each: Sight) -> Float[np.ndarray, "3"]:
    a, e = np.radians([each.azimuth, each.elevation])
    return np.array([np.cos(a) * np.cos(e), np.sin(a) * np.cos(e), np.sin(e)])


def _turn(azimuth: float, start: float) -> float:
    return (azimuth - start) % 360.0


def _off(places: dict[int, int], sights: Sequence[Sight]) -> float:
    return abs(float(np.mean([sights[n].elevation for n in places.values()])) - USUAL) if places else 0.0


def aim(
    cameras: Sequence[Camera], poses: Sequence[Pose], vertices: Points, side: int
) -> tuple[int, list[tuple[Camera, Pose]]]:
    """Return the pictures' side and, for each view, the camera that takes a square picture filled by the product.

    All of them see it at one scale, with one middle, so that a spin stands still. The side is `side` pixels, or less
    where the photographs do not show as much: nothing is enlarged.

    Args:
        vertices: of the product, in the world, metres.
    """
    middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    turned = [look_at(pose.centre, middle) for pose in poses]
    distances = [float(np.linalg.norm(pose.centre - middle)) for pose in poses]
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    for pose, distance in zip(turned, distances, strict=True):
        local = pose.to_camera(vertices)
        seen = distance * local[:, :2] / np.maximum(local[:, 2:], 1e-9)
        low, high = np.minimum(low, seen.min(axis=0)), np.maximum(high, seen.max(axis=0))
    extent, offset = float((high - low).max()), (low + high) / 2
    finest = min(camera.K[0, 0] / distance for camera, distance in zip(cameras, distances, strict=True))
    side = max(2, min(side, int(finest * extent / FILL)))
    scale = FILL * side / extent  # pixels per metre at the product's middle
    aimed = []
    for pose, distance in zip(turned, distances, strict=True):
        cx, cy = side / 2 - scale * offset
        aimed.append(
            (Camera(side, side, np.array([[scale * distance, 0, cx], [0, scale * distance, cy], [0, 0, 1]])), pose)
        )
    return side, aimed


def seen_by(cutout: Cutout, camera: Camera, pose: Pose, virtual: Camera, turned: Pose) -> Cutout:
    """Return a cut-out as a virtual camera at the same place would have taken it."""
    import cv2

    shrink = min(1.0, virtual.K[0, 0] / camera.K[0, 0])
    width, height = max(1, round(camera.width * shrink)), max(1, round(camera.height * shrink))
    layers = np.dstack([cutout.colour * cutout.share[..., None], cutout.share])
    if shrink < 0.9:
        layers, camera = cv2.resize(layers, (width, height), interpolation=cv2.INTER_AREA), camera.scaled(width, height)
    directions = pixels_to_directions(virtual, pixel_centres(virtual.width, virtual.height).reshape(-1, 2))
    local = directions @ (pose.R @ turned.R.T).T
    places = np.full((len(local), 2), -10.0)
    before = local[:, 2] > 0
    places[before] = camera_to_pixels(camera, local[before]) - 0.5
    maps = places.reshape(virtual.height, virtual.width, 2).astype(np.float32)
    layers = cv2.remap(layers, maps, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    share = np.clip(layers[..., 3], 0, 1)
    return Cutout(np.clip(layers[..., :3] / np.maximum(share, 1e-6)[..., None], 0, 1), share)
