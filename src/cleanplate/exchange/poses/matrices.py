"""Poses as plain matrices: 3x4 projections as JSON, and Middlebury's _par.txt."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from cleanplate.errors import CaptureError
from cleanplate.exchange.poses.model import (
    OPENCV_SHIFT,
    PosedImages,
    rotation_near,
    shifted,
    single_cameras,
)
from cleanplate.exchange.poses.pictures import find_picture
from cleanplate.exchange.poses.text import matrix_of, number, read_json, read_text
from cleanplate.files import write_bytes
from cleanplate.geometry import Camera, Pose, decompose_projection, rays
from cleanplate.image import image_size

Projection = Float[np.ndarray, "3 4"]
MIRROR = np.diag([1.0, -1.0, 1.0, 1.0])


def read_matrices(path: Path, images: Path, *, pixel_shift: float = OPENCV_SHIFT) -> PosedImages:
    """Read {"picture.jpg": 3x4 matrix, ...}: each takes a world point to image coordinates, of any scale and sign.

    Negative determinants mean a negative scale, or, where the scene would then be behind the cameras, a left-handed
    world, as in some old data sets; its y is turned around.

    Args:
        images: folder of the pictures, whose headers tell their sizes.
        pixel_shift: added to the file's image coordinates: 0.5 where its first pixel's centre is (0, 0) as in
            OpenCV, 0 where it is (0.5, 0.5) as here.

    Raises:
        CaptureError: not such a file, or a matrix that is no finite camera. ImageError: a picture is missing.
    """
    document = read_json(path)
    if not isinstance(document, dict) or not document:
        raise CaptureError(f"{path}: not JSON of the form {{picture: 3x4 matrix}}{_hint(document)}")
    projections: dict[str, Projection] = {}
    for name, rows in document.items():
        try:
            projections[name] = matrix_of(rows, (3, 4))
        except ValueError as error:
            raise CaptureError(f"{path}: {name:.80}: {error}{_hint(document)}") from error
    entries = {name: _split(path, name, P, images, pixel_shift) for name, P in projections.items()}
    negative = all(np.linalg.det(P[:, :3]) < 0 for P in projections.values())
    if negative and _look_away(list(entries.values())):
        entries = {name: _split(path, name, P @ MIRROR, images, pixel_shift) for name, P in projections.items()}
    return single_cameras(entries)


def _hint(document: Any) -> str:
    """Name what else a JSON file is, where it can be told."""
    first = document[0] if isinstance(document, list) and document else document
    keys = set(first) if isinstance(first, dict) else set()
    if "frames" in keys:
        return "; it looks like nerfstudio's: give --pose-format nerfstudio"
    if {"img_name", "rotation"} <= keys:
        return "; it looks like Gaussian splatting's cameras.json: import the COLMAP model it was made from"
    if "sfm_data_version" in keys:
        return "; it looks like openMVG's sfm_data: export it to COLMAP (openMVG_main_openMVG2Colmap)"
    if {"intrinsics", "poses"} <= keys or "intrinsics" in keys:
        return "; it looks like Meshroom's: convert it with aliceVision_exportColmap"
    return ""


def _split(path: Path, name: str, P: Projection, images: Path, pixel_shift: float) -> tuple[Camera, Pose]:
    try:
        K, pose = decompose_projection(P)
    except ValueError as error:
        raise CaptureError(f"{path}: {name}: {error}") from error
    K[np.abs(K) < 1e-9 * K[0, 0]] = 0.0
    return shifted(Camera(*image_size(find_picture(images, name)), K), pixel_shift), pose


def _look_away(views: list[tuple[Camera, Pose]]) -> bool:
    """Whether the rays through the pictures' middles come closest to each other behind most cameras."""
    if len(views) < 2:
        return False
    lines = [rays(camera, pose, np.array([[camera.width / 2, camera.height / 2]])) for camera, pose in views]
    across = [np.eye(3) - np.outer(direction[0], direction[0]) for _, direction in lines]
    right = sum(A @ centre for A, (centre, _) in zip(across, lines, strict=True))
    meeting = np.linalg.lstsq(np.sum(across, axis=0), right, rcond=None)[0]
    return bool(np.median([pose.to_camera(meeting[None])[0, 2] for _, pose in views]) < 0)


def write_matrices(path: Path, poses: PosedImages, *, pixel_shift: float = OPENCV_SHIFT) -> None:
    """Write 3x4 matrices as JSON.

    Raises:
        CaptureError: a camera has distortion, which a matrix cannot hold.
    """
    document = {}
    for name, image in poses.images.items():
        camera = shifted(_pinhole(path, poses, image.camera), -pixel_shift)
        document[name] = (camera.K @ np.column_stack([image.pose.R, image.pose.t])).tolist()
    write_bytes(path, (json.dumps(document, indent=1) + "\n").encode())  # in the pictures' order


def _pinhole(path: Path, poses: PosedImages, name: str) -> Camera:
    if poses.cameras[name].distortion.any():
        raise CaptureError(f"{path}: camera {name!r} has distortion, which matrices cannot hold; use colmap or opencv")
    return poses.cameras[name]


def read_middlebury(path: Path, images: Path, *, pixel_shift: float = OPENCV_SHIFT) -> PosedImages:
    """Read Middlebury's multi-view format: a count, then "name k11 .. k33 r11 .. r33 t1 t2 t3" (Seitz et al. 2006).

    Args:
        images, pixel_shift: as in `read_matrices`.

    Raises:
        CaptureError: not such a file. ImageError: a picture is missing.
    """
    lines = [line.split() for line in read_text(path).splitlines() if line.strip()]
    entries = {}
    try:
        if int(lines[0][0]) != len(lines) - 1:
            raise ValueError(f"it announces {lines[0][0]} pictures and has {len(lines) - 1}")
        for name, *numbers in lines[1:]:
            if len(numbers) != 21:
                raise ValueError(f"{name}: {len(numbers)} numbers, expected 21")
            if name in entries:
                raise ValueError(f"{name} occurs twice")
            values = np.array([number(word) for word in numbers])
            K, R, t = values[:9].reshape(3, 3), values[9:18].reshape(3, 3), values[18:]
            if K[2, 2] == 0:
                raise ValueError(f"{name}: its K ends with 0")
            camera = Camera(*image_size(find_picture(images, name)), K / K[2, 2])
            entries[name] = (shifted(camera, pixel_shift), Pose(rotation_near(path, name, R), t))
    except (ValueError, IndexError) as error:
        raise CaptureError(f"{path}: not a Middlebury _par.txt ({error})") from error
    return single_cameras(entries)


def write_middlebury(path: Path, poses: PosedImages, *, pixel_shift: float = OPENCV_SHIFT) -> None:
    """Write Middlebury's format.

    Raises:
        CaptureError: a camera has distortion, or an image's name has a space; the format cannot hold either.
    """
    lines = [str(len(poses.images))]
    for name, image in poses.images.items():
        if len(name.split()) != 1:
            raise CaptureError(f"{path}: the name {name!r} has a space, which _par.txt cannot hold; rename the picture")
        K = shifted(_pinhole(path, poses, image.camera), -pixel_shift).K
        numbers = [*K.ravel(), *image.pose.R.ravel(), *image.pose.t]
        lines.append(" ".join([name, *(repr(float(number)) for number in numbers)]))
    write_bytes(path, ("\n".join(lines) + "\n").encode())
