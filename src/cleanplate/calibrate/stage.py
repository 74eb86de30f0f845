"""The stage: photographs of the board in, a rig and a report out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cleanplate.calibrate.board import Board
from cleanplate.calibrate.bundle import adjust, residuals_of
from cleanplate.calibrate.detect import Sighting, find_boards
from cleanplate.calibrate.initial import guess, settled
from cleanplate.calibrate.picture import draw_residuals
from cleanplate.capture import check_output
from cleanplate.capture.rig import Rig, write_rig
from cleanplate.errors import CaptureError
from cleanplate.files import write_json
from cleanplate.geometry import Pose
from cleanplate.image import write_image

WORST_RMS = 1.0
"""Pixels; a camera above has moved, or its pictures are not of this board."""
FLAT = "flat"
"""Name of the placement in which the board lies on the platen."""


@dataclass(frozen=True)
class CalibrationReport:
    """How well the rig explains the photographs.

    Attributes:
        rms: root mean square of the corners' distances from where the rig projects them, pixels, by camera.
        photos, corners: how many of each, by camera.
        turn_errors: measured minus nominal turn in degrees, by nominal angle.
        has_flat: whether the platen's surface was measured by a board lying on it.
    """

    rms: dict[str, float]
    photos: dict[str, int]
    corners: dict[str, int]
    turn_errors: dict[float, float]
    has_flat: bool


@dataclass(frozen=True)
class Calibration:
    """A rig, how well it fits, and what it was found from.

    Attributes:
        boards: board to world at platen angle 0, by placement.
        sightings, residuals: the corners used, and projected minus seen, in pixels.
    """

    rig: Rig
    report: CalibrationReport
    boards: dict[str, Pose]
    sightings: list[Sighting]
    residuals: list[np.ndarray]


def solve_rig(sightings: list[Sighting], board: Board, thickness: float = 0.0) -> Calibration:
    """Find the rig that explains the sightings of the board.

    Args:
        thickness: of what the board is printed on, metres.

    Raises:
        CaptureError: a camera whose lens or place cannot be found, or that moved: it is named.
    """
    solution, kept = adjust(sightings, guess(sightings, board), board)
    residuals = residuals_of(kept, solution, board)
    has_flat = FLAT in solution.boards
    solution = settled(solution, board, FLAT if has_flat else None, thickness)
    first = next(iter(solution.turns))
    turns = {angle: float(np.degrees(turn)) for angle, turn in solution.turns.items()}
    clockwise = sum((turn - turns[first]) * (angle - first) for angle, turn in turns.items()) < 0
    sign = -1 if clockwise else 1
    errors = {angle: (turn - sign * angle + 180) % 360 - 180 for angle, turn in turns.items()}
    report = CalibrationReport(*_per_camera(kept, residuals), errors, has_flat)
    _check(report)
    rig = Rig(solution.cameras, solution.poses, turns, clockwise)
    return Calibration(rig, report, solution.boards, kept, residuals)


def _per_camera(sightings: list[Sighting], residuals: list) -> tuple[dict[str, float], dict[str, int], dict[str, int]]:
    rms, photos, corners = {}, {}, {}
    for name in sorted({sighting.camera for sighting in sightings}):
        own = [r for s, r in zip(sightings, residuals, strict=True) if s.camera == name]
        squares = np.square(np.concatenate(own)).sum(axis=1)
        rms[name], photos[name], corners[name] = float(np.sqrt(squares.mean())), len(own), len(squares)
    return rms, photos, corners


def _check(report: CalibrationReport) -> None:
    bad = [name for name, rms in report.rms.items() if rms > WORST_RMS]
    if bad:
        problems = [
            f"camera {name!r} has residuals of {report.rms[name]:.2f} pixels (RMS; {WORST_RMS:g} is the limit)"
            for name in sorted(bad, key=lambda name: -report.rms[name])
        ]
        raise CaptureError(
            f"{'; '.join(problems)}: the camera, worst first, or the board was moved between the "
            f"photographs; fix it and take them again",
            problems,
        )


def calibrate(photos: Path, out: Path, board: Board, thickness: float = 0.0) -> CalibrationReport:
    """Write `out`/rig.json, report.json and residuals.png from photographs of the board on the platen.

    The board stands tilted (30 to 60 degrees) on the platen, which turns in steps; every camera takes each step. Put
    each placement of the board into a folder of its own; one called "flat", the board lying down, tells where the
    platen's surface is. Without it, the board's lowest edge is taken to touch the platen.

    Args:
        photos: <camera>_<degrees> pictures, or folders of them by placement.
        board: as printed and measured.
        thickness: of what the board is printed on, metres.

    Raises:
        CaptureError: too few sightings or mirrored pictures; and as `solve_rig`. Each camera is named.
    """
    check_output(out, photos, marker="rig.json")
    found = solve_rig(find_boards(photos, board), board, thickness)
    report = found.report
    write_rig(out / "rig.json", found.rig)
    write_image(out / "residuals.png", draw_residuals(found.sightings, found.residuals))
    document = {
        "rms_pixels": report.rms,
        "photos": report.photos,
        "corners": report.corners,
        "turn_errors_deg": {f"{angle:g}": error for angle, error in report.turn_errors.items()},
        "platen_surface_measured": report.has_flat,
    }
    write_json(out / "report.json", document)
    return report
