"""How well silhouettes and poses agree: planes through two camera centres that touch the product touch both outlines.

Epipolar tangency, and the points where such planes touch, the frontier points (Cipolla and Giblin, "Visual motion of
curves and surfaces", 2000; Wong and Cipolla, "Structure and motion from silhouettes", ICCV 2001). Only convex hulls of
silhouettes count, so holes and cavities do no harm, and no texture is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float, Int

from cleanplate.geometry.camera import Camera, pixels_to_directions
from cleanplate.geometry.pose import Pose
from cleanplate.types import Pixels, ViewMask

NEAREST_DEGREES = 5.0
"""Of an epipole to an outline: nearer ones touch it badly or not at all."""
FLATTEST, WIDEST = 8.0, 150.0
"""Degrees between two views' axes, as seen from the product: closer pairs say little, opposite ones nothing."""
SPECK = 0.02
"""Of the largest part of a mask: smaller parts are not the product."""
CORNERS = 96
"""Most corners of an outline; what is cut off by fewer is far below a pixel."""


@dataclass(frozen=True)
class Outline:
    """The convex hull of a silhouette.

    Attributes:
        corners: image coordinates, in order around it.
        real: which of them are the product's and not the picture's border.
    """

    corners: Pixels
    real: Bool[np.ndarray, " n"]

    @property
    def middle(self) -> Float[np.ndarray, "2"]:
        """The mean of its extremes."""
        return (self.corners.min(axis=0) + self.corners.max(axis=0)) / 2


def outline_of(mask: ViewMask) -> Outline | None:
    """Return the convex hull of a mask's foreground, through the middles of its pixels' sides; None if it is empty."""
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(np.asarray(mask, np.uint8), connectivity=8)
    if count < 2:
        return None
    sizes = stats[:, cv2.CC_STAT_AREA].copy()
    sizes[0] = 0
    rows, columns = np.nonzero((sizes >= SPECK * sizes.max())[labels])
    ends = _row_ends(rows, columns)
    offsets = np.array([[0.5, 0], [0.5, 1], [0, 0.5], [1, 0.5]])
    corners = cv2.convexHull((ends[:, None] + offsets).reshape(-1, 2).astype(np.float32)).reshape(-1, 2).astype(float)
    if len(corners) > CORNERS:
        corners = corners[_spread(corners, CORNERS)]
    height, width = mask.shape
    inside = (corners > 1.0).all(axis=1) & (corners < [width - 1.0, height - 1.0]).all(axis=1)
    return Outline(corners, inside)


def _row_ends(rows: Int[np.ndarray, " n"], columns: Int[np.ndarray, " n"]) -> Int[np.ndarray, "k 2"]:
    """Return the first and last foreground pixel (x, y) of every row; `rows` is in order."""
    first = np.flatnonzero(np.diff(rows, prepend=-1))
    last = np.append(first[1:], len(rows)) - 1
    return np.concatenate([np.stack([columns[at], rows[at]], axis=1) for at in (first, last)])


def _spread(corners: Pixels, count: int) -> Int[np.ndarray, " k"]:
    """Choose the corners that are extreme in evenly spaced directions."""
    angles = np.linspace(0, 2 * np.pi, 2 * count, endpoint=False)
    found = np.unique((corners @ np.stack([np.cos(angles), np.sin(angles)])).argmax(axis=0))
    return found if len(found) <= count else found[np.linspace(0, len(found) - 1, count).astype(int)]


@dataclass(frozen=True)
class Rays:
    """The outlines of all views as rays in the world, padded to one length.

    Attributes:
        directions: (v, m, 3) unit vectors.
        real: (v, m) as in `Outline`.
        centres: (v, 3) the cameras' places.
        focals: (v,) pixels.
    """

    directions: Float[np.ndarray, "v m 3"]
    real: Bool[np.ndarray, "v m"]
    centres: Float[np.ndarray, "v 3"]
    focals: Float[np.ndarray, " v"]


def directions_of(outlines: Sequence[Outline], cameras: Sequence[Camera]) -> Float[np.ndarray, "v m 3"]:
    """Return the outlines' viewing directions in camera axes, with z = 1; shorter ones repeat their first corner."""
    longest = max(len(outline.corners) for outline in outlines)
    found = np.empty((len(outlines), longest, 3))
    for row, outline, camera in zip(found, outlines, cameras, strict=True):
        row[: len(outline.corners)] = pixels_to_directions(camera, outline.corners)
        row[len(outline.corners) :] = row[0]
    return found


def reality_of(outlines: Sequence[Outline]) -> Bool[np.ndarray, "v m"]:
    """Return `Outline.real`, padded as `directions_of` pads."""
    longest = max(len(outline.corners) for outline in outlines)
    return np.stack([np.append(o.real, np.full(longest - len(o.real), o.real[0])) for o in outlines])


def cast_rays(outlines: Sequence[Outline], cameras: Sequence[Camera], poses: Sequence[Pose]) -> Rays:
    """Return the outlines as rays in the world."""
    directions = directions_of(outlines, cameras)
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    turned = np.einsum("vmi,vij->vmj", directions, np.stack([pose.R for pose in poses]))
    centres = np.stack([pose.centre for pose in poses])
    return Rays(turned, reality_of(outlines), centres, np.array([camera.K[0, 0] for camera in cameras]))


def useful_pairs(rays: Rays, most: int | None = None) -> Int[np.ndarray, "p 2"]:
    """Return the pairs of views whose directions to the product differ enough, evenly thinned to `most`."""
    towards = rays.directions.mean(axis=1)
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    pairs = np.array(list(combinations(range(len(towards)), 2)), int).reshape(-1, 2)
    cosines = (towards[pairs[:, 0]] * towards[pairs[:, 1]]).sum(axis=1)
    kept = pairs[(cosines < np.cos(np.radians(FLATTEST))) & (cosines > np.cos(np.radians(WIDEST)))]
    if most is None or len(kept) <= most:
        return kept
    return kept[np.random.default_rng(0).permutation(len(kept))[:most]]


@dataclass(frozen=True)
class Tangency:
    """What the two touching planes of each pair of views show; NaN where they touch no outline that is real.

    Attributes:
        misses: (p, 2) how far, in pixels, a plane that touches one view's outline misses the other's.
        points: (p, 2, 3) the frontier points: where both views see the plane touch.
    """

    misses: Float[np.ndarray, "p 2"]
    points: Float[np.ndarray, "p 2 3"]


def tangency(rays: Rays, pairs: Int[np.ndarray, "p 2"], points: bool = False) -> Tangency:
    """Compare the touching planes of pairs of views, measured as angles around the line between the centres.

    Args:
        points: also find the frontier points; else they are NaN.
    """
    i, j = pairs.T
    line = rays.centres[j] - rays.centres[i]
    lengths = np.linalg.norm(line, axis=1)
    line = line / np.maximum(lengths, 1e-300)[:, None]
    middle = rays.directions[i].mean(axis=1) + rays.directions[j].mean(axis=1)
    x = middle - (middle * line).sum(axis=1)[:, None] * line
    x /= np.maximum(np.linalg.norm(x, axis=1), 1e-300)[:, None]
    y = np.cross(line, x)
    ends, touching, sines, good = [], [], [], np.repeat(lengths > 1e-12, 2).reshape(-1, 2)
    for view in (i, j):
        fan = rays.directions[view]
        across, along = np.einsum("pmk,pk->pm", fan, x), np.einsum("pmk,pk->pm", fan, y)
        square = across**2 + along**2
        clear = (across.min(axis=1) > 0) & (square.min(axis=1) > np.sin(np.radians(NEAREST_DEGREES)) ** 2)
        slope = along / np.where(across > 0, across, 1.0)
        at = np.stack([slope.argmin(axis=1), slope.argmax(axis=1)], axis=1)
        ends.append(np.arctan(np.take_along_axis(slope, at, axis=1)))
        sines.append(np.sqrt(np.take_along_axis(square, at, axis=1)))
        touching.append(np.take_along_axis(fan, at[..., None], axis=1))
        good &= clear[:, None] & np.take_along_axis(rays.real[view], at, axis=1)
    size = (sines[0] * rays.focals[i][:, None] + sines[1] * rays.focals[j][:, None]) / 2
    misses = np.where(good, (ends[0] - ends[1]) * size, np.nan)
    if not points:
        return Tangency(misses, np.full((*misses.shape, 3), np.nan))
    found = _meet(rays.centres[i][:, None], touching[0], rays.centres[j][:, None], touching[1])
    return Tangency(misses, np.where(good[..., None], found, np.nan))


def _meet(a: np.ndarray, u: np.ndarray, b: np.ndarray, v: np.ndarray) -> Float[np.ndarray, "p 2 3"]:
    """Return the middle of where the rays a + s u and b + t v are nearest; NaN where they are parallel."""
    w = b - a
    uv, uw, vw = (u * v).sum(axis=-1), (u * w).sum(axis=-1), (v * w).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        s, t = (uw - uv * vw) / (1 - uv**2), (uv * uw - vw) / (1 - uv**2)
        return ((a + s[..., None] * u) + (b + t[..., None] * v)) / 2
