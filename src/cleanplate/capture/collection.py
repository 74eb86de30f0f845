"""Collections: product folders side by side."""

from collections.abc import Iterable
from pathlib import Path

from cleanplate.capture.read import FILE_NAME
from cleanplate.errors import CaptureError


def find_captures(paths: Iterable[Path]) -> list[Path]:
    """Return the capture folders named by `paths`: each a capture itself, or a folder of captures.

    Raises:
        CaptureError: a path is neither.
    """
    found: list[Path] = []
    for path in paths:
        if (path / FILE_NAME).is_file():
            found.append(path)
            continue
        inside = sorted(child.parent for child in path.glob(f"*/{FILE_NAME}"))
        if not inside:
            raise CaptureError(
                f"{path}: neither a capture (a folder with {FILE_NAME}) nor a folder of captures; check the path"
            )
        found += inside
    return list(dict.fromkeys(found))
