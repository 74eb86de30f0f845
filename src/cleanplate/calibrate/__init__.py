"""A real rig: print a board, photograph it on the platen, get cameras, poses and the platen's axis."""

from cleanplate.calibrate.board import Board, draw_board, write_board
from cleanplate.calibrate.detect import Sighting, find_boards, find_corners
from cleanplate.calibrate.stage import Calibration, CalibrationReport, calibrate, solve_rig

__all__ = [
    "Board",
    "Calibration",
    "CalibrationReport",
    "Sighting",
    "calibrate",
    "draw_board",
    "find_boards",
    "find_corners",
    "solve_rig",
    "write_board",
]
