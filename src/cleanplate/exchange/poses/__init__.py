"""Poses from and to other programs."""

from cleanplate.exchange.poses.colmap import read_colmap
from cleanplate.exchange.poses.colmap_write import write_colmap
from cleanplate.exchange.poses.formats import (
    READERS,
    WRITERS,
    guess_format,
    read_poses,
    write_poses,
)
from cleanplate.exchange.poses.level import levelled
from cleanplate.exchange.poses.matrices import read_matrices, read_middlebury, write_matrices, write_middlebury
from cleanplate.exchange.poses.model import PosedImage, PosedImages, poses_of
from cleanplate.exchange.poses.nerfstudio import read_nerfstudio, write_nerfstudio
from cleanplate.exchange.poses.opencv import read_opencv, write_opencv

__all__ = [
    "READERS",
    "WRITERS",
    "PosedImage",
    "PosedImages",
    "guess_format",
    "levelled",
    "poses_of",
    "read_colmap",
    "read_matrices",
    "read_middlebury",
    "read_nerfstudio",
    "read_opencv",
    "read_poses",
    "write_colmap",
    "write_matrices",
    "write_middlebury",
    "write_nerfstudio",
    "write_opencv",
    "write_poses",
]
