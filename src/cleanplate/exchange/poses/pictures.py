"""The pictures that poses were made of: finding them by name, and how they are stored."""

from pathlib import Path, PurePosixPath

import numpy as np

from cleanplate.capture.naming import SUFFIXES
from cleanplate.errors import ImageError
from cleanplate.geometry import Camera, Pose
from cleanplate.image import read_header

QUARTERS = {1: 0, 8: 1, 3: 2, 6: 3}
"""Quarter turns, counter-clockwise as shown, that make a stored picture upright, by EXIF orientation."""


def find_picture(folder: Path, name: str) -> Path:
    """Return the picture that a pose file names, inside `folder`.

    A file may name its pictures from elsewhere (C:\\shoot\\images\\a.jpg, ../images/a.jpg) or without a suffix, so
    leading folders are dropped one after the other, and any picture's suffix serves if one alone is there.

    Raises:
        ImageError: there is none, or several that differ in their suffix alone.
    """
    spelled = PurePosixPath(name.replace("\\", "/").replace("\0", "_"))
    parts = [part for part in spelled.parts if part not in ("/", "..")]
    for start in range(len(parts)):
        path = folder.joinpath(*parts[start:])
        if path.suffix.lower() in SUFFIXES and path.is_file():
            return path
        stem = path.stem if path.suffix.lower() in SUFFIXES else path.name
        found = sorted(other for other in _beside(path) if other.stem == stem)
        if len(found) > 1:
            several = ", ".join(other.name for other in found)
            raise ImageError(f"{path}: there are {several}; keep the one that was posed")
        if found:
            return found[0]
    raise ImageError(
        f"{folder / name}: not found; give the folder that the poses name their pictures from, with the pictures in it"
    )


def _beside(path: Path) -> list[Path]:
    try:
        return [other for other in path.parent.iterdir() if other.suffix.lower() in SUFFIXES and other.is_file()]
    except (OSError, ValueError):
        return []


def orientation(path: Path) -> int:
    """Return a picture's EXIF orientation, 1 to 8, as `read_image` applies it.

    Raises:
        ImageError: as `read_header`.
    """
    return read_header(path).orientation


def stored_size(path: Path) -> tuple[int, int]:
    """Return (width, height) of the pixels as stored, before EXIF's orientation.

    Raises:
        ImageError: as `read_header`.
    """
    header = read_header(path)
    return header.size[::-1] if header.orientation >= 5 else header.size


def upright(camera: Camera, pose: Pose, quarters: int) -> tuple[Camera, Pose]:
    """Return camera and pose of the picture turned counter-clockwise by quarter turns."""
    for _ in range(quarters % 4):
        # A place (x, y) is shown at (y, width - x); so are directions, without the width.
        turn = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])
        K, (k1, k2, p1, p2, k3) = camera.K, camera.distortion
        turned = np.array([[K[1, 1], 0, K[1, 2]], [-K[0, 1], K[0, 0], camera.width - K[0, 2]], [0, 0, 1]])
        if K[0, 1]:
            raise ImageError("a turned picture of a camera with skew; store it upright and pose it again")
        camera = Camera(camera.height, camera.width, turned, np.array([k1, k2, -p2, p1, k3]))
        pose = Pose(turn @ pose.R, turn @ pose.t)
    return camera, pose
