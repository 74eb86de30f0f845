"""The one folder format: read, validate, write. Its definition is `docs/format.md`."""

from cleanplate.capture.collection import find_captures, readable_captures
from cleanplate.capture.masks import read_view_mask, read_view_probability, view_mask_path
from cleanplate.capture.model import Capture, View
from cleanplate.capture.outputs import check_new, check_ours, check_output
from cleanplate.capture.read import read_capture
from cleanplate.capture.thin import write_thinned
from cleanplate.capture.validate import validate_capture, view_problems
from cleanplate.capture.write import write_capture

__all__ = [
    "Capture",
    "View",
    "check_new",
    "check_ours",
    "check_output",
    "find_captures",
    "read_capture",
    "read_view_mask",
    "read_view_probability",
    "readable_captures",
    "validate_capture",
    "view_mask_path",
    "view_problems",
    "write_capture",
    "write_thinned",
]
