"""RealityCapture's registration as CSV ("Internal/External camera parameters")."""

import csv
import io
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from cleanplate.errors import CaptureError
from cleanplate.exchange.poses.model import PosedImages, single_cameras
from cleanplate.exchange.poses.pictures import find_picture, stored_size
from cleanplate.exchange.poses.text import number, read_text
from cleanplate.geometry import Camera, Pose

FLIP = np.diag([1.0, -1.0, -1.0])
FILM = 36.0
"""Millimetres: focal length and principal point are told for a picture whose longer side is so long."""
NEEDED = ("x", "y", "alt", "heading", "pitch", "roll", "f")


def read_realitycapture(path: Path, images: Path) -> PosedImages:
    """Read "#name,x,y,alt,heading,pitch,roll,f,px,py,k1,k2,k3,k4,t1,t2", one line for each picture.

    The world's z is up; heading turns clockwise about it, then pitch about x and roll about y, in degrees, from a
    camera that looks down. f is in millimetres of 35 mm film, px and py offsets from the middle in the same unit; t1
    and t2 are Brown's p1 and p2.

    Args:
        images: the folder of the pictures, whose headers tell their sizes.

    Raises:
        CaptureError: not such a file, or k4. ImageError: a picture is missing.
    """
    lines = [line for line in read_text(path).splitlines() if line.strip()]
    head = next((line for line in lines if line.lstrip("#").strip().lower().startswith("name,")), "")
    columns = [word.strip().lower() for word in head.lstrip("#").split(",")]
    if missing := [key for key in NEEDED if key not in columns]:
        raise CaptureError(
            f"{path}: no column {', '.join(missing)}; export Registration > Internal/External camera parameters"
        )
    rows = csv.DictReader(io.StringIO("\n".join(line for line in lines if line != head)), fieldnames=columns)
    entries: dict[str, tuple[Camera, Pose]] = {}
    try:
        for row in rows:
            if row["name"].startswith("#"):
                continue
            if row["name"] in entries:
                raise ValueError("it occurs twice")
            given = {key: number(value or 0) for key, value in row.items() if key in columns and key != "name"}
            entries[row["name"]] = _entry(path, row["name"], given, images)
    except (ValueError, TypeError, csv.Error) as error:
        raise CaptureError(f"{path}: {row['name']:.80}: {error}; export it again") from error
    return single_cameras(entries, raw=True)


def _entry(path: Path, name: str, given: dict[str, float], images: Path) -> tuple[Camera, Pose]:
    if given.get("k4"):
        raise CaptureError(f"{path}: {name} has k4, which the capture format has not; align with Brown3 or Brown3 + t")
    width, height = stored_size(find_picture(images, name))
    unit = max(width, height) / FILM
    cx, cy = width / 2 + given.get("px", 0.0) * unit, height / 2 + given.get("py", 0.0) * unit
    K = np.array([[given["f"] * unit, 0, cx], [0, given["f"] * unit, cy], [0, 0, 1]])
    distortion = np.array([given.get(key, 0.0) for key in ("k1", "k2", "t1", "t2", "k3")])
    turn = Rotation.from_euler("ZXY", [-given["heading"], given["pitch"], given["roll"]], degrees=True).as_matrix()
    to_world = turn @ FLIP
    centre = np.array([given["x"], given["y"], given["alt"]])
    return Camera(width, height, K, distortion), Pose(to_world.T, -to_world.T @ centre)
