"""OpenCV's FileStorage (YAML): a rig with poses, or the calibration of one camera."""

from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.errors import CaptureError
from cleanplate.exchange.poses.model import OPENCV_SHIFT, PosedImage, PosedImages, rotation_near, shifted
from cleanplate.files import write_bytes
from cleanplate.geometry import Camera, Pose


def read_opencv(path: Path) -> PosedImages:
    """Read a rig that `write_opencv` wrote, or a single camera's calibration file (then there are no images).

    Each camera has `image_width`, `image_height`, `camera_matrix`, `distortion_coefficients`; each view `image`,
    `camera`, `R` (3x3 or a rotation vector) and `t`, world to camera. Pixel centres are OpenCV's in the file.

    Raises:
        CaptureError: not such a file, or a lens model other than Brown's with at most five coefficients.
    """
    import cv2

    try:
        storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_READ)
        root = storage.root() if storage.isOpened() else None
    except (cv2.error, SystemError) as error:  # what a constructor of OpenCV's raises on bad bytes depends on the bytes
        raise CaptureError(f"{path}: not an OpenCV YAML or XML file ({error})") from error
    if root is None:
        raise CaptureError(f"{path}: not found, or not an OpenCV YAML or XML file")
    try:
        if root.getNode("cameras").empty():
            return PosedImages({"cam00": _camera(path, "cam00", root)}, {})
        cameras = {_text(node, "name"): _camera(path, _text(node, "name"), node) for node in _children(root, "cameras")}
        images = {_text(node, "image"): _image(path, node) for node in _children(root, "views")}
    finally:
        storage.release()
    unknown = sorted({image.camera for image in images.values()} - set(cameras))
    if unknown:
        raise CaptureError(f"{path}: views name cameras that are not in the file: {', '.join(unknown)}")
    return PosedImages(cameras, images)


def _children(node: Any, name: str) -> list[Any]:
    child = node.getNode(name)
    return [child.at(index) for index in range(child.size())] if child.isSeq() else []


def _text(node: Any, name: str) -> str:
    return node.getNode(name).string()


def _matrix(path: Path, node: Any, name: str, sizes: tuple[int, ...]) -> np.ndarray:
    child = node.getNode(name)
    value = None if child.empty() else child.mat()
    if value is None or value.size not in sizes:
        raise CaptureError(f"{path}: {name!r} is missing, or not a matrix of {' or '.join(map(str, sizes))} numbers")
    return value.astype(float)


def _camera(path: Path, name: str, node: Any) -> Camera:
    width, height = (int(node.getNode(key).real()) for key in ("image_width", "image_height"))
    if width <= 0 or height <= 0:
        raise CaptureError(f"{path}: camera {name!r} has no image_width and image_height")
    K = _matrix(path, node, "camera_matrix", (9,)).reshape(3, 3)
    distortion = np.zeros(5)
    if not node.getNode("distortion_coefficients").empty():
        given = _matrix(path, node, "distortion_coefficients", (4, 5, 8, 12, 14)).ravel()
        if given[5:].any():
            raise CaptureError(
                f"{path}: camera {name!r} has more than five distortion coefficients; calibrate with five"
            )
        distortion[: min(5, len(given))] = given[:5]
    return shifted(Camera(width, height, K, distortion), OPENCV_SHIFT)


def _image(path: Path, node: Any) -> PosedImage:
    import cv2

    R = _matrix(path, node, "R", (9, 3))
    R = R.reshape(3, 3) if R.size == 9 else cv2.Rodrigues(R.reshape(3))[0]
    name = _text(node, "image")
    return PosedImage(_text(node, "camera"), Pose(rotation_near(path, name, R), _matrix(path, node, "t", (3,)).ravel()))


def write_opencv(path: Path, poses: PosedImages) -> None:
    """Write a rig as OpenCV YAML."""
    import cv2

    storage = cv2.FileStorage(".yml", cv2.FILE_STORAGE_WRITE | cv2.FILE_STORAGE_MEMORY)
    storage.startWriteStruct("cameras", cv2.FileNode_SEQ)
    for name, camera in poses.cameras.items():
        storage.startWriteStruct("", cv2.FileNode_MAP)
        storage.write("name", name)
        storage.write("image_width", camera.width)
        storage.write("image_height", camera.height)
        storage.write("camera_matrix", shifted(camera, -OPENCV_SHIFT).K)
        storage.write("distortion_coefficients", camera.distortion.reshape(1, 5))
        storage.endWriteStruct()
    storage.endWriteStruct()
    storage.startWriteStruct("views", cv2.FileNode_SEQ)
    for name, image in poses.images.items():
        storage.startWriteStruct("", cv2.FileNode_MAP)
        storage.write("image", name)
        storage.write("camera", image.camera)
        storage.write("R", np.ascontiguousarray(image.pose.R))
        storage.write("t", image.pose.t.reshape(3, 1))
        storage.endWriteStruct()
    storage.endWriteStruct()
    write_bytes(path, storage.releaseAndGetString().encode())
