"""Every problem of a capture folder at once."""

from pathlib import Path

from cleanplate.capture.model import Capture, View
from cleanplate.capture.read import read_capture
from cleanplate.errors import CaptureError, ImageError
from cleanplate.image import check_size, image_size, read_image, read_mask


def validate_capture(folder: Path, decode: bool = True) -> list[str]:
    """Return one sentence for each problem of a capture folder; none means that it is sound.

    With `decode`, every picture is decoded, which finds truncated ones; without, headers are read alone.
    """
    try:
        capture = read_capture(folder)
    except CaptureError as error:
        return error.problems
    seen: dict[Path, str | None] = {}
    return [problem for view in capture.views for problem in view_problems(capture, view, decode, seen)]


def view_problems(
    capture: Capture, view: View, decode: bool = True, seen: dict[Path, str | None] | None = None
) -> list[str]:
    """Return the problems of one view's files.

    `seen` remembers what was found of files that views share, so that a plate is read and named once.
    """
    seen = {} if seen is None else seen
    camera = capture.camera_of(view)
    problems = []
    for kind, path in (
        ("image", capture.image_path(view)),
        ("plate", capture.plate_path(view)),
        ("mask", capture.mask_path(view)),
    ):
        if path is None or path in seen:
            continue
        seen[path] = _file_problem(kind, path, (camera.width, camera.height), decode)
        problems += [seen[path]] if seen[path] else []
    return [problem for problem in problems if problem]


def _file_problem(kind: str, path: Path, size: tuple[int, int], decode: bool) -> str | None:
    try:
        check_size(path, kind, image_size(path), size)
        if decode:
            (read_mask if kind == "mask" else read_image)(path)
    except (ImageError, OSError) as error:
        return str(error)
    return None
