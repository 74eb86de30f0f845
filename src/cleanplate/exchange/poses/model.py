"""Cameras and poses of a set of pictures, as other programs exchange them."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from cleanplate.capture.model import Capture
from cleanplate.errors import CaptureError
from cleanplate.geometry import Camera, Pose, folds_back

LARGEST = 65535
"""Pixels along a side, as in capture.json."""
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
        raw: the poses are of the pictures' pixels as stored; EXIF's orientation was not applied before they were made.
        left_out: what the file tells of and these poses leave out, one sentence each.
        notes: what was decided about the world, one sentence each.
    """

    cameras: dict[str, Camera]
    images: dict[str, PosedImage]
    raw: bool = False
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

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


def single_cameras(entries: dict[str, tuple[Camera, Pose]], raw: bool = False) -> PosedImages:
    """Build from one camera and pose for each image; cameras that agree to 1e-6 become one: cam00, cam01 ..."""
    cameras: dict[str, Camera] = {}
    images = {}
    for name, (camera, pose) in entries.items():
        key = next((key for key, other in cameras.items() if _agree(camera, other)), f"cam{len(cameras):02d}")
        cameras.setdefault(key, camera)
        images[name] = PosedImage(key, pose)
    return PosedImages(cameras, images, raw)


def _agree(a: Camera, b: Camera) -> bool:
    return (
        (a.width, a.height) == (b.width, b.height)
        and np.allclose(a.K, b.K, rtol=1e-9, atol=1e-6)
        and np.allclose(a.distortion, b.distortion, rtol=1e-9, atol=1e-9)
    )


def checked(path: Path, poses: PosedImages) -> PosedImages:
    """Return poses that a capture can hold.

    Raises:
        CaptureError: no cameras, sizes beyond 65535 pixels, numbers that are not finite, focal lengths that are not
            positive, or lenses that fold back within the picture; each is named.
    """
    problems = [f"camera {name!r}: {fault}" for name, camera in poses.cameras.items() if (fault := _fault(camera))]
    problems += [
        f"{name}: its pose has numbers that are not finite, or beyond a million units"
        for name, image in poses.images.items()
        if not np.isfinite(image.pose.R).all() or not (np.abs(image.pose.t) < 1e6).all()
    ]
    problems += [
        f"{name}: camera {image.camera!r} is not among the cameras"
        for name, image in poses.images.items()
        if image.camera not in poses.cameras
    ]
    if not poses.cameras:
        problems.append("it holds no camera")
    if problems:
        more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
        raise CaptureError(f"{path}: {'; '.join(problems[:3])}{more}; export it again", problems)
    return poses


def _fault(camera: Camera) -> str:
    K = camera.K
    if not (0 < camera.width <= LARGEST and 0 < camera.height <= LARGEST):
        return f"a size of {camera.width}x{camera.height} pixels; 1 to {LARGEST} are possible"
    if not np.isfinite(K).all() or not np.isfinite(camera.distortion).all() or np.abs(K).max() > 1e9:
        return "intrinsics that are not finite"
    if np.abs(camera.distortion).max() > 1e4:
        return f"distortion of {np.abs(camera.distortion).max():g}, which is no lens"
    if K[0, 0] <= 0 or K[1, 1] <= 0:
        return f"focal lengths {K[0, 0]:g} and {K[1, 1]:g}; both must be positive"
    if folds_back(camera):
        return (
            f"the lens curve {np.round(camera.distortion, 4).tolist()} folds back within the picture, so that two "
            f"places fall on one pixel; calibrate again, or undistort the pictures where the poses were made"
        )
    return ""


def rotation_near(path: Path, name: str, R: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3 3"]:
    """Return the rotation nearest to a matrix that rounding has bent.

    Raises:
        CaptureError: it is no rotation within 1%, or it mirrors.
    """
    if not (np.abs(R) < 2).all() or np.abs(R @ R.T - np.eye(3)).max() > 0.01 or np.linalg.det(R) < 0:
        raise CaptureError(f"{path}: {name}: the rotation is not orthonormal with determinant +1; export it again")
    U, _, Vt = np.linalg.svd(R)
    return U @ Vt
