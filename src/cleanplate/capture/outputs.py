"""Where outputs may land: never in or over what a person gave, which is found before anything is made."""

import os
from pathlib import Path

from cleanplate.capture.naming import SUFFIXES
from cleanplate.capture.read import FILE_NAME
from cleanplate.errors import CleanplateError
from cleanplate.files import read_object


def check_output(out: Path, *given: Path, marker: str | None = None) -> None:
    """Refuse a file or folder to be written that lies in or over a capture, a photo folder or what was given.

    Args:
        given: files and folders that the command reads.
        marker: a file by whose name a folder is known to be an earlier output, whatever pictures it holds.

    Raises:
        CleanplateError: it does; it says over what.
    """
    place = out.resolve()
    for folder in (place, *place.parents):
        if (folder / FILE_NAME).is_file():
            raise CleanplateError(f"{out}: lies in the capture {folder}; name a place outside of it with --out")
    for each in given:
        source = each.resolve()
        if place == source or place.is_relative_to(source) or source.is_relative_to(place):
            raise CleanplateError(f"{out}: lies in or over {each}, which is read; name another place with --out")
    if out.is_dir() and not (marker and (out / marker).is_file()) and (photograph := _photograph(out)):
        raise CleanplateError(f"{out}: holds pictures that are not masks ({photograph.name}); name another folder")


def check_new(*outputs: Path, overwrite: bool = False) -> None:
    """Refuse files and folders to be written that are there already, whoever made them: nobody can tell that.

    Args:
        overwrite: the user wants them replaced.

    Raises:
        CleanplateError: one is there, and is no empty folder; it is named.
    """
    for out in [] if overwrite else outputs:
        if out.is_dir() and not any(out.iterdir()):
            continue
        if os.path.lexists(out):
            raise CleanplateError(f"{out}: is there already; name another place, or replace it with --overwrite")


def check_ours(path: Path, key: str) -> None:
    """Refuse a JSON file to be replaced that is not an earlier one of the same command, known by a key of it.

    Raises:
        CleanplateError: it is not.
    """
    if os.path.lexists(path) and key not in read_object(path):
        raise CleanplateError(f"{path}: is there already, and not what this command writes; name another place")


def _photograph(folder: Path) -> Path | None:
    """Return a picture right inside a folder that is no mask: any but a PNG of one channel (colour type 0)."""
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in SUFFIXES and path.is_file() and not path.name.startswith("."):
            with path.open("rb") as stream:
                head = stream.read(26)
            if not (head.startswith(b"\x89PNG") and head[25:] == b"\0"):
                return path
    return None
