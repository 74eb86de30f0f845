"""Where silhouettes cannot tell the surface: hollows, open tops, and flats that could be hollow.

A hull's surface point lies on the edge of some view's mask. Along that pixel's ray the product touches the hull's
surface somewhere, not everywhere: the longer the ray runs along the surface, the less is known of the point. On
round sides it leaves after a few millimetres; over the mouth of a mug it runs from rim to rim.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from jaxtyping import Float

from cleanplate.geometry import Camera, Mesh, Pose
from cleanplate.hull.octree import view_value
from cleanplate.hull.silhouettes import Silhouettes, SoftMask, pack
from cleanplate.jit import compiled, parallel
from cleanplate.types import Points

NEAR = 1.0
"""Pixels within which a point counts as on a mask's edge, or as not yet outside of a mask."""

UNKNOWN = 0.3
"""Slack, as a share of the product's largest side, beyond which the surface counts as unknown."""

STEPS = 128
"""Steps over the hull's diagonal."""

PROBES = 3000
"""Points of the surface that the unknown share is estimated from: to a percent."""


@compiled
def _inside(views: Silhouettes, x: float, y: float, z: float) -> bool:
    for v in range(len(views.start)):
        value, depth, _ = view_value(views, v, x, y, z)
        if depth > 0 and value < -NEAR:
            return False
    return True


@compiled
def _slack(views: Silhouettes, centres: np.ndarray, floor: float, length: float, points: np.ndarray) -> np.ndarray:
    step = length / STEPS
    result = np.empty(len(points))
    for n in range(len(points)):
        least = np.inf
        for v in range(len(views.start)):
            value, depth, _ = view_value(views, v, points[n, 0], points[n, 1], points[n, 2])
            if depth <= 0 or abs(value) > NEAR:
                continue
            dx, dy, dz = points[n, 0] - centres[v, 0], points[n, 1] - centres[v, 1], points[n, 2] - centres[v, 2]
            pace = step / np.sqrt(dx * dx + dy * dy + dz * dz)
            dx, dy, dz = pace * dx, pace * dy, pace * dz
            run = 0.0
            for side in (-1, 1):
                for k in range(1, STEPS):
                    x, y, z = points[n, 0] + side * k * dx, points[n, 1] + side * k * dy, points[n, 2] + side * k * dz
                    if run >= least or z < floor or not _inside(views, x, y, z):
                        break
                    run += step
            least = min(least, run)
        result[n] = least if least < np.inf else 0.0
    return result


def surface_slack(
    vertices: Points,
    masks: Sequence[SoftMask],
    cameras: Sequence[Camera],
    poses: Sequence[Pose],
    floor: float | None = 0.0,
) -> Float[np.ndarray, " n"]:
    """Return how little the silhouettes know of each vertex of their hull.

    Args:
        vertices: of the hull, world coordinates.
        masks, cameras, poses: the views that carved it, none empty or full.
        floor: as in `visual_hull`.

    Returns:
        Length in world units of the shortest line of sight that runs along the surface through each vertex: the
        product touches the hull somewhere on it. 0 on the floor, where the product rests.
    """
    views = pack(masks, cameras, poses)
    centres = np.stack([pose.centre for pose in poses])
    length = float(np.linalg.norm(np.ptp(vertices, axis=0)))
    low = -np.inf if floor is None else floor - length / STEPS
    pieces = np.array_split(vertices, max(1, len(vertices) // 1000))
    slack = np.concatenate(parallel(partial(_slack, views, centres, low, length), pieces))
    if floor is not None:
        slack[vertices[:, 2] <= floor + 1e-6 * length] = 0.0
    return slack


def unknown_share(
    mesh: Mesh,
    masks: Sequence[SoftMask],
    cameras: Sequence[Camera],
    poses: Sequence[Pose],
    floor: float | None = 0.0,
) -> float:
    """Return the share of the hull's area with more slack than `UNKNOWN` of its largest side, from `PROBES` points.

    Args:
        mesh: the hull.
        masks, cameras, poses, floor: as in `surface_slack`.
    """
    corners = mesh.vertices[mesh.faces]
    areas = mesh.areas
    chosen = np.random.default_rng(0).choice(len(corners), PROBES, p=areas / areas.sum())
    size = np.ptp(mesh.vertices, axis=0)
    slack = surface_slack(corners[chosen].mean(axis=1), masks, cameras, poses, floor)
    return float((slack > UNKNOWN * size.max()).mean())
