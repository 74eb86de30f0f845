"""Agisoft Metashape's cameras as XML (File > Export > Export Cameras)."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from cleanplate.errors import CaptureError
from cleanplate.exchange.poses.model import PosedImage, PosedImages, rotation_near
from cleanplate.exchange.poses.text import Element, number, read_xml
from cleanplate.geometry import Camera, Pose


def read_metashape(path: Path) -> PosedImages:
    """Read cameras and sensors of the one chunk that has aligned cameras.

    Metashape measures the principal point from the picture's middle, its pixel centres are ours, its p1 and p2 are
    OpenCV's p2 and p1, and fx = f + b1 (Metashape manual, appendix "Camera models"). Its transforms take camera axes
    (as OpenCV's) to the chunk; the chunk's or component's own transform takes them on to the world.

    Raises:
        CaptureError: not such a file, no aligned camera, a fisheye lens, k4, or skew (b2).
    """
    root = read_xml(path)
    chunks = [chunk for chunk in root.all("chunk") if any(c.find("transform") for c in chunk.all("camera"))]
    if root.tag != "document" or len(chunks) != 1:
        raise CaptureError(
            f"{path}: {len(chunks)} chunks with aligned cameras; export one (File > Export > Export Cameras, as XML)"
        )
    try:
        return _chunk(path, chunks[0])
    except (ValueError, KeyError) as error:
        raise CaptureError(f"{path}: not Metashape's cameras: {error}") from error


def _chunk(path: Path, chunk: Element) -> PosedImages:
    sensors = {sensor.attributes["id"]: sensor for sensor in chunk.all("sensor")}
    components = {item.attributes.get("id", ""): item.find("transform") for item in chunk.all("component")}
    cameras: dict[str, Camera] = {}
    images: dict[str, PosedImage] = {}
    lost = []
    for camera in (item for item in chunk.all("camera") if "label" in item.attributes):
        name, sensor, transform = camera.attributes["label"], camera.attributes["sensor_id"], camera.find("transform")
        if transform is None:
            lost.append(name)
            continue
        if name in images:
            raise CaptureError(f"{path}: two cameras are called {name!r}; rename one in Metashape")
        if sensor not in sensors:
            raise ValueError(f"camera {name!r} has sensor {sensor}, which is not in the file")
        if sensor not in cameras:
            cameras[sensor] = _camera(path, sensors[sensor])
        to_chunk = _numbers(transform, 16).reshape(4, 4)
        outer = components.get(camera.attributes.get("component_id", "")) or chunk.find("transform")
        scale, R, t = _similarity(outer)
        to_world = rotation_near(path, name, R @ to_chunk[:3, :3])
        images[name] = PosedImage(sensor, Pose(to_world.T, -to_world.T @ (scale * R @ to_chunk[:3, 3] + t)))
    left_out = (f"{path}: {len(lost)} cameras are not aligned: {', '.join(lost[:5])}",) if lost else ()
    return PosedImages(cameras, images, raw=True, left_out=left_out)


def _camera(path: Path, sensor: Element) -> Camera:
    found = [item for item in sensor.children if item.tag == "calibration"]
    label = sensor.attributes.get("label", sensor.attributes["id"])
    if not found:
        raise ValueError(f"sensor {label!r} has no calibration; align the photos first")
    calibration = next((item for item in found if item.attributes.get("class") == "adjusted"), found[0])
    kind = calibration.attributes.get("type", sensor.attributes.get("type", "frame"))
    given = {item.tag: number(item.text) for item in calibration.children if not item.children and item.text.strip()}
    if kind != "frame" or given.get("k4") or given.get("b2"):
        what = f"a {kind} lens" if kind != "frame" else "k4 or skew (b2), which the capture format has not"
        raise CaptureError(
            f"{path}: sensor {label!r} has {what}; optimise without it, or export undistorted photos and their cameras"
        )
    resolution = calibration.find("resolution") or sensor.find("resolution")
    if resolution is None or ("f" not in given and "fx" not in given):
        raise ValueError(f"sensor {label!r} has no resolution or no focal length")
    width, height = (int(number(resolution.attributes[key])) for key in ("width", "height"))
    fx, fy = given.get("fx", given.get("f", 0.0) + given.get("b1", 0.0)), given.get("fy", given.get("f", 0.0))
    cx, cy = width / 2 + given.get("cx", 0.0), height / 2 + given.get("cy", 0.0)
    distortion = [given.get(key, 0.0) for key in ("k1", "k2", "p2", "p1", "k3")]
    return Camera(width, height, np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]]), np.array(distortion))


def _similarity(transform: Element | None) -> tuple[float, Float[np.ndarray, "3 3"], Float[np.ndarray, "3"]]:
    rotation, translation, scale = (transform and transform.find(key) for key in ("rotation", "translation", "scale"))
    return (
        number(scale.text) if scale else 1.0,
        _numbers(rotation, 9).reshape(3, 3) if rotation else np.eye(3),
        _numbers(translation, 3) if translation else np.zeros(3),
    )


def _numbers(element: Element, count: int) -> Float[np.ndarray, " n"]:
    words = element.text.split()
    if len(words) != count:
        raise ValueError(f"<{element.tag}> has {len(words)} numbers, expected {count}")
    return np.array([number(word) for word in words])
