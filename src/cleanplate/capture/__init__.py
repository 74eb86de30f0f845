"""The one folder format: read, validate, write. Its definition is `docs/format.md`."""

from cleanplate.capture.collection import find_captures
from cleanplate.capture.images import check_size, image_size, read_image, read_mask, write_image, write_mask
from cleanplate.capture.model import Capture, View
from cleanplate.capture.read import read_capture
from cleanplate.capture.validate import validate_capture, view_problems
from cleanplate.capture.write import write_capture

__all__ = [
    "Capture",
    "View",
    "check_size",
    "find_captures",
    "image_size",
    "read_capture",
    "read_image",
    "read_mask",
    "validate_capture",
    "view_problems",
    "write_capture",
    "write_image",
    "write_mask",
]
