"""Capture -> the same with fewer views."""

from dataclasses import replace
from pathlib import Path

from cleanplate.capture.model import Capture
from cleanplate.capture.write import write_capture
from cleanplate.files import write_bytes


def write_thinned(capture: Capture, every: int, folder: Path) -> Path:
    """Copy every n-th view of a capture, with its plate and mask, into a folder, and return it.

    Raises:
        CaptureError: nothing is left that is a capture.
    """
    views = capture.views[::every]
    for name in {name for view in views for name in (view.image, view.plate, view.mask) if name}:
        if not (folder / name).is_file():
            write_bytes(folder / name, (capture.folder / name).read_bytes())
    write_capture(replace(capture, folder=folder, views=views))
    return folder
