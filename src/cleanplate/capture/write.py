"""Capture -> capture.json."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cleanplate.capture.model import Capture, View
from cleanplate.capture.read import FILE_NAME, capture_error, sentence
from cleanplate.capture.schema import FORMAT, CaptureFile
from cleanplate.files import write_bytes
from cleanplate.geometry import Camera


def write_capture(capture: Capture) -> Path:
    """Write `capture.folder`/capture.json atomically, in metres, and return its path.

    Raises:
        CaptureError: the capture breaks the format; nothing is written.
    """
    path = capture.folder / FILE_NAME
    document = {
        "format": FORMAT,
        "asin": capture.asin,
        "length_unit": "m",
        "tags": list(capture.tags),
        "cameras": {name: _camera(camera) for name, camera in capture.cameras.items()},
        "views": [_view(view) for view in capture.views],
    }
    document |= {"title": capture.title} if capture.title else {}
    try:
        CaptureFile.model_validate_json(json.dumps(document))
    except ValidationError as error:
        raise capture_error(path, [sentence(path, detail) for detail in error.errors()]) from error
    write_bytes(path, (json.dumps(document, indent=1) + "\n").encode())
    return path


def _camera(camera: Camera) -> dict[str, Any]:
    document: dict[str, Any] = {"width": camera.width, "height": camera.height, "K": camera.K.tolist()}
    if camera.distortion.any():
        document["distortion"] = camera.distortion.tolist()
    return document


def _view(view: View) -> dict[str, Any]:
    document: dict[str, Any] = {"id": view.id, "camera": view.camera, "image": view.image}
    optional = {"plate": view.plate, "mask": view.mask, "platen_deg": view.platen_deg}
    document |= {key: value for key, value in optional.items() if value is not None}
    if view.pose is not None:
        document |= {"R": view.pose.R.tolist(), "t": view.pose.t.tolist()}
    return document
