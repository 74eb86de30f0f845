"""COLMAP models: cameras and images, written as text or binary (https://colmap.github.io/format.html)."""

import struct
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.errors import CaptureError
from cleanplate.exchange.poses.colmap import MODELS
from cleanplate.exchange.poses.model import PosedImages
from cleanplate.files import write_bytes
from cleanplate.geometry import Camera


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


def _quaternion(R: np.ndarray) -> list[float]:
    from scipy.spatial.transform import Rotation

    return np.roll(Rotation.from_matrix(R).as_quat(canonical=True), 1).tolist()


def _write_text(folder: Path, cameras: list[tuple[Any, ...]], images: list[tuple[Any, ...]]) -> None:
    lines = ["# CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]"]
    lines += [f"{n} {model} {w} {h} {' '.join(repr(float(v)) for v in values)}" for n, model, w, h, values in cameras]
    write_bytes(folder / "cameras.txt", ("\n".join(lines) + "\n").encode())
    lines = ["# IMAGE_ID, QW, QX, QY, QZ, TX, TY, TZ, CAMERA_ID, NAME; then the image's 2D points"]
    for index, *pose, camera, name in images:
        lines += [f"{index} {' '.join(repr(float(v)) for v in pose)} {camera} {name}", ""]
    write_bytes(folder / "images.txt", ("\n".join(lines) + "\n").encode())
    write_bytes(folder / "points3D.txt", b"# no points\n")


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
