"""Which way is up, and where the product stands, told from camera poses alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from cleanplate.geometry.pose import Matrix, Pose, Vector

RING_DEGREES = 1.5
"""Turns between the views of one turntable have axes as parallel as this."""
LEVEL_DEGREES = 10.0
"""Photographers hold the horizon as level as this, root mean square."""
MOST_PAIRS = 20_000


@dataclass(frozen=True)
class Up:
    """The direction that is up in a world, and the place that the cameras look at.

    Attributes:
        direction: unit vector.
        place: on the turntable's axis where there is one, at the height that the cameras look at.
        spread_deg: how far the evidence scatters about `direction`.
        turntable: whether views around one axis told it; else the pictures' horizons did.
    """

    direction: Vector
    place: Vector
    spread_deg: float
    turntable: bool

    @property
    def tilt_deg(self) -> float:
        """Angle between the direction and the world's z."""
        return float(np.degrees(np.arccos(np.clip(self.direction[2], -1, 1))))


def find_up(poses: Sequence[Pose]) -> Up | None:
    """Return which way is up, None where the cameras do not tell.

    Views of one camera around a turntable turn about its axis, so the rotations between them share that direction,
    which is across the line between their centres; this holds for rolled cameras too. Without a turntable, the
    pictures' x axes are level in every view. Its sign is where most cameras' tops point.
    """
    if len(poses) < 3:
        return None
    tops = -np.mean([pose.R[1] for pose in poses], axis=0)
    place = _looked_at(poses)
    ring = _ring(poses)
    if ring is not None:
        direction, spread, pairs = ring
        direction = direction * (1.0 if direction @ tops >= 0 else -1.0)
        return Up(direction, _on_axis(poses, direction, pairs, place), spread, True)
    across = np.array([pose.R[0] for pose in poses])
    _, sizes, axes = np.linalg.svd(across)
    spread = float(np.degrees(np.arcsin(min(1.0, sizes[2] / np.sqrt(len(poses))))))
    if spread > LEVEL_DEGREES or sizes[1] < 3 * sizes[2] or np.linalg.norm(tops) < 0.1:
        return None
    return Up(axes[2] * (1.0 if axes[2] @ tops >= 0 else -1.0), place, spread, False)


def _ring(poses: Sequence[Pose]) -> tuple[Vector, float, list[tuple[int, int]]] | None:
    """Return the axis that most turns between views share, their scatter in degrees, and the pairs that share it."""
    pairs = list(combinations(range(len(poses)), 2))
    if len(pairs) > MOST_PAIRS:
        pairs = pairs[:: len(pairs) // MOST_PAIRS + 1]
    i, j = np.array(pairs).T
    R, centres = np.stack([pose.R for pose in poses]), np.stack([pose.centre for pose in poses])
    turns = Rotation.from_matrix(np.einsum("nji,njk->nik", R[j], R[i])).as_rotvec()
    sizes, lines = np.linalg.norm(turns, axis=1), centres[j] - centres[i]
    lengths = np.linalg.norm(lines, axis=1)
    good = (sizes > np.radians(3)) & (sizes < np.radians(177)) & (lengths > 1e-9 * (1 + np.abs(centres).max()))
    axes = turns / np.maximum(sizes, 1e-12)[:, None]
    good &= np.abs((axes * lines).sum(axis=1)) < np.sin(np.radians(2 * RING_DEGREES)) * lengths
    if good.sum() < 3:
        return None
    axes, kept = axes[good], np.flatnonzero(good)
    tried = axes[:: len(axes) // 500 + 1]
    close = np.abs(tried @ axes.T) > np.cos(np.radians(RING_DEGREES))
    own = close[close.sum(axis=1).argmax()]
    views = set(i[kept[own]]) | set(j[kept[own]])
    if own.sum() < 3 or len(views) < 0.6 * len(poses):
        return None
    _, _, vt = np.linalg.svd(axes[own])
    spread = np.degrees(np.sqrt(np.mean(1 - np.minimum(1.0, (axes[own] @ vt[0]) ** 2))))
    return vt[0], float(spread), [pairs[index] for index in kept[own]]


def _on_axis(poses: Sequence[Pose], up: Vector, pairs: list[tuple[int, int]], place: Vector) -> Vector:
    """Return the point of the turntable's axis at the height of `place`: alike far from both centres of each pair."""
    i, j = np.array(pairs).T
    centres = np.stack([pose.centre for pose in poses])
    lines, middles = centres[j] - centres[i], (centres[j] + centres[i]) / 2
    lines = lines - np.outer(lines @ up, up)
    left = np.vstack([lines, up[None] * np.linalg.norm(lines, axis=1).mean()])
    right = np.concatenate([(lines * middles).sum(axis=1), [up @ place * np.linalg.norm(lines, axis=1).mean()]])
    return np.linalg.lstsq(left, right, rcond=None)[0]


def _looked_at(poses: Sequence[Pose]) -> Vector:
    """Return the point nearest to the cameras' optical axes."""
    across = [np.eye(3) - np.outer(pose.R[2], pose.R[2]) for pose in poses]
    right = np.sum([A @ pose.centre for A, pose in zip(across, poses, strict=True)], axis=0)
    return np.linalg.lstsq(np.sum(across, axis=0), right, rcond=None)[0]


def rotation_to_z(up: Float[np.ndarray, "3"]) -> Matrix:
    """Return the smallest rotation that takes a direction to the world's z.

    Raises:
        ValueError: the direction has no length.
    """
    length = float(np.linalg.norm(up))
    if not length > 1e-12:
        raise ValueError("a direction of no length is not up")
    z = np.asarray(up, float) / length
    axis = np.cross(z, [0.0, 0.0, 1.0])
    sine = float(np.linalg.norm(axis))
    if sine < 1e-12:
        return np.eye(3) if z[2] > 0 else np.diag([1.0, -1.0, -1.0])
    return Rotation.from_rotvec(axis / sine * np.arctan2(sine, z[2])).as_matrix()
