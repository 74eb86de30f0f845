"""The pinhole camera with Brown-Conrady distortion, and its projection both ways.

Camera axes are OpenCV's: x right, y down, z forward. Image coordinates follow `geometry.pixels`.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

from cleanplate.types import Pixels, Points

UNDISTORT_STEPS = 20
"""Newton steps of the inverse distortion; it stops at 1e-12 in normalised coordinates, usually after 4."""


@dataclass(frozen=True)
class Camera:
    """Intrinsics of one camera.

    Attributes:
        width, height: image size in pixels.
        K: 3x3 calibration matrix in pixels.
        distortion: k1, k2, p1, p2, k3 of OpenCV's model (Brown 1966), without unit.
    """

    width: int
    height: int
    K: Float[np.ndarray, "3 3"]
    distortion: Float[np.ndarray, "5"] = field(default_factory=lambda: np.zeros(5))

    def scaled(self, width: int, height: int) -> "Camera":
        """Return the same camera for images resized to `width` x `height`."""
        scale = np.diag([width / self.width, height / self.height, 1.0])
        return replace(self, width=width, height=height, K=scale @ self.K)


def _radial_tangential(xy: Pixels, coefficients: Float[np.ndarray, "5"]) -> tuple[Pixels, Float[np.ndarray, "n 2 2"]]:
    """Distort normalised coordinates; return them and the Jacobian."""
    k1, k2, p1, p2, k3 = coefficients
    x, y = xy.T
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    slope = k1 + r2 * (2 * k2 + 3 * r2 * k3)
    distorted = np.stack(
        [
            x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
            y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
        ],
        axis=-1,
    )
    cross = 2 * x * y * slope + 2 * p1 * x + 2 * p2 * y
    jacobian = np.empty((len(x), 2, 2))
    jacobian[:, 0, 0] = radial + 2 * x * x * slope + 2 * p1 * y + 6 * p2 * x
    jacobian[:, 0, 1] = jacobian[:, 1, 0] = cross
    jacobian[:, 1, 1] = radial + 2 * y * y * slope + 6 * p1 * y + 2 * p2 * x
    return distorted, jacobian


def distort(camera: Camera, xy: Pixels) -> Pixels:
    """Turn ideal normalised coordinates (x/z, y/z) into distorted ones."""
    return _radial_tangential(xy, camera.distortion)[0] if camera.distortion.any() else xy


def undistort(camera: Camera, xy: Pixels) -> Pixels:
    """Invert `distort` by Newton's method; NaN where the lens curve has folded back, so that there is no inverse."""
    if not camera.distortion.any():
        return xy
    ideal = xy.copy()
    with np.errstate(all="ignore"):
        for _ in range(UNDISTORT_STEPS):
            distorted, jacobian = _radial_tangential(ideal, camera.distortion)
            jacobian[np.abs(np.linalg.det(jacobian)) < 1e-12] = np.eye(2)
            step = np.linalg.solve(jacobian, (xy - distorted)[..., None])[..., 0]
            ideal += step
            if np.abs(step).max(initial=0.0) < 1e-12:
                break
        distorted, jacobian = _radial_tangential(ideal, camera.distortion)
        missed = ~(np.abs(distorted - xy).max(axis=1) < 1e-6) | ~(np.linalg.det(jacobian) > 0)
    ideal[missed] = np.nan
    return ideal


def folds_back(camera: Camera, within: float = 0.5) -> bool:
    """Whether the lens curve turns around within the picture's inner part, so that pixels show no or two directions.

    Calibrations often fold near the corners, where no board was seen; the product's own pixels are checked when it is
    carved. Along 32 directions from the middle the distortion must go outwards (its Jacobian keep its sign) until it
    has left the part of `within` of the picture's width and height.
    """
    if not camera.distortion.any():
        return False
    half = np.array([camera.width, camera.height]) / 2
    corner = np.hypot(*(half / [camera.K[0, 0], camera.K[1, 1]]))
    radii = np.concatenate([np.linspace(0.01, 2.0, 100) * corner, np.geomspace(2.0, 20.0, 30) * corner])
    angles = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    places = (radii[:, None, None] * np.stack([np.cos(angles), np.sin(angles)], axis=-1)).reshape(-1, 2)
    with np.errstate(all="ignore"):
        distorted, jacobian = _radial_tangential(places, camera.distortion)
        offsets = np.abs(distorted @ camera.K[:2, :2].T + camera.K[:2, 2] - half)
        turned = ~(jacobian[:, 0, 0] * jacobian[:, 1, 1] - jacobian[:, 0, 1] * jacobian[:, 1, 0] > 0)
    inside = (offsets <= within * half).all(axis=1).reshape(len(radii), -1)
    still_inside = np.logical_and.accumulate(inside, axis=0)
    return bool((still_inside & turned.reshape(len(radii), -1)).any())


def camera_to_pixels(camera: Camera, points: Points) -> Pixels:
    """Project points in camera axes (any length unit, z > 0) to image coordinates."""
    xy = distort(camera, points[:, :2] / points[:, 2:])
    return xy @ camera.K[:2, :2].T + camera.K[:2, 2]


def pixels_to_directions(camera: Camera, pixels: Pixels) -> Points:
    """Return the viewing directions of image coordinates in camera axes, with z = 1."""
    xy = np.linalg.solve(camera.K[:2, :2], (pixels - camera.K[:2, 2]).T).T
    return np.column_stack([undistort(camera, xy), np.ones(len(xy))])
