"""Where the product stands and how large it is, told by tangents of its silhouettes: no hull is carved for it.

A hull ends above and below in cones that no product has; frontier points lie on the product itself.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from cleanplate.errors import CaptureError
from cleanplate.geometry.tangency import Rays, tangency

FEWEST = 3
"""Tangents of a view from which its highest and lowest point are told."""
EDGE = 10.0
"""Percentile of the views' heights that counts as the end: the outermost may be a fault of a mask."""
LEAST_ANGLE = 8.0
"""Degrees between rays below which they tell no depth."""
LEAST_RUN = 0.02
"""Of 1 - cos of the inclination: points nearer to each other tell no slope."""
SURE = 25.0
"""Percentile of the slopes that is believed: three of four say that it is as steep or steeper."""
MOST_MISS = 3.0
"""Pixels; planes that miss by more touch different parts."""


@dataclass(frozen=True)
class Extents:
    """In the unit of the poses.

    Attributes:
        bottom, top: heights above the world's z = 0.
        width: the greatest horizontal one; NaN where no camera sees the product from the side.
    """

    bottom: float
    top: float
    width: float


def extents(rays: Rays, pairs: Int[np.ndarray, "p 2"]) -> Extents:
    """Measure the product.

    A rim is touched at one height by planes of every inclination; a rounded foot or shoulder further out the flatter
    they lie. The heights that level planes would touch at are extrapolated as on a sphere, h = h0 + r (1 - cos).

    Args:
        pairs: of views of one camera each, so that one tangent is above and one below.
    """
    found = tangency(rays, pairs, points=True)
    towards = rays.directions.mean(axis=1)
    angles = np.degrees(np.arccos(np.clip((towards[pairs[:, 0]] * towards[pairs[:, 1]]).sum(axis=1), -1, 1)))
    good = (angles > LEAST_ANGLE) & (np.abs(np.nan_to_num(found.misses, nan=np.inf)) < MOST_MISS).all(axis=1)
    points, of = found.points[good], pairs[good]
    order = np.argsort(points[..., 2], axis=1)[..., None]
    points = np.take_along_axis(points, order, axis=1)
    flatness = 1 - np.cos(_inclinations(rays, of, points))
    views = [own for own in ((of == view).any(axis=1) for view in range(len(rays.centres))) if own.sum() >= FEWEST]
    if not views:
        return Extents(np.nan, np.nan, plan_width(rays))
    bottoms = _levelled([(points[own, 0, 2], flatness[own, 0]) for own in views], 1.0)
    tops = _levelled([(points[own, 1, 2], flatness[own, 1]) for own in views], -1.0)
    bottom, top = np.percentile(bottoms, EDGE), np.percentile(tops, 100 - EDGE)
    return Extents(float(bottom), float(top), plan_width(rays))


def metres_and_floor(size: Extents, height: float | None, width: float | None, steepness: float) -> tuple[float, float]:
    """Return metres per unit, and the floor's height in units.

    Args:
        height, width: of the product in metres; one of them at least.
        steepness: degrees by which the lowest camera looks down, for what is said.

    Raises:
        CaptureError: the views do not show that length.
    """
    if width is not None:
        if not size.width > 0:
            raise CaptureError(
                f"the cameras look down too steeply ({steepness:.0f} degrees) to see the product's width; give its "
                f"height"
            )
        scale = width / size.width
        # Tangents never reach beyond the product: what its height lacks is hidden above and below, about half each.
        lacks = 0.0 if height is None else height / scale - (size.top - size.bottom)
        return scale, size.bottom - lacks / 2
    if not size.top > size.bottom:
        raise CaptureError("the silhouettes do not show the product's height; give its width")
    return float(height) / (size.top - size.bottom), size.bottom  # type: ignore[arg-type]


def _inclinations(
    rays: Rays, pairs: Int[np.ndarray, "p 2"], points: Float[np.ndarray, "p 2 3"]
) -> Float[np.ndarray, "p 2"]:
    """Return how much the touching planes are inclined, in radians, 0 for level ones."""
    line = rays.centres[pairs[:, 1]] - rays.centres[pairs[:, 0]]
    normals = np.cross(line[:, None], points - rays.centres[pairs[:, 0]][:, None])
    lengths = np.maximum(np.linalg.norm(normals, axis=-1), 1e-300)
    return np.arccos(np.clip(np.abs(normals[..., 2]) / lengths, 0, 1))


def _levelled(
    views: list[tuple[Float[np.ndarray, " _"], Float[np.ndarray, " _"]]], sign: float
) -> Float[np.ndarray, " v"]:
    """Return each view's height for flatness 0.

    The slope is told by all pairs of a view's points (Theil and Sen), of all views; what their greater part holds.
    """
    slopes = []
    for heights, flatness in views:
        i, j = np.triu_indices(len(heights), 1)
        run = flatness[j] - flatness[i]
        clear = np.abs(run) > LEAST_RUN
        slopes.append((heights[j] - heights[i])[clear] / run[clear])
    pooled = sign * np.concatenate(slopes)
    slope = sign * max(0.0, float(np.percentile(pooled, SURE))) if len(pooled) else 0.0
    return np.array([np.median(heights - slope * flatness) for heights, flatness in views])


def plan_lines(rays: Rays) -> Float[np.ndarray, "l 3"]:
    """Return the vertical planes through each camera that touch the outline: x cos(a) + y sin(a) <= d, as (a, d).

    The third column is the view. Views that look down onto the product have none.
    """
    lines = []
    for view, (fan, centre) in enumerate(zip(rays.directions, rays.centres, strict=True)):
        plan = fan[:, :2]
        middle = plan.mean(axis=0)
        middle /= max(float(np.linalg.norm(middle)), 1e-12)
        along, across = plan @ middle, plan @ [-middle[1], middle[0]]
        if along.min() <= 1e-3:
            continue
        slope = across / along
        for at, sign in ((slope.argmax(), 1.0), (slope.argmin(), -1.0)):
            if not rays.real[view, at]:
                continue
            normal = sign * np.array([-plan[at, 1], plan[at, 0]]) / np.linalg.norm(plan[at])
            lines.append([np.arctan2(normal[1], normal[0]), normal @ centre[:2], view])
    return np.array(lines).reshape(-1, 3)


def plan_outline(lines: Float[np.ndarray, "l 3"]) -> Float[np.ndarray, "k 2"] | None:
    """Return the corners of the convex figure within all lines, in order; None where they bound nothing."""
    from scipy.optimize import linprog
    from scipy.spatial import ConvexHull, HalfspaceIntersection, QhullError

    if len(lines) < 6:
        return None
    normals = np.stack([np.cos(lines[:, 0]), np.sin(lines[:, 0])], axis=1)
    best = linprog(
        [0, 0, -1], A_ub=np.column_stack([normals, np.ones(len(lines))]), b_ub=lines[:, 1], bounds=(None, None)
    )
    if not best.success or best.x[2] <= 0:
        return None
    try:
        corners = HalfspaceIntersection(np.column_stack([normals, -lines[:, 1]]), best.x[:2]).intersections
        return corners[ConvexHull(corners).vertices]
    except QhullError:
        return None


def plan_width(rays: Rays) -> float:
    """Return the greatest horizontal extent."""
    corners = plan_outline(plan_lines(rays))
    if corners is None:
        return float("nan")
    middles = (corners + np.roll(corners, -1, axis=0)) / 2  # corners stand off a round product, the sides touch it
    return float(np.mean([np.linalg.norm(each[:, None] - each[None], axis=-1).max() for each in (corners, middles)]))
