"""Poses in any of the formats: which it is, reading and writing."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from cleanplate.errors import CaptureError
from cleanplate.exchange.poses.colmap import read_colmap
from cleanplate.exchange.poses.colmap_write import write_colmap
from cleanplate.exchange.poses.matrices import read_matrices, read_middlebury, write_matrices, write_middlebury
from cleanplate.exchange.poses.metashape import read_metashape
from cleanplate.exchange.poses.model import PosedImages, checked
from cleanplate.exchange.poses.nerfstudio import read_nerfstudio, write_nerfstudio
from cleanplate.exchange.poses.opencv import read_opencv, write_opencv
from cleanplate.exchange.poses.realitycapture import read_realitycapture
from cleanplate.exchange.poses.text import read_bytes

READERS: dict[str, Callable[[Path, Path], PosedImages]] = {
    "colmap": lambda path, _: read_colmap(path),
    "metashape": lambda path, _: read_metashape(path),
    "nerfstudio": read_nerfstudio,
    "realitycapture": read_realitycapture,
    "middlebury": read_middlebury,
    "matrices": read_matrices,
    "opencv": lambda path, _: read_opencv(path),
}
WRITERS: dict[str, Callable[[Path, PosedImages], None]] = {
    "colmap": write_colmap,
    "colmap-binary": lambda path, poses: write_colmap(path, poses, binary=True),
    "nerfstudio": write_nerfstudio,
    "middlebury": write_middlebury,
    "matrices": write_matrices,
    "opencv": write_opencv,
}


MOST_IMAGES = 20_000


def guess_format(path: Path) -> str:
    """Return the format that a pose file's or folder's name tells, and for .xml its first bytes.

    Raises:
        CaptureError: it tells none.
    """
    name = path.name.lower()
    if path.is_dir() or name in ("cameras.bin", "cameras.txt", "images.bin", "images.txt"):
        return "colmap"
    if name.endswith(".xml"):
        return "opencv" if b"opencv_storage" in read_bytes(path)[:4096] else "metashape"
    suffixes = {"_par.txt": "middlebury", ".yml": "opencv", ".yaml": "opencv", ".csv": "realitycapture"}
    for suffix, found in suffixes.items():
        if name.endswith(suffix):
            return found
    if name.endswith(".json"):
        return "nerfstudio" if name.startswith("transforms") else "matrices"
    raise CaptureError(f"{path}: its name tells no pose format; name one of {', '.join(READERS)}")


def read_poses(path: Path, images: Path, format_name: str | None = None) -> PosedImages:
    """Read poses of one of the READERS' formats; `images` is the folder of the pictures.

    Raises:
        CaptureError: an unknown format, a file that does not hold it, or poses that no capture can hold (`checked`).
    """
    name = format_name or guess_format(path)
    if name not in READERS:
        raise CaptureError(f"unknown pose format {name!r}; use one of {', '.join(READERS)}")
    with np.errstate(all="ignore"):  # numbers out of all bounds are named by `checked`
        poses = READERS[name](path.parent if name == "colmap" and path.is_file() else path, images)
        if len(poses.images) > MOST_IMAGES:
            raise CaptureError(f"{path}: {len(poses.images)} pictures; up to {MOST_IMAGES} are imported at a time")
        return checked(path, poses)


def write_poses(path: Path, poses: PosedImages, format_name: str) -> None:
    """Write poses in one of the WRITERS' formats.

    Raises:
        CaptureError: an unknown format, or one that cannot hold these cameras.
    """
    if format_name not in WRITERS:
        raise CaptureError(f"unknown pose format {format_name!r}; use one of {', '.join(WRITERS)}")
    WRITERS[format_name](path, poses)
