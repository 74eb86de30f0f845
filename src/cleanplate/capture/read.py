"""capture.json -> Capture."""

import json
import re
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from pydantic import ValidationError

from cleanplate.capture.model import Capture, View
from cleanplate.capture.schema import FORMAT, CameraFile, CaptureFile, ViewFile
from cleanplate.errors import CaptureError
from cleanplate.geometry import Camera, Pose, to_metres
from cleanplate.untrusted import read_json

FILE_NAME = "capture.json"


def read_capture(folder: Path) -> Capture:
    """Read a capture folder's description; lengths become metres.

    Pictures are not opened: `validate_capture` does that.

    Raises:
        CaptureError: with every problem of the file in `.problems`.
    """
    path = folder / FILE_NAME
    document = _load_json(path)
    _check_version(path, document)
    try:
        parsed = CaptureFile.model_validate_json(json.dumps(document))
    except RecursionError as error:
        raise CaptureError(f"{path}: nested too deeply; write it again with your exporter") from error
    except ValidationError as error:
        raise capture_error(path, [sentence(path, detail) for detail in error.errors()]) from error
    _resolved.cache_clear()
    escapes = [
        f"{path}: view {view.id!r}: {kind} {value!r} leads out of the capture's folder; use a relative path inside it"
        for view in parsed.views
        for kind, value in (("image", view.image), ("plate", view.plate), ("mask", view.mask))
        if value is not None and not _stays_inside(folder, value)
    ]
    if escapes:
        raise capture_error(path, escapes)
    return _build(folder, parsed)


def _load_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise CaptureError(f"{path}: not found; a capture is a folder that holds {FILE_NAME}")
    try:
        document = read_json(path, finite=False)
    except ValueError as error:
        raise CaptureError(f"{path}: not valid JSON ({error}); write it again with your exporter") from error
    if not isinstance(document, dict):
        raise CaptureError(f"{path}: holds a {type(document).__name__}, not an object; see docs/format.md")
    return document


def _check_version(path: Path, document: dict[str, Any]) -> None:
    got = document.get("format")
    name, _, version = str(got).partition("/")
    if name != "cleanplate-capture" or not re.fullmatch("[0-9]{1,4}", version):
        raise CaptureError(f'{path}: "format" is {got!r:.80}; expected "{FORMAT}"')
    if int(version) > 1:
        raise CaptureError(f"{path}: format {got!r} is newer than this cleanplate, which reads {FORMAT!r}; upgrade it")


def sentence(path: Path, detail: Any) -> str:
    """Return one of pydantic's findings as a sentence."""
    place = ".".join(str(step) for step in detail["loc"])
    got = detail.get("input")
    shown = f" (got {got!r:.80})" if isinstance(got, str | int | float | bool) or got is None else ""
    return f"{path}: {place + ': ' if place else ''}{detail['msg'].removeprefix('Value error, ')}{shown}"


def capture_error(path: Path, problems: list[str]) -> CaptureError:
    """Return the error that names the first of a file's problems and holds them all."""
    more = f" (and {len(problems) - 1} more: cleanplate validate {path.parent})" if len(problems) > 1 else ""
    return CaptureError(problems[0] + more, problems)


def _stays_inside(folder: Path, value: str) -> bool:
    relative = PurePosixPath(value)
    if not value or "\\" in value or "\0" in value or relative.is_absolute() or ".." in relative.parts:
        return False
    path = folder / relative
    try:
        if path.is_symlink():
            return path.resolve().is_relative_to(_resolved(folder))
    except OSError:  # a name that no file can have; whoever opens it says so
        pass
    return _resolved(path.parent).is_relative_to(_resolved(folder))


@lru_cache(maxsize=64)
def _resolved(folder: Path) -> Path:
    """Return where a folder really lies; a capture of 100,000 views names few folders."""
    return folder.resolve()


def _build(folder: Path, parsed: CaptureFile) -> Capture:
    metres = to_metres(parsed.length_unit)
    return Capture(
        folder=folder,
        asin=parsed.asin,
        cameras={name: _camera(camera) for name, camera in parsed.cameras.items()},
        views=tuple(_view(view, metres) for view in parsed.views),
        tags=tuple(parsed.tags),
        title=parsed.title,
    )


def _camera(parsed: CameraFile) -> Camera:
    return Camera(parsed.width, parsed.height, np.array(parsed.K), np.array(parsed.distortion or (0.0,) * 5))


def _view(parsed: ViewFile, metres: float) -> View:
    pose = None if parsed.R is None else Pose(np.array(parsed.R), np.array(parsed.t) * metres)
    return View(parsed.id, parsed.camera, parsed.image, parsed.plate, parsed.mask, parsed.platen_deg, pose)
