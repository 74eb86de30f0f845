"""Poses: world to camera, x_cam = R x_world + t.

The world turns with the platen: z up, origin at the platen's centre on its surface, metres.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from cleanplate.types import Points

Vector = Float[np.ndarray, "3"]
Matrix = Float[np.ndarray, "3 3"]


@dataclass(frozen=True)
class Pose:
    """One view's pose.

    Attributes:
        R: rotation from world to camera axes.
        t: the world's origin in camera axes, in the world's length unit.
    """

    R: Matrix
    t: Vector

    @property
    def centre(self) -> Vector:
        """The camera's position in the world."""
        return -self.R.T @ self.t

    def to_camera(self, points: Points) -> Points:
        """Turn world points into camera axes."""
        return points @ self.R.T + self.t

    def to_world(self, points: Points) -> Points:
        """Turn points in camera axes into the world."""
        return (points - self.t) @ self.R


def rotation_z(degrees: float) -> Matrix:
    """Return the rotation about the world's z axis, counter-clockwise seen from above."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def look_at(eye: Vector, target: Vector, up: Vector | None = None) -> Pose:
    """Return the pose of a camera at `eye` that looks at `target`.

    `up` (default: the world's z) points up in the image; where it is parallel to the view, the world's y serves.

    Raises:
        ValueError: eye and target are the same point.
    """
    forward = np.asarray(target, float) - eye
    if not forward.any():
        raise ValueError("look_at needs two different points; eye and target are the same")
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, np.array([0.0, 0.0, 1.0]) if up is None else up)
    if np.linalg.norm(right) < 1e-9:
        right = np.cross(forward, np.array([0.0, 1.0, 0.0]))
    right /= np.linalg.norm(right)
    R = np.stack([right, np.cross(forward, right), forward])
    return Pose(R, -R @ eye)


def elevation(pose: Pose) -> float:
    """Return the camera's height above the platen's plane as an angle at the origin, in degrees."""
    x, y, z = pose.centre
    return float(np.degrees(np.arctan2(z, np.hypot(x, y))))
