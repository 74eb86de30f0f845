"""COLMAP models: cameras and images, read from text or binary (https://colmap.github.io/format.html)."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.errors import CaptureError
from cleanplate.exchange.poses.model import PosedImage, PosedImages
from cleanplate.exchange.poses.text import number, read_bytes
from cleanplate.geometry import Camera, Pose

MODELS = {
    "SIMPLE_PINHOLE": (0, "f cx cy"),
    "PINHOLE": (1, "fx fy cx cy"),
    "SIMPLE_RADIAL": (2, "f cx cy k1"),
    "RADIAL": (3, "f cx cy k1 k2"),
    "OPENCV": (4, "fx fy cx cy k1 k2 p1 p2"),
    "FULL_OPENCV": (6, "fx fy cx cy k1 k2 p1 p2 k3 k4 k5 k6"),
}
"""COLMAP's camera models that ours includes: number, parameters."""
OTHERS = {
    5: "OPENCV_FISHEYE",
    7: "FOV",
    8: "SIMPLE_RADIAL_FISHEYE",
    9: "RADIAL_FISHEYE",
    10: "THIN_PRISM_FISHEYE",
    11: "RAD_TAN_THIN_PRISM_FISHEYE",
    12: "SIMPLE_DIVISION",
    13: "DIVISION",
    14: "SIMPLE_FISHEYE",
    15: "FISHEYE",
}
"""Those that it does not."""
NAMES = {number: name for name, (number, _) in MODELS.items()} | OTHERS
MOST_BYTES = 2_000_000_000
"""Of one file: a model of thousands of pictures has hundreds of megabytes of points, which are skipped."""


def read_colmap(folder: Path) -> PosedImages:
    """Read cameras and images, .bin where both are, else .txt, from a folder such as sparse/0.

    COLMAP's pixel centres are ours; it does not apply EXIF's orientation. Cameras are named by their numbers; points
    and rigs are left alone. Text files without the lines of points between the images are read too.

    Raises:
        CaptureError: a file is missing or damaged, a camera's model has no equivalent here, or two images share a name.
    """
    if (folder / "cameras.bin").is_file() and ((folder / "images.bin").is_file() or not _has_text(folder)):
        return _assemble(folder, _binary_cameras(folder / "cameras.bin"), _binary_images(folder / "images.bin"))
    if not _has_text(folder):
        inside = sorted(path.parent for path in folder.glob("*/cameras.*")) + sorted(folder.glob("sparse/*"))
        hint = f"; did you mean {inside[0]}?" if inside else "; name the folder that holds them, such as sparse/0"
        raise CaptureError(f"{folder}: no COLMAP model, which has cameras and images (.bin or .txt) side by side{hint}")
    return _assemble(folder, _text_cameras(folder / "cameras.txt"), _text_images(folder / "images.txt"))


def _has_text(folder: Path) -> bool:
    return (folder / "cameras.txt").is_file() and (folder / "images.txt").is_file()


def _camera(path: Path, index: int, model: str, width: int, height: int, values: list[float]) -> Camera:
    if model not in MODELS:
        raise CaptureError(
            f"{path}: camera {index} has the model {model}, which is not Brown's; run COLMAP's image_undistorter and "
            f"import its pictures and model, or calibrate with one of {', '.join(MODELS)}"
        )
    names = MODELS[model][1].split()
    if len(names) != len(values):
        raise CaptureError(f"{path}: camera {index}: {model} has {len(names)} parameters, got {len(values)}")
    given = dict(zip(names, values, strict=True))
    if any(given.get(key) for key in ("k4", "k5", "k6")):
        raise CaptureError(
            f"{path}: camera {index} has a rational distortion (k4..k6), which the capture format has not; run "
            f"COLMAP's image_undistorter and import its pictures and model"
        )
    fx, fy = given.get("fx", given.get("f")), given.get("fy", given.get("f"))
    K = np.array([[fx, 0.0, given["cx"]], [0.0, fy, given["cy"]], [0.0, 0.0, 1.0]], float)
    return Camera(width, height, K, np.array([given.get(key, 0.0) for key in ("k1", "k2", "p1", "p2", "k3")]))


def _assemble(folder: Path, cameras: dict[int, Camera], images: Iterator[tuple[Any, ...]]) -> PosedImages:
    from scipy.spatial.transform import Rotation

    posed: dict[str, PosedImage] = {}
    for _, *numbers, camera, name in images:
        values = np.array(numbers, float)
        length = np.linalg.norm(values[:4]) if (np.abs(values) < 1e9).all() else 0.0
        if camera not in cameras or not length > 1e-9:
            fault = "no usable pose" if camera in cameras else f"camera {camera}, not among the cameras"
            raise CaptureError(f"{folder}: image {name!r} has {fault}; export the model again")
        if name in posed:
            raise CaptureError(f"{folder}: two images are called {name!r}; give the pictures different names")
        rotation = Rotation.from_quat(np.roll(values[:4] / length, -1)).as_matrix()
        posed[name] = PosedImage(str(camera), Pose(rotation, values[4:]))
    return PosedImages({str(index): camera for index, camera in cameras.items()}, posed, raw=True)


def _lines(path: Path) -> Iterator[str]:
    """Yield lines without comments and empty ones; the file may be larger than memory."""
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape") as stream:
            while line := stream.readline(1 << 24):
                if line.strip() and not line.startswith("#"):
                    yield line
    except OSError as error:
        raise CaptureError(f"{path}: cannot be read ({error})") from error


def _text_cameras(path: Path) -> dict[int, Camera]:
    cameras: dict[int, Camera] = {}
    for line in _lines(path):
        try:
            index, model, width, height, *values = line.split(maxsplit=20)
            numbers = [number(value) for value in values]
            cameras[int(index)] = _camera(path, int(index), model, int(width), int(height), numbers)
        except ValueError as error:
            raise CaptureError(f"{path}: not a line of a camera: {line.strip()!r:.120}") from error
    return cameras


def _text_images(path: Path) -> Iterator[tuple[Any, ...]]:
    after_image = False
    for line in _lines(path):
        # An image's line may be followed by its 2D points, three numbers each; files made by hand leave them out.
        if after_image and _is_points(line):
            after_image = False
            continue
        try:
            index, *pose, camera, name = line.split(maxsplit=9)
            if len(pose) != 7:
                raise ValueError
            yield int(index), *(number(value) for value in pose), int(camera), name.strip()
        except ValueError as error:
            raise CaptureError(f"{path}: not a line of an image: {line.strip()!r:.120}") from error
        after_image = True


def _is_points(line: str) -> bool:
    words = line.split()
    try:
        float(words[-1]), float(words[0])
    except ValueError:
        return False
    return len(words) % 3 == 0


class _Stream:
    """Little-endian values from a file, with an error that names it."""

    def __init__(self, path: Path) -> None:
        self._path, self._data, self._place = path, read_bytes(path, MOST_BYTES), 0

    def take(self, layout: str) -> tuple[Any, ...]:
        try:
            values = struct.unpack_from("<" + layout, self._data, self._place)
        except struct.error as error:
            raise self._early() from error
        self._place += struct.calcsize("<" + layout)
        return values

    def skip(self, count: int) -> None:
        if count > len(self._data) - self._place:
            raise self._early()
        self._place += count

    def text(self) -> str:
        end = self._data.find(b"\0", self._place)
        if end < 0:
            raise self._early()
        value = self._data[self._place : end].decode("utf-8", "surrogateescape")
        self._place = end + 1
        return value

    def items(self) -> Iterator[int]:
        return iter(range(self.take("Q")[0]))

    def _early(self) -> CaptureError:
        return CaptureError(f"{self._path}: ends too early or is damaged; export the model again")


def _binary_cameras(path: Path) -> dict[int, Camera]:
    stream, cameras = _Stream(path), {}
    for _ in stream.items():
        index, model, width, height = stream.take("iiQQ")
        name = NAMES.get(model, f"number {model}")
        values = stream.take(f"{len(MODELS[name][1].split())}d") if name in MODELS else ()
        cameras[index] = _camera(path, index, name, width, height, list(values))
    return cameras


def _binary_images(path: Path) -> Iterator[tuple[Any, ...]]:
    stream = _Stream(path)
    for _ in stream.items():
        index, *pose, camera = stream.take("i7di")
        yield index, *pose, camera, stream.text()
        stream.skip(24 * stream.take("Q")[0])
