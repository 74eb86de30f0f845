"""Collections: product folders side by side."""

import re
from collections.abc import Iterable
from pathlib import Path

from cleanplate.capture.read import FILE_NAME, read_capture
from cleanplate.capture.schema import ASIN_PATTERN
from cleanplate.errors import CaptureError


def find_captures(paths: Iterable[Path]) -> list[Path]:
    """Return the capture folders named by `paths`: each a capture itself, or a folder of captures.

    A folder among captures that has their pictures, or a product's name, and no description is returned as well, so
    that whoever reads it names it.

    Raises:
        CaptureError: a path is neither.
    """
    found: list[Path] = []
    for path in paths:
        if (path / FILE_NAME).is_file():
            found.append(path)
            continue
        inside = sorted(child.parent for child in path.glob(f"*/{FILE_NAME}"))
        inside += sorted(child for child in path.glob("*/") if inside and _lacks_description(child))
        if not inside:
            raise CaptureError(
                f"{path}: neither a capture (a folder with {FILE_NAME}) nor a folder of captures; check the path"
            )
        found += inside
    return list(dict.fromkeys(found))


def readable_captures(paths: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """Return the captures of `find_captures` whose descriptions can be read, and what is wrong with the others.

    Raises:
        CaptureError: none can.
    """
    folders, sound, problems = find_captures(paths), list[Path](), list[str]()
    for folder in folders:
        try:
            read_capture(folder)
        except CaptureError as error:
            if len(problems) + 1 == len(folders):
                raise
            problems.append(str(error))
        else:
            sound.append(folder)
    return sound, problems


def _lacks_description(folder: Path) -> bool:
    if folder.name.startswith(".") or (folder / FILE_NAME).is_file():
        return False
    results = any((folder / name).is_file() for name in ("result.json", "state.json", "report.html"))
    return not results and ((folder / "images").is_dir() or re.fullmatch(ASIN_PATTERN, folder.name) is not None)
