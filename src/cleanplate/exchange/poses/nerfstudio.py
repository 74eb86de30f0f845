"""nerfstudio's transforms.json (also instant-ngp's and Blender NeRF's)."""

import json
import math
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from cleanplate.errors import CaptureError
from cleanplate.exchange.poses.model import PosedImages, read_text, rotation_near, single_cameras
from cleanplate.files import write_json
from cleanplate.geometry import Camera, Pose
from cleanplate.image import image_size

FLIP = np.diag([1.0, -1.0, -1.0])
"""OpenGL's camera axes (x right, y up, z backwards) <-> OpenCV's."""
MODELS = ("OPENCV", "PINHOLE", "SIMPLE_PINHOLE")
DISTORTION = ("k1", "k2", "p1", "p2", "k3")


def read_nerfstudio(path: Path) -> PosedImages:
    """Read transforms.json; pictures are named relative to its folder.

    Intrinsics may stand at the top or in each frame, as numbers or as camera_angle_x. nerfstudio's pixel centres are
    ours. Poses are kept as the file has them: an `applied_transform` stays applied.

    Raises:
        CaptureError: not such a file, a camera model other than pinhole or OPENCV, or a matrix that is no pose.
    """
    try:
        document = json.loads(read_text(path))
        frames = document["frames"]
        entries = {_picture(frame["file_path"]): _entry(path, {**document, **frame}) for frame in frames}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CaptureError(f"{path}: not a transforms.json ({type(error).__name__}: {error})") from error
    return single_cameras(entries)


def _entry(path: Path, frame: dict[str, Any]) -> tuple[Camera, Pose]:
    name = frame["file_path"]
    model = frame.get("camera_model", "OPENCV")
    if model not in MODELS or frame.get("k4"):
        raise CaptureError(f"{path}: {name}: camera model {model!r} with k4 = {frame.get('k4', 0)} is not supported")
    matrix = np.array(frame["transform_matrix"], float)
    if matrix.shape not in ((4, 4), (3, 4)):
        raise CaptureError(f"{path}: {name}: transform_matrix is {matrix.shape}, expected 4x4")
    to_world = rotation_near(path, name, matrix[:3, :3] @ FLIP)
    return _camera(path, frame), Pose(to_world.T, -to_world.T @ matrix[:3, 3])


def _camera(path: Path, frame: dict[str, Any]) -> Camera:
    if "w" in frame and "h" in frame:
        width, height = int(frame["w"]), int(frame["h"])
    else:
        width, height = image_size(path.parent / _picture(frame["file_path"]))
    fx = float(frame["fl_x"]) if "fl_x" in frame else width / 2 / math.tan(float(frame["camera_angle_x"]) / 2)
    K = np.array(
        [[fx, 0, frame.get("cx", width / 2)], [0, frame.get("fl_y", fx), frame.get("cy", height / 2)], [0, 0, 1]]
    )
    return Camera(width, height, K.astype(float), np.array([frame.get(key, 0.0) for key in DISTORTION], float))


def _picture(file_path: str) -> str:
    """Return the picture's name: Blender's files leave the suffix out."""
    return file_path if PurePosixPath(file_path).suffix else f"{file_path}.png"


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
