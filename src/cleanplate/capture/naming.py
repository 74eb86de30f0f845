"""Rigs without any pose file: camera and platen angle in the pictures' names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cleanplate.errors import CaptureError

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp")
NAME = re.compile(r"(?P<camera>.+)[_-](?P<angle>\d+(?:\.\d+)?)(?:deg)?", re.IGNORECASE)
PLATE = re.compile(r"(?P<camera>.+)[_-](?:plate|background|empty|bg)", re.IGNORECASE)


@dataclass(frozen=True)
class NamedPicture:
    """One picture of a product, by its name."""

    path: Path
    camera: str
    platen_deg: float


def scan_names(images: Path, plates: Path | None = None) -> tuple[list[NamedPicture], dict[str, Path]]:
    """Find pictures called <camera>_<degrees> (cam03_045.jpg, left-cam_112.5.png) in a folder.

    Plates are <camera>_plate (or _background, _empty, _bg) among them, or <camera> in the folder `plates`.

    Returns:
        The pictures by camera and angle, and each camera's plate.

    Raises:
        CaptureError: no such folder or no such picture; a picture's name that follows neither pattern.
    """
    named, found, strange = [], {}, []
    for path in list_pictures(images):
        plate, picture = PLATE.fullmatch(path.stem), NAME.fullmatch(path.stem)
        if plate:
            found[plate["camera"]] = path
        elif picture:
            named.append(NamedPicture(path, picture["camera"], float(picture["angle"])))
        else:
            strange.append(path.name)
    if strange or not named:
        raise CaptureError(
            f"{images}: {', '.join(strange[:5]) or 'no picture'}{' ...' if len(strange) > 5 else ''}: names must be "
            f"<camera>_<degrees>, such as cam03_045.jpg, or <camera>_plate; rename them, or give a file of poses"
        )
    if plates is not None:
        found |= {path.stem: path for path in list_pictures(plates)}
    return sorted(named, key=lambda item: (item.camera, item.platen_deg)), found


def list_pictures(folder: Path) -> Iterator[Path]:
    """Yield the pictures right inside a folder, by name.

    Raises:
        CaptureError: there is no such folder.
    """
    if not folder.is_dir():
        raise CaptureError(f"{folder}: no such folder; name the folder that holds the pictures")
    yield from sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
