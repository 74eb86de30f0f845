"""Cameras and poses of a set of pictures, as other programs exchange them."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from cleanplate.capture.model import Capture
from cleanplate.errors import CaptureError
from cleanplate.geometry import Camera, Pose

OPENCV_SHIFT = 0.5
"""What OpenCV's pixel coordinates need to become ours: its first pixel's centre is (0, 0), ours (0.5, 0.5)."""


@dataclass(frozen=True)
class PosedImage:
    """One picture: the key of its camera, and its pose."""

    camera: str
    pose: Pose


@dataclass(frozen=True)
class PosedImages:
    """Pictures with calibration, in cleanplate's conventions (pixel centres at .5, world to camera, OpenCV axes).

    Attributes:
        cameras: by name.
        images: by file name or relative path, in order.
    """

    cameras: dict[str, Camera]
    images: dict[str, PosedImage]

    def moved(self, scale: float, R: Float[np.ndarray, "3 3"], t: Float[np.ndarray, "3"]) -> "PosedImages":
        """Return the same pictures in the world x' = scale R x + t, for worlds of another unit, axes or origin."""
        images = {}
        for name, image in self.images.items():
            turned = image.pose.R @ R.T
            images[name] = replace(image, pose=Pose(turned, scale * image.pose.t - turned @ t))
        return replace(self, images=images)


def shifted(camera: Camera, pixels: float) -> Camera:
    """Return the camera whose image coordinates are larger by `pixels` in x and y."""
    K = camera.K.copy()
    K[:2, 2] += pixels
    return replace(camera, K=K)


def poses_of(capture: Capture) -> PosedImages:
    """Return a capture's cameras and poses, for export; images are named by their paths in the capture.

    Raises:
        CaptureError: views without a pose.
    """
    pairs = zip(capture.views, capture.poses(), strict=True)
    return PosedImages(capture.cameras, {view.image: PosedImage(view.camera, pose) for view, pose in pairs})


def single_cameras(entries: dict[str, tuple[Camera, Pose]]) -> PosedImages:
    """Build from one camera and pose for each image; cameras that agree to 1e-6 become one: cam00, cam01 ..."""
    cameras: dict[str, Camera] = {}
    images = {}
    for name, (camera, pose) in entries.items():
        key = next((key for key, other in cameras.items() if _agree(camera, other)), f"cam{len(cameras):02d}")
        cameras.setdefault(key, camera)
        images[name] = PosedImage(key, pose)
    return PosedImages(cameras, images)


def _agree(a: Camera, b: Camera) -> bool:
    return (
        (a.width, a.height) == (b.width, b.height)
        and np.allclose(a.K, b.K, rtol=1e-9, atol=1e-6)
        and np.allclose(a.distortion, b.distortion, rtol=1e-9, atol=1e-9)
    )


def read_text(path: Path) -> str:
    """Return a pose file's text.

    Raises:
        CaptureError: not there, or not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise CaptureError(f"{path}: not found; name the file or folder that your calibration tool wrote") from error
    except (UnicodeDecodeError, OSError) as error:
        raise CaptureError(f"{path}: cannot be read as text ({error})") from error


def rotation_near(path: Path, name: str, R: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3 3"]:
    """Return the rotation nearest to a matrix that rounding has bent.

    Raises:
        CaptureError: it is no rotation within 1%, or it mirrors.
    """
    if not np.isfinite(R).all() or np.abs(R @ R.T - np.eye(3)).max() > 0.01 or np.linalg.det(R) < 0:
        raise CaptureError(f"{path}: {name}: the rotation is not orthonormal with determinant +1; export it again")
    U, _, Vt = np.linalg.svd(R)
    return U @ Vt
