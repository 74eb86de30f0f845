"""From world points to pixels and back."""

import numpy as np
from jaxtyping import Float

from cleanplate.geometry.camera import Camera, camera_to_pixels, pixels_to_directions
from cleanplate.geometry.pose import Pose, Vector
from cleanplate.types import Pixels, Points


def project(camera: Camera, pose: Pose, points: Points) -> tuple[Pixels, Float[np.ndarray, " n"]]:
    """Project world points.

    Returns:
        Image coordinates, and depth along the camera's axis in the world's length unit. Points that are not in
        front of the camera (depth <= 0) have NaN coordinates.
    """
    local = pose.to_camera(points)
    depth = local[:, 2]
    pixels = np.full((len(points), 2), np.nan)
    front = depth > 0
    pixels[front] = camera_to_pixels(camera, local[front])
    return pixels, depth


def rays(camera: Camera, pose: Pose, pixels: Pixels) -> tuple[Vector, Points]:
    """Return the camera's centre and the unit directions, both in the world, of the rays through `pixels`."""
    directions = pixels_to_directions(camera, pixels) @ pose.R
    return pose.centre, directions / np.linalg.norm(directions, axis=1, keepdims=True)


def unproject(camera: Camera, pose: Pose, pixels: Pixels, depth: Float[np.ndarray, " n"]) -> Points:
    """Return the world points at `depth` along the camera's axis: the inverse of `project`."""
    return pose.to_world(pixels_to_directions(camera, pixels) * depth[:, None])


def decompose_projection(P: Float[np.ndarray, "3 4"]) -> tuple[Float[np.ndarray, "3 3"], Pose]:
    """Split a 3x4 projection matrix, of any scale and sign, into K (positive diagonal, K[2,2] = 1) and a pose.

    RQ decomposition of its left 3x3 block (Hartley and Zisserman, Multiple View Geometry, section 6.2.4).

    Raises:
        ValueError: the left block is singular, so the camera is not a finite one.
    """
    from scipy.linalg import rq

    P = np.asarray(P, float)
    determinant = np.linalg.det(P[:, :3])
    if abs(determinant) <= 1e-12 * np.abs(P[:, :3]).max() ** 3:
        raise ValueError("the projection matrix has a singular left 3x3 block: not a finite camera")
    P = P * np.sign(determinant)
    K, R = rq(P[:, :3])
    signs = np.diag(np.sign(np.diag(K)))
    K, R = K @ signs, signs @ R
    pose = Pose(R, np.linalg.solve(K, P[:, 3]))
    return K / K[2, 2], pose
