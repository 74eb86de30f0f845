"""Names of pictures on a rig: camera and platen angle, plates, and what is no picture that can be read."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cleanplate.errors import CaptureError

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp")
CONVERTERS = {
    (".heic", ".heif", ".avif"): "magick NAME.heic NAME.jpg (ImageMagick), or sips -s format jpeg on a Mac",
    (".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf", ".orf", ".rw2", ".pef", ".srw"): "darktable-cli NAME.cr2 NAME.jpg",
}
"""Photographs that are not read, and what makes JPEGs of them."""
NAME = re.compile(r"(?P<camera>.+)[_-](?P<angle>\d+(?:\.\d+)?)(?:deg)?", re.IGNORECASE)
WORDS = r"(?:clean)?[_ -]?(?:plate|background|backdrop|empty|blank|bg)s?"
PLATE = re.compile(
    rf"(?:(?P<camera>.+?)[_ -]+)?{WORDS}(?:[_ -]*(?P<number>\d{{1,2}}))?|{WORDS}[_ -]+(?P<after>.+)", re.IGNORECASE
)
COUNTED = re.compile(r"(?:dscf?n?|_?d?img|_?mg|p|gopr|dji|pxl|sam|image|photo|picture|pic|frame|shot)", re.IGNORECASE)
"""What cameras and programs write before the number of a file."""


@dataclass(frozen=True)
class NamedPicture:
    """One picture of a product, by its name; `platen_deg` is below 360."""

    path: Path
    camera: str
    platen_deg: float


def scan_names(images: Path, pictures: Sequence[Path] | None = None) -> list[NamedPicture]:
    """Find pictures called <camera>_<degrees> (cam03_045.jpg, left-cam_112.5.png) in a folder, by camera and angle.

    Args:
        pictures: those to look at; by default all right inside the folder whose names do not say that they are plates.

    Raises:
        CaptureError: no such folder or no such picture; a name that does not follow the pattern, an angle of 360 or
            more, a number that a camera counted its files with, or an angle twice.
    """
    if pictures is None:
        pictures = [path for path in list_pictures(images) if not is_plate(path.stem)]
    named, strange = [], []
    for path in pictures:
        match = NAME.fullmatch(path.stem)
        if match and not _counts_files(match):
            named.append(NamedPicture(path, match["camera"], float(match["angle"])))
        else:
            strange.append(path.name)
    if strange or not named:
        raise CaptureError(
            f"{images}: {', '.join(strange[:5]) or 'no picture'}{' ...' if len(strange) > 5 else ''}: names must be "
            f"<camera>_<degrees> below 360, such as cam03_045.jpg, or <camera>_plate. If they are numbers of files, "
            f"import with --turntable STEPS (by order), --angles PATTERN or --table CSV; or give a file of poses"
        )
    return in_order(images, named)


def in_order(images: Path, named: list[NamedPicture]) -> list[NamedPicture]:
    """Return pictures by camera and angle.

    Raises:
        CaptureError: an angle of 360 degrees or more, or one twice.
    """
    seen: dict[tuple[str, float], Path] = {}
    problems = []
    for item in named:
        if not 0 <= item.platen_deg < 360:
            problems.append(f"{item.path.name}: an angle of {item.platen_deg:g} degrees; it must be below 360")
        other = seen.setdefault((item.camera, item.platen_deg), item.path)
        if other != item.path:
            problems.append(
                f"{other.name} and {item.path.name}: camera {item.camera!r} at {item.platen_deg:g} degrees twice"
            )
    if problems:
        more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
        raise CaptureError(f"{images}: {'; '.join(problems[:3])}{more}", problems)
    return sorted(named, key=lambda item: (item.camera, item.platen_deg))


def is_plate(stem: str) -> bool:
    """Whether a name says that it is a picture of the empty set: cam03_plate, EMPTY, bg-left, clean_plate_2."""
    return PLATE.fullmatch(stem) is not None


def plate_label(stem: str) -> str:
    """Return what a plate's name says beside that it is one, such as its camera; "" where it says nothing."""
    match = PLATE.fullmatch(stem)
    return stem if match is None else match["camera"] or match["after"] or ""


def _counts_files(match: re.Match[str]) -> bool:
    """Whether a number is a camera's count of its files and no angle: DSC_0011, IMG-1234, or four digits anywhere."""
    whole = match["angle"].partition(".")[0]
    return len(whole) > 3 or float(match["angle"]) >= 360 or COUNTED.fullmatch(match["camera"]) is not None


def list_pictures(folder: Path, deep: bool = False) -> Iterator[Path]:
    """Yield the pictures right inside a folder, or anywhere below it, by name; hidden files are passed over.

    Raises:
        CaptureError: there is no such folder.
    """
    yield from (path for path in _files(folder, deep) if path.suffix.lower() in SUFFIXES)


def unreadable_pictures(folder: Path, deep: bool = False) -> list[str]:
    """Return a sentence for each kind of photograph in a folder that cleanplate does not read."""
    problems = []
    for suffixes, command in CONVERTERS.items():
        found = [path.name for path in _files(folder, deep) if path.suffix.lower() in suffixes]
        if found:
            shown = f"{', '.join(found[:3])}{f' and {len(found) - 3} more' if len(found) > 3 else ''}"
            problems.append(f"{folder}: {shown} left out: {Path(found[0]).suffix} is not read; convert: {command}")
    return problems


def _files(folder: Path, deep: bool) -> list[Path]:
    if not folder.is_dir():
        raise CaptureError(f"{folder}: no such folder; name the folder that holds the pictures")
    found = list(folder.rglob("*") if deep else folder.iterdir())
    shown = [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    return sorted(path for path in shown if path.is_file())
