"""A real rig: cameras, poses and the platen's axis, from photographs of a board or from silhouettes."""

from cleanplate.calibrate.board import Board, draw_board, write_board
from cleanplate.calibrate.detect import Sighting, find_boards, find_corners
from cleanplate.calibrate.silhouettes import SilhouetteReport, SilhouetteView, calibrate_turntable, rig_from_silhouettes
from cleanplate.calibrate.stage import Calibration, CalibrationReport, calibrate, solve_rig
from cleanplate.calibrate.standing import Standing, standing

__all__ = [
    "Board",
    "Calibration",
    "CalibrationReport",
    "Sighting",
    "SilhouetteReport",
    "SilhouetteView",
    "Standing",
    "calibrate",
    "calibrate_turntable",
    "draw_board",
    "find_boards",
    "find_corners",
    "rig_from_silhouettes",
    "solve_rig",
    "standing",
    "write_board",
]
