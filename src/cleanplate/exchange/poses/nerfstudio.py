"""nerfstudio's transforms.json (also instant-ngp's and Blender NeRF's)."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.errors import CaptureError
from cleanplate.exchange.poses.model import PosedImages, rotation_near, single_cameras
from cleanplate.exchange.poses.pictures import find_picture, stored_size
from cleanplate.exchange.poses.text import matrix_of, number, read_json
from cleanplate.files import write_json
from cleanplate.geometry import Camera, Pose

FLIP = np.diag([1.0, -1.0, -1.0])
"""OpenGL's camera axes (x right, y up, z backwards) <-> OpenCV's."""
LENSES = {
    "OPENCV": "k1 k2 p1 p2 k3",
    "SIMPLE_RADIAL": "k1",
    "RADIAL": "k1 k2",
    "PERSPECTIVE": "k1 k2 p1 p2 k3",
    "PINHOLE": "",
    "SIMPLE_PINHOLE": "",
}
"""Camera models that ours includes, with the coefficients that count; nerfstudio knows capitals and small letters."""
DISTORTION = ("k1", "k2", "p1", "p2", "k3")


def read_nerfstudio(path: Path, images: Path | None = None) -> PosedImages:
    """Read transforms.json; pictures are named relative to its folder.

    Intrinsics may stand at the top or in each frame, as numbers (fl_x, fl_y) or angles (camera_angle_x and _y in
    radians, x_fov and y_fov in degrees); a missing one of the two is taken from the other. Without w and h the
    picture's own size counts. nerfstudio's pixel centres are ours, and it does not apply EXIF's orientation. Poses are
    kept as the file has them: an `applied_transform` stays applied.

    Args:
        images: the folder of the pictures, for their sizes; by default the file's folder.

    Raises:
        CaptureError: not such a file, a lens other than Brown's with k1, k2, k3, p1, p2, or a matrix that is no pose.
    """
    document = read_json(path)
    frames = document.get("frames") if isinstance(document, dict) else None
    if not isinstance(frames, list) or not all(isinstance(frame, dict) for frame in frames):
        raise CaptureError(f'{path}: not a transforms.json: it needs a list of "frames"')
    if not frames:
        raise CaptureError(f"{path}: its list of frames is empty; export it again")
    entries: dict[str, tuple[Camera, Pose]] = {}
    for index, frame in enumerate(frames):
        name = frame.get("file_path")
        if not isinstance(name, str) or not name:
            raise CaptureError(f"{path}: frame {index} has no file_path")
        if name in entries:
            raise CaptureError(f"{path}: {name} occurs twice; keep one frame for each picture")
        try:
            entries[name] = _entry(path, name, {**document, **frame}, images or path.parent)
        except (KeyError, TypeError, ValueError) as error:
            raise CaptureError(f"{path}: {name}: {_told(error)}") from error
    return single_cameras(entries, raw=True)


def _told(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)[:200]


def _entry(path: Path, name: str, frame: dict[str, Any], images: Path) -> tuple[Camera, Pose]:
    matrix = matrix_of(frame["transform_matrix"], (4, 4), (3, 4))
    to_world = rotation_near(path, name, matrix[:3, :3] @ FLIP)
    return _camera(path, name, frame, images), Pose(to_world.T, -to_world.T @ matrix[:3, 3])


def _camera(path: Path, name: str, frame: dict[str, Any], images: Path) -> Camera:
    model = str(frame.get("camera_model") or "OPENCV").upper()
    fisheye = frame.get("is_fisheye") or frame.get("fisheye")
    if model not in LENSES or fisheye:
        kind = "is marked as a fisheye lens" if model in LENSES else f"has the camera model {model[:40]!r}"
        raise CaptureError(
            f"{path}: {name} {kind}, which is not Brown's; undistort the pictures and export with one of "
            f"{', '.join(LENSES)}"
        )
    if given := [key for key in ("k4", "k5", "k6") if key in frame and number(frame[key])]:
        raise CaptureError(
            f"{path}: {name} has {', '.join(given)}, which the capture format has not; undistort the pictures, or "
            f"calibrate with k1, k2, k3, p1, p2"
        )
    if "w" in frame and "h" in frame:
        width, height = (int(number(frame[key])) for key in ("w", "h"))
    else:
        width, height = stored_size(find_picture(images, name))
    fx, fy = _focal(frame, "x", width), _focal(frame, "y", height)
    if not fx and not fy:
        raise CaptureError(f"{path}: {name}: neither fl_x nor camera_angle_x is given; export the intrinsics too")
    centre = [number(frame.get(key, size / 2)) for key, size in (("cx", width), ("cy", height))]
    K = np.array([[fx or fy, 0.0, centre[0]], [0.0, fy or fx, centre[1]], [0.0, 0.0, 1.0]])
    counting = LENSES[model].split()
    return Camera(width, height, K, np.array([number(frame.get(k, 0)) if k in counting else 0.0 for k in DISTORTION]))


def _focal(frame: dict[str, Any], axis: str, pixels: int) -> float | None:
    """Return a focal length in pixels, from whichever of the three spellings there is."""
    if f"fl_{axis}" in frame:
        return number(frame[f"fl_{axis}"])
    for key, unit in ((f"camera_angle_{axis}", 1.0), (f"{axis}_fov", math.pi / 180)):
        if key in frame:
            angle = number(frame[key]) * unit
            if not 0 < angle < math.pi:
                raise ValueError(f"{key} is {number(frame[key]):g}, no angle of view")
            return pixels / 2 / math.tan(angle / 2)
    return None


def write_nerfstudio(path: Path, poses: PosedImages) -> None:
    """Write transforms.json with the intrinsics in every frame.

    Raises:
        CaptureError: a camera has skew, which the format has not.
    """
    frames = []
    for name, image in poses.images.items():
        camera, pose = poses.cameras[image.camera], image.pose
        if camera.K[0, 1]:
            raise CaptureError(f"{path}: camera {image.camera!r} has skew, which transforms.json cannot hold")
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = pose.R.T @ FLIP, pose.centre
        frame: dict[str, Any] = {"file_path": name, "w": camera.width, "h": camera.height}
        frame |= {"fl_x": camera.K[0, 0], "fl_y": camera.K[1, 1], "cx": camera.K[0, 2], "cy": camera.K[1, 2]}
        frame |= dict(zip(DISTORTION, camera.distortion.tolist(), strict=True))
        frames.append({**frame, "transform_matrix": matrix.tolist()})
    write_json(path, {"camera_model": "OPENCV", "frames": frames})
