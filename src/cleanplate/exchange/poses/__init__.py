"""Poses from and to other programs, and pictures from elsewhere into captures."""

from cleanplate.capture.naming import NamedPicture, list_pictures, scan_names
from cleanplate.exchange.poses.colmap import read_colmap, write_colmap
from cleanplate.exchange.poses.convert import (
    READERS,
    WRITERS,
    guess_format,
    import_named,
    import_posed,
    read_poses,
    write_poses,
)
from cleanplate.exchange.poses.matrices import read_matrices, read_middlebury, write_matrices, write_middlebury
from cleanplate.exchange.poses.model import PosedImage, PosedImages, poses_of
from cleanplate.exchange.poses.nerfstudio import read_nerfstudio, write_nerfstudio
from cleanplate.exchange.poses.opencv import read_opencv, write_opencv

__all__ = [
    "READERS",
    "WRITERS",
    "NamedPicture",
    "PosedImage",
    "PosedImages",
    "guess_format",
    "import_named",
    "import_posed",
    "list_pictures",
    "poses_of",
    "read_colmap",
    "read_matrices",
    "read_middlebury",
    "read_nerfstudio",
    "read_opencv",
    "read_poses",
    "scan_names",
    "write_colmap",
    "write_matrices",
    "write_middlebury",
    "write_nerfstudio",
    "write_opencv",
    "write_poses",
]
