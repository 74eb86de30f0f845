"""Tags derived from a product's shape and materials; every threshold is here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial import ConvexHull, QhullError

from cleanplate.render.products.types import MATERIAL_KINDS, METALS, TAGS, TRANSPARENT, Part

# Shape is read off silhouettes that the product's bounding sphere fills: 256 pixels, about two thirds of the scale
# at which the rig's 640x512 views show it.
SILHOUETTE_PX = 256
VIEWS_DEG = ((15, 0), (15, 50), (15, 115), (40, 20), (40, 90), (40, 160), (80, 0))  # elevation, azimuth
THIN_DIAMETER, THIN_SHARE = 0.028, 0.06  # narrower than this part of the diameter, on that share of the silhouette
FINE_DIAMETER, FINE_SHARE = 0.012, 0.02  # likewise, matter or gap: about 3 pixels of a 640x512 view
HOLE_PX, HOLE_VIEWS = 12, 2  # a gap in the silhouette of that many pixels, in so many views
CONCAVE_FILL = 0.6  # of the convex hull, once what no axis view can see into is filled
MATERIAL_SHARE = 0.2  # of what is seen, for transparent, reflective and white
WHITE_LEVEL, WHITE_SPREAD = 0.5, 0.15  # darkest linear channel, and largest difference between channels
_SAMPLES = 400_000
_VOXELS = 56


def derive_tags(parts: Sequence[Part]) -> tuple[str, ...]:
    """Those of `TAGS` that the parts earn, in that order; deterministic."""
    points, owner = _surface_points(parts)
    thin, fine, holes = _silhouette_shares(points)
    filled, visible = _look_from_axes(points)
    shares = _seen_shares(owner, visible, len(parts))

    def share(wanted: Callable[[Part], bool]) -> float:
        return float(sum(s for s, part in zip(shares, parts, strict=True) if wanted(part)))

    found = {
        "thin": thin > THIN_SHARE,
        "fine": fine > FINE_SHARE,
        "holes": holes >= HOLE_VIEWS,
        "concave": filled < CONCAVE_FILL,
        "transparent": share(lambda p: p.material.kind in TRANSPARENT) > MATERIAL_SHARE,
        "reflective": share(lambda p: p.material.kind in METALS) > MATERIAL_SHARE,
        "white": share(_is_white) > MATERIAL_SHARE,
    }
    return tuple(tag for tag in TAGS if found[tag])


def material_tags(parts: Sequence[Part]) -> tuple[str, ...]:
    """The kinds of material, and "textured", that make up enough of what is seen of the parts; deterministic."""
    points, owner = _surface_points(parts)
    _, visible = _look_from_axes(points)
    shares = _seen_shares(owner, visible, len(parts))
    found: dict[str, float] = {}
    for share, part in zip(shares, parts, strict=True):
        for name in (part.material.kind, *(["textured"] if part.texture is not None else [])):
            found[name] = found.get(name, 0.0) + float(share)
    return tuple(name for name in (*MATERIAL_KINDS, "textured") if found.get(name, 0.0) > MATERIAL_SHARE)


def _seen_shares(
    owner: Int[np.ndarray, " n"], visible: Bool[np.ndarray, " n"], parts: int
) -> Float[np.ndarray, " parts"]:
    """How much of what is seen belongs to each part, of points whose part and visibility are given."""
    return np.bincount(owner[visible], minlength=parts) / visible.sum()


def _surface_points(parts: Sequence[Part]) -> tuple[Float[np.ndarray, "n 3"], Int[np.ndarray, " n"]]:
    """Points spread evenly over the surface, in a bounding sphere of diameter 1 about 0, and the part of each."""
    triangles = np.concatenate([p.mesh.vertices[p.mesh.faces] for p in parts])
    owners = np.repeat(np.arange(len(parts)), [len(p.mesh.faces) for p in parts])
    area = np.linalg.norm(np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]), axis=1)
    rng = np.random.default_rng(0)
    steps = (np.arange(_SAMPLES) + rng.random(_SAMPLES)) / _SAMPLES  # stratified
    index = np.searchsorted(np.cumsum(area) / area.sum(), steps).clip(max=len(area) - 1)
    u, v = rng.random((2, _SAMPLES, 1))
    flip = u + v > 1
    u, v = np.where(flip, 1 - u, u), np.where(flip, 1 - v, v)
    corner = triangles[index]
    points = corner[:, 0] + u * (corner[:, 1] - corner[:, 0]) + v * (corner[:, 2] - corner[:, 0])
    points -= (points.min(axis=0) + points.max(axis=0)) / 2
    return points / (2 * np.linalg.norm(points, axis=1).max()), owners[index]


def _silhouette_shares(points: Float[np.ndarray, "n 3"]) -> tuple[float, float, int]:
    """Mean share of thin and of fine matter or gaps over the views, and how many views have a hole."""
    thin, fine, holes = [], [], 0
    for elevation, azimuth in np.radians(VIEWS_DEG):
        mask = _silhouette(points, elevation, azimuth)
        size = mask.sum()
        thin.append(_narrow(mask, THIN_DIAMETER) / size)
        fine.append((_narrow(mask, FINE_DIAMETER) + _narrow(1 - mask, FINE_DIAMETER)) / size)
        holes += _has_hole(mask)
    return float(np.mean(thin)), float(np.mean(fine)), holes


def _silhouette(points: np.ndarray, elevation: float, azimuth: float) -> np.ndarray:
    ce, se, ca, sa = np.cos(elevation), np.sin(elevation), np.cos(azimuth), np.sin(azimuth)
    right, up = np.array([-sa, ca, 0]), np.array([-se * ca, -se * sa, ce])
    pixels = ((points @ np.stack([right, up], 1) + 0.5) * SILHOUETTE_PX + 4).astype(np.int32)
    side = SILHOUETTE_PX + 9
    mask = np.zeros((side, side), np.uint8)
    mask[pixels[:, 1], pixels[:, 0]] = 1
    neighbours = cv2.filter2D(mask, -1, np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.uint8))
    return np.where(neighbours >= 3, 1, mask).astype(np.uint8)  # pixels that no sample happened to hit


def _narrow(mask: np.ndarray, diameter: float) -> int:
    side = max(round(diameter * SILHOUETTE_PX) | 1, 3)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return int(mask.sum()) - int(cv2.morphologyEx(mask, cv2.MORPH_OPEN, disc).sum())


def _has_hole(mask: np.ndarray) -> bool:
    _, _, stats, _ = cv2.connectedComponentsWithStats(1 - mask, connectivity=4)
    return bool((stats[1:, cv2.CC_STAT_AREA] >= HOLE_PX).sum() > 1)  # one of them is the surroundings


def _look_from_axes(points: np.ndarray) -> tuple[float, Bool[np.ndarray, " n"]]:
    """What the six axis views see.

    Returns:
        Volume that none of them sees past over the convex hull's, and which points the five but the lowest see.
    """
    cell = np.ptp(points, axis=0).max() / (_VOXELS - 1)
    voxel = tuple(((points - points.min(axis=0)) / cell).astype(int).clip(max=_VOXELS - 1).T)
    solid = np.zeros((_VOXELS,) * 3, bool)
    solid[voxel] = True
    free, first = np.zeros_like(solid), np.zeros_like(solid)
    for axis in range(3):
        for direction in (1, -1):
            ahead = np.flip(solid, axis) if direction < 0 else solid
            passed = np.logical_or.accumulate(ahead, axis=axis)
            hit = ahead & (np.cumsum(ahead, axis=axis, dtype=np.int16) == 1)
            free |= np.flip(~passed, axis) if direction < 0 else ~passed
            if (axis, direction) != (2, 1):  # from below
                first |= np.flip(hit, axis) if direction < 0 else hit
    corners = points[:: max(1, len(points) // 40_000)]
    inside = (~free).sum() - 0.5 * (solid & ~_eroded(~free)).sum()  # half of a surface cell lies outside
    try:
        filled = inside * cell**3 / ConvexHull(corners).volume
    except QhullError:  # a flat sheet: nothing to be hollow
        filled = 1.0
    return float(filled), first[voxel]


def _eroded(solid: np.ndarray) -> np.ndarray:
    padded = np.pad(solid, 1)
    inner = padded[1:-1, 1:-1, 1:-1].copy()
    for axis in range(3):
        for shift in (1, -1):
            inner &= np.roll(padded, shift, axis)[1:-1, 1:-1, 1:-1]
    return inner


def _is_white(part: Part) -> bool:
    if part.material.kind in (*TRANSPARENT, *METALS):
        return False
    colour = np.array(part.material.colour)
    if part.texture is not None:
        colour = np.median(part.texture.reshape(-1, 3) / 255.0, axis=0) ** 2.2
    return bool(colour.min() > WHITE_LEVEL and np.ptp(colour) < WHITE_SPREAD)
