"""OpenCV's FileStorage (YAML, XML): a rig with poses, or the calibration of one camera."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from cleanplate.errors import CaptureError
from cleanplate.exchange.poses.model import OPENCV_SHIFT, PosedImage, PosedImages, rotation_near, shifted
from cleanplate.exchange.poses.text import Element, number, read_xml, read_yaml
from cleanplate.files import write_bytes
from cleanplate.geometry import Camera, Pose

MODELS = ("", "plumb_bob", "none", "brown", "radtan", "pinhole", "opencv")
"""Names of Brown's model, and of none, in ROS's camera_info and its kin."""


def read_opencv(path: Path) -> PosedImages:
    """Read a rig that `write_opencv` wrote, or a single camera's calibration (then there are no images).

    Each camera has `image_width`, `image_height`, `camera_matrix`, `distortion_coefficients`; each view `image`,
    `camera`, `R` (3x3 or a rotation vector) and `t`, world to camera. Pixel centres are OpenCV's in the file. ROS's
    camera_info has the same names for one camera.

    Raises:
        CaptureError: not such a file, or a lens model other than Brown's with at most five coefficients.
    """
    root = _of_xml(read_xml(path)) if path.suffix.lower() == ".xml" else read_yaml(path)
    try:
        if not isinstance(root, dict):
            raise ValueError("it holds no names")
        if "cameras" not in root:
            return PosedImages({"cam00": _camera(path, "cam00", root)}, {})
        cameras = {_text(node, "name"): _camera(path, _text(node, "name"), node) for node in _nodes(root, "cameras")}
        views = [(_text(node, "image"), _image(path, node)) for node in _nodes(root, "views")]
    except ValueError as error:
        raise CaptureError(f"{path}: not a calibration in OpenCV's form: {error}") from error
    if twice := sorted({name for name, _ in views if sum(name == other for other, _ in views) > 1}):
        raise CaptureError(f"{path}: {twice[0]} occurs twice; keep one pose for each picture")
    return PosedImages(cameras, dict(views))


def _nodes(root: dict[str, Any], name: str) -> list[dict[str, Any]]:
    nodes = root.get(name, [])
    if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
        raise ValueError(f"{name!r} is no list of entries")
    return nodes


def _text(node: dict[str, Any], name: str) -> str:
    value = node.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name!r} is missing")
    return value


def _values(node: dict[str, Any], name: str, counts: tuple[int, ...]) -> Float[np.ndarray, " n"]:
    """Return a matrix's numbers: OpenCV's and ROS's {rows, cols, data}, or a plain list, nested or not."""
    value = node.get(name)
    rows, columns = (value.get("rows"), value.get("cols")) if isinstance(value, dict) else (None, None)
    data = value.get("data") if isinstance(value, dict) else value
    words = data.split() if isinstance(data, str) else data if isinstance(data, list) else []
    flat = [item for word in words for item in (word if isinstance(word, list) else [word])]
    if len(flat) not in counts or (rows is not None and number(rows) * number(columns) != len(flat)):
        raise ValueError(f"{name!r} is missing, or not a matrix of {' or '.join(map(str, counts))} numbers")
    return np.array([number(word) for word in flat])


def _camera(path: Path, name: str, node: dict[str, Any]) -> Camera:
    if "image_width" not in node or "image_height" not in node:
        raise ValueError(f"camera {name!r} has no image_width and image_height")
    width, height = (int(number(node[key])) for key in ("image_width", "image_height"))
    K = _values(node, "camera_matrix", (9,)).reshape(3, 3)
    if not np.array_equal(K[2], [0, 0, 1]) or K[1, 0]:
        raise ValueError(f"camera {name!r} has a camera_matrix that does not end with 0, 0, 1")
    model = str(node.get("distortion_model", "")).lower()
    if model not in MODELS:
        raise ValueError(
            f"camera {name!r} has the lens model {model[:40]!r}, which is not Brown's; calibrate without fisheye, or "
            f"undistort the pictures"
        )
    distortion = np.zeros(5)
    if "distortion_coefficients" in node:
        given = _values(node, "distortion_coefficients", (4, 5, 8, 12, 14))
        if given[5:].any():
            raise CaptureError(
                f"{path}: camera {name!r} has more than five distortion coefficients; calibrate with five"
            )
        distortion[: min(5, len(given))] = given[:5]
    return shifted(Camera(width, height, K, distortion), OPENCV_SHIFT)


def _image(path: Path, node: dict[str, Any]) -> PosedImage:
    name, R = _text(node, "image"), _values(node, "R", (9, 3))
    if R.size == 3:
        from scipy.spatial.transform import Rotation

        R = Rotation.from_rotvec(R).as_matrix()
    return PosedImage(_text(node, "camera"), Pose(rotation_near(path, name, R.reshape(3, 3)), _values(node, "t", (3,))))


def _of_xml(element: Element) -> Any:
    """Return OpenCV's XML as the values that its YAML has: children called _ are a list, others a map."""
    if not element.children:
        return element.text.strip()
    if all(child.tag == "_" for child in element.children):
        return [_of_xml(child) for child in element.children]
    return {child.tag: _of_xml(child) for child in element.children}


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
