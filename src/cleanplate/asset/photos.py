"""What one photograph knows about a surface: its colours, and how far each pixel can be trusted."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from cleanplate.capture import Capture, View, view_mask_path
from cleanplate.errors import ImageError
from cleanplate.geometry import Camera, Mesh, Pose, project
from cleanplate.geometry.raster import rasterise
from cleanplate.image import read_image, read_mask
from cleanplate.types import Image, Mask, Points

REFERENCE_DIAGONAL = 820.0
"""Widths below are in pixels of a 640x512 picture, and grow with the picture's diagonal."""
EDGE_PIXELS = 0.5
"""Pixels this near to a mask's or the hull's outline are not trusted; further in the plate's share is taken away."""
RAMP_PIXELS = 8.0
"""Beyond that, trust rises to 1 over this width, so that a view fades in and leaves no seam."""
LAST_RESORT = 1e-3
"""Trust of pixels at least 1.5 pixels inside, but within the edge: used where no better view exists (thin parts)."""
DEPTH_STEP = 0.02
"""A step of depth between neighbours beyond this fraction of the mesh's size is an occlusion's edge."""


@dataclass(frozen=True)
class Photo:
    """One posed photograph with its mask and perhaps its plate, all of the camera's size."""

    image: Image
    mask: Mask
    camera: Camera
    pose: Pose
    plate: Image | None = None


@runtime_checkable
class Photos(Protocol):
    """Photographs by number: a list of them, or one that reads them when asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Photo: ...


class CapturePhotos:
    """The photographs of a capture, read when asked for: 190 large ones do not fit into memory at once."""

    def __init__(self, capture: Capture, mask_dir: Path) -> None:
        self._capture, self._mask_dir = capture, mask_dir
        self._last: tuple[Path | None, Image | None] = (None, None)
        self._views = list(zip(capture.views, capture.poses(), strict=True))

    def __len__(self) -> int:
        return len(self._views)

    def __getitem__(self, index: int, /) -> Photo:
        return self._read(*self._views[index])

    def _read(self, view: View, pose: Pose) -> Photo:
        camera, mask_path = self._capture.camera_of(view), view_mask_path(view, self._mask_dir)
        image, mask = read_image(self._capture.image_path(view)), read_mask(mask_path)
        size = (camera.height, camera.width)
        for path, got in ((self._capture.image_path(view), image.shape[:2]), (mask_path, mask.shape)):
            if got != size:
                raise ImageError(
                    f"{path}: {got[1]}x{got[0]} pixels, but camera {view.camera!r} has {size[1]}x{size[0]}; "
                    f"give picture and mask the camera's size"
                )
        plate = self._plate(self._capture.plate_path(view))
        return Photo(image, mask, camera, pose, plate if plate is not None and plate.shape[:2] == size else None)

    def _plate(self, path: Path | None) -> Image | None:
        """Return a plate; of the last one asked for, without reading it again. One that cannot be read is none."""
        if path != self._last[0]:
            try:
                self._last = path, None if path is None else read_image(path)
            except (ImageError, OSError):
                self._last = path, None
        return self._last[1]


def without_distortion(photo: Photo) -> Photo:
    """Return the photograph a pinhole camera of the same K would have taken."""
    import cv2

    camera = photo.camera
    if not camera.distortion.any():
        return photo
    K = camera.K.copy()
    K[:2, 2] -= 0.5  # OpenCV's pixel centres
    maps = cv2.initUndistortRectifyMap(K, camera.distortion, None, K, (camera.width, camera.height), cv2.CV_32FC1)
    return Photo(
        cv2.remap(photo.image, *maps, cv2.INTER_LINEAR),
        cv2.remap(photo.mask.astype(np.uint8), *maps, cv2.INTER_NEAREST) > 0,
        replace(camera, distortion=np.zeros(5)),
        photo.pose,
        None if photo.plate is None else cv2.remap(photo.plate, *maps, cv2.INTER_LINEAR),
    )


def cropped(photo: Photo, vertices: Points, margin: int) -> Photo:
    """Return the part of an undistorted photograph that may show the mesh, with `margin` pixels around it."""
    pixels = project(photo.camera, photo.pose, vertices)[0]
    if not np.isfinite(pixels).all():
        return photo
    size = np.array([photo.camera.width, photo.camera.height])
    left, top = np.clip(np.floor(pixels.min(axis=0)).astype(int) - margin, 0, size - 1).tolist()
    right, bottom = np.clip(np.ceil(pixels.max(axis=0)).astype(int) + margin, 1, size).tolist()
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    K = photo.camera.K.copy()
    K[:2, 2] -= left, top
    part = np.s_[top:bottom, left:right]
    camera = replace(photo.camera, width=right - left, height=bottom - top, K=K)
    plate = None if photo.plate is None else photo.plate[part]
    return Photo(photo.image[part], photo.mask[part], camera, photo.pose, plate)


def trust(
    photo: Photo, mesh: Mesh, scale: float, slanted: bool = True
) -> tuple[Float[np.ndarray, "h w"], Float[np.ndarray, "h w"]]:
    """Return the mesh's depth map, and each pixel's trust, 0..1.

    Trust is 0 outside the mask or the mesh's silhouette and near their outlines and occlusion edges, and rises
    smoothly inside.

    Args:
        photo: without distortion.
        scale: of the widths in pixels above.
        slanted: tell an occlusion's edge from a slope by the second difference of depth; else a slope that is steep
            for the picture's pixels counts as an edge as well.
    """
    import cv2

    depth, seen = rasterise(mesh, photo.camera, photo.pose)
    finite = np.where(seen >= 0, depth, 0.0).astype(np.float32)
    kernel = np.ones((3, 3), np.uint8)
    size = float(np.linalg.norm(np.ptp(mesh.vertices, axis=0)))
    farthest, nearest = cv2.dilate(finite, kernel), cv2.erode(finite, kernel)
    step = np.abs(farthest + nearest - 2 * finite) if slanted else farthest - nearest
    inside = photo.mask & (seen >= 0) & (step < DEPTH_STEP * size)
    framed = np.pad(inside.astype(np.uint8), 1)
    distance = cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1]
    smooth = smooth_step((distance / scale - EDGE_PIXELS) / RAMP_PIXELS)
    return depth, np.maximum(smooth, LAST_RESORT * (distance >= 1.5))


def smooth_step(x: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Return 0 below 0, 1 above 1, and a smooth way up between them."""
    ramp = np.clip(x, 0.0, 1.0)
    return ramp * ramp * (3 - 2 * ramp)
