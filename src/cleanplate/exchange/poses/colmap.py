"""COLMAP models: cameras and images as text or binary (https://colmap.github.io/format.html)."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.errors import CaptureError
from cleanplate.exchange.poses.model import PosedImage, PosedImages, read_text
from cleanplate.files import write_bytes
from cleanplate.geometry import Camera, Pose

MODELS = {
    "SIMPLE_PINHOLE": (0, "f cx cy"),
    "PINHOLE": (1, "fx fy cx cy"),
    "SIMPLE_RADIAL": (2, "f cx cy k1"),
    "RADIAL": (3, "f cx cy k1 k2"),
    "OPENCV": (4, "fx fy cx cy k1 k2 p1 p2"),
    "FULL_OPENCV": (6, "fx fy cx cy k1 k2 p1 p2 k3 k4 k5 k6"),
}
"""COLMAP's camera models that ours includes: number, parameters. Fisheye and field-of-view models it does not."""
NAMES = {number: name for name, (number, _) in MODELS.items()}


def read_colmap(folder: Path) -> PosedImages:
    """Read cameras and images, .bin where present, else .txt, from a folder such as sparse/0.

    COLMAP's pixel centres are ours. Cameras are named by their numbers; points and rigs are left alone.

    Raises:
        CaptureError: a file is missing or damaged, or a camera's model has no equivalent here.
    """
    if (folder / "cameras.bin").is_file():
        return _assemble(folder, _binary_cameras(folder / "cameras.bin"), _binary_images(folder / "images.bin"))
    return _assemble(folder, _text_cameras(folder / "cameras.txt"), _text_images(folder / "images.txt"))


def write_colmap(folder: Path, poses: PosedImages, *, binary: bool = False) -> None:
    """Write cameras, images and an empty list of points.

    Raises:
        CaptureError: a camera has skew, which COLMAP has not.
    """
    numbers = {name: number for number, name in enumerate(poses.cameras, start=1)}
    cameras = [(numbers[name], *_parameters(folder, name, camera)) for name, camera in poses.cameras.items()]
    images = [
        (index, *_quaternion(image.pose.R), *image.pose.t, numbers[image.camera], name)
        for index, (name, image) in enumerate(poses.images.items(), start=1)
    ]
    if binary:
        _write_binary(folder, cameras, images)
    else:
        _write_text(folder, cameras, images)


def _parameters(folder: Path, name: str, camera: Camera) -> tuple[str, int, int, list[float]]:
    K, distortion = camera.K, camera.distortion
    if K[0, 1]:
        raise CaptureError(f"{folder}: camera {name!r} has skew {K[0, 1]:g}, which COLMAP cannot hold; rectify first")
    pinhole = [K[0, 0], K[1, 1], K[0, 2], K[1, 2]]
    if not distortion.any():
        return "PINHOLE", camera.width, camera.height, pinhole
    if not distortion[4]:
        return "OPENCV", camera.width, camera.height, [*pinhole, *distortion[:4]]
    return "FULL_OPENCV", camera.width, camera.height, [*pinhole, *distortion, 0.0, 0.0, 0.0]


def _camera(path: Path, number: int, model: str, width: int, height: int, values: list[float]) -> Camera:
    names = MODELS[model][1].split() if model in MODELS else []
    if len(names) != len(values) or not names:
        raise CaptureError(
            f"{path}: camera {number} has model {model!r} with {len(values)} parameters; cleanplate reads "
            f"{', '.join(MODELS)}: undistort the pictures in COLMAP first, or use one of these"
        )
    given = dict(zip(names, values, strict=True))
    if any(given.get(key) for key in ("k4", "k5", "k6")):
        raise CaptureError(
            f"{path}: camera {number} has a rational distortion (k4..k6), which the capture format has not"
        )
    fx, fy = given.get("fx", given.get("f")), given.get("fy", given.get("f"))
    K = np.array([[fx, 0.0, given["cx"]], [0.0, fy, given["cy"]], [0.0, 0.0, 1.0]], float)
    return Camera(width, height, K, np.array([given.get(key, 0.0) for key in ("k1", "k2", "p1", "p2", "k3")]))


def _assemble(folder: Path, cameras: dict[int, Camera], images: list[tuple[Any, ...]]) -> PosedImages:
    posed = {}
    for _, *numbers, camera, name in images:
        quaternion, t = np.array(numbers[:4], float), np.array(numbers[4:], float)
        if camera not in cameras or not np.linalg.norm(quaternion) > 0:
            raise CaptureError(f"{folder}: image {name!r} has camera {camera}, not among the cameras, or no rotation")
        posed[name] = PosedImage(str(camera), Pose(_rotation(quaternion), t))
    return PosedImages({str(number): camera for number, camera in cameras.items()}, posed)


def _rotation(wxyz: np.ndarray) -> np.ndarray:
    from scipy.spatial.transform import Rotation

    return Rotation.from_quat(np.roll(wxyz, -1)).as_matrix()


def _quaternion(R: np.ndarray) -> list[float]:
    from scipy.spatial.transform import Rotation

    return np.roll(Rotation.from_matrix(R).as_quat(canonical=True), 1).tolist()


def _rows(path: Path) -> list[str]:
    return [line for line in read_text(path).splitlines() if not line.startswith("#")]


def _text_cameras(path: Path) -> dict[int, Camera]:
    cameras = {}
    for line in filter(str.strip, _rows(path)):
        try:
            number, model, width, height, *values = line.split()
            cameras[int(number)] = _camera(
                path, int(number), model, int(width), int(height), [float(v) for v in values]
            )
        except ValueError as error:
            raise CaptureError(f"{path}: not a line of a camera: {line!r:.120}") from error
    return cameras


def _text_images(path: Path) -> list[tuple[Any, ...]]:
    rows = _rows(path)
    while rows and not rows[0].strip():
        rows.pop(0)
    images = []
    for line in filter(str.strip, rows[::2]):  # the lines between hold 2D points and may be empty
        try:
            *numbers, camera, name = line.split(maxsplit=9)
            index, *pose = (float(number) for number in numbers)
            if len(pose) != 7:
                raise ValueError
            images.append((int(index), *pose, int(camera), name.strip()))
        except ValueError as error:
            raise CaptureError(f"{path}: not a line of an image: {line!r:.120}") from error
    return images


def _write_text(folder: Path, cameras: list[tuple[Any, ...]], images: list[tuple[Any, ...]]) -> None:
    lines = ["# CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]"]
    lines += [f"{n} {model} {w} {h} {' '.join(repr(float(v)) for v in values)}" for n, model, w, h, values in cameras]
    write_bytes(folder / "cameras.txt", ("\n".join(lines) + "\n").encode())
    lines = ["# IMAGE_ID, QW, QX, QY, QZ, TX, TY, TZ, CAMERA_ID, NAME; then the image's 2D points"]
    for index, *pose, camera, name in images:
        lines += [f"{index} {' '.join(repr(float(v)) for v in pose)} {camera} {name}", ""]
    write_bytes(folder / "images.txt", ("\n".join(lines) + "\n").encode())
    write_bytes(folder / "points3D.txt", b"# no points\n")


class _Stream:
    """Little-endian values from a file, with an error that names it."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise CaptureError(f"{path}: not found; a COLMAP model has cameras and images side by side")
        self._path, self._data, self._place = path, path.read_bytes(), 0

    def take(self, layout: str) -> tuple[Any, ...]:
        try:
            values = struct.unpack_from("<" + layout, self._data, self._place)
        except struct.error as error:
            raise CaptureError(f"{self._path}: ends too early; export the model again") from error
        self._place += struct.calcsize("<" + layout)
        return values

    def skip(self, count: int) -> None:
        self._place += count

    def text(self) -> str:
        end = self._data.find(b"\0", self._place)
        if end < 0:
            raise CaptureError(f"{self._path}: ends too early; export the model again")
        value = self._data[self._place : end].decode("utf-8", "surrogateescape")
        self._place = end + 1
        return value

    def items(self) -> Iterator[int]:
        return iter(range(self.take("Q")[0]))


def _binary_cameras(path: Path) -> dict[int, Camera]:
    stream, cameras = _Stream(path), {}
    for _ in stream.items():
        number, model, width, height = stream.take("iiQQ")
        name = NAMES.get(model, f"number {model}")
        values = stream.take(f"{len(MODELS[name][1].split())}d") if name in MODELS else ()
        cameras[number] = _camera(path, number, name, width, height, list(values))
    return cameras


def _binary_images(path: Path) -> list[tuple[Any, ...]]:
    stream, images = _Stream(path), []
    for _ in stream.items():
        index, *pose, camera = stream.take("i7di")
        images.append((index, *pose, camera, stream.text()))
        stream.skip(24 * stream.take("Q")[0])
    return images


def _write_binary(folder: Path, cameras: list[tuple[Any, ...]], images: list[tuple[Any, ...]]) -> None:
    data = struct.pack("<Q", len(cameras))
    for number, model, width, height, values in cameras:
        data += struct.pack(f"<iiQQ{len(values)}d", number, MODELS[model][0], width, height, *values)
    write_bytes(folder / "cameras.bin", data)
    data = struct.pack("<Q", len(images))
    for index, *pose, camera, name in images:
        data += struct.pack("<i7di", index, *pose, camera) + name.encode("utf-8", "surrogateescape")
        data += b"\0" + struct.pack("<Q", 0)
    write_bytes(folder / "images.bin", data)
    write_bytes(folder / "points3D.bin", struct.pack("<Q", 0))
