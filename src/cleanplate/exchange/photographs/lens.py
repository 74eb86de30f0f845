"""What EXIF tells of a photograph: which camera took it, when, and a first guess of its focal length."""

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.geometry import Camera
from cleanplate.image import image_size

MAKE, MODEL, EXIF, SERIAL, TAKEN, FOCAL, FILM = 0x010F, 0x0110, 0x8769, 0xA431, 0x9003, 0x920A, 0xA405
FULL_FRAME_DIAGONAL = float(np.hypot(36.0, 24.0))
"""Millimetres: focal lengths "in 35 mm film" are told for such a picture, by the diagonal (EXIF 2.3, CIPA DCG-001)."""


@lru_cache(maxsize=4096)
def _tags(path: Path) -> dict[int, Any]:
    import PIL.Image

    try:
        with PIL.Image.open(path) as picture:
            if picture.format == "PNG":
                return {}
            found = picture.getexif()
            return dict(found) | dict(found.get_ifd(EXIF))
    except Exception:  # a picture without tags that can be read has none; `image_size` names damaged pictures
        return {}


def taken_by(path: Path) -> tuple[str, ...]:
    """Return make, model and serial number of the camera, () where EXIF tells none."""
    found = [str(_tags(path).get(tag, "")).strip("\0 ") for tag in (MAKE, MODEL, SERIAL)]
    return tuple(found) if any(found) else ()


def taken_when(path: Path) -> float | None:
    """Return when the picture was taken, in seconds, None where EXIF tells not."""
    try:
        return datetime.strptime(str(_tags(path).get(TAKEN, "")).strip("\0 "), "%Y:%m:%d %H:%M:%S").timestamp()
    except (ValueError, OverflowError):
        return None


def film_focal(path: Path) -> float | None:
    """Return the focal length in millimetres of 35 mm film, None where EXIF tells not."""
    try:
        focal = float(_tags(path).get(FILM, 0))
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return focal if 1 <= focal <= 5000 else None


def guess_camera(path: Path, lens_mm: float | None = None) -> tuple[Camera, float | None]:
    """Return a pinhole camera for a photograph without calibration, and the 35 mm focal length it was made from.

    Args:
        lens_mm: focal length in millimetres of 35 mm film; by default EXIF's. Without either, the focal length is the
            picture's longer side: enough for masks.
    """
    width, height = image_size(path)
    film = lens_mm or film_focal(path)
    focal = film * float(np.hypot(width, height)) / FULL_FRAME_DIAGONAL if film else float(max(width, height))
    return Camera(width, height, np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])), film
