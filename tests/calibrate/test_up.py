"""Rigs that a picture's own "up" would turn over: rolled cameras and one at the zenith; boards of an older OpenCV."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from board_photos import BOARD, PLACEMENTS

from cleanplate.calibrate import Board, find_corners
from cleanplate.calibrate.board import draw_page
from cleanplate.calibrate.detect import as_printed
from cleanplate.calibrate.initial import _motion, _upness
from cleanplate.capture.rig import read_rig
from cleanplate.errors import CleanplateError
from cleanplate.geometry import Pose, look_at, rotation_z
from cleanplate.image import write_image


@pytest.mark.parametrize("roll", [0.0, 90.0, 180.0])
@pytest.mark.parametrize("elevation", [5.0, 45.0, 85.0, 90.0])
def test_up_is_where_the_boards_printed_side_faces(roll, elevation):
    e = np.radians(elevation)
    seen = look_at(np.array([0.0, -np.cos(e), np.sin(e)]), np.zeros(3))
    seen = Pose(rotation_z(roll) @ seen.R, rotation_z(roll) @ seen.t)
    motions = [_motion(seen.R @ board.R, seen.R @ board.t + seen.t) for board in PLACEMENTS.values()]
    assert _upness(seen.R[:, 2], motions) > 0 > _upness(-seen.R[:, 2], motions)


def test_the_command_ends_well_and_tells_each_camera(photos, truth, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "cleanplate", "calibrate", "rig", str(photos), "--out", str(tmp_path)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert all(f"camera {name}: 0." in done.stderr for name in truth.cameras)
    rig = read_rig(tmp_path / "rig.json")
    assert rig.clockwise
    assert all(pose.centre[2] > 0 for pose in rig.poses.values())


def test_a_board_of_an_older_opencv_is_found(tmp_path):
    old = Board(legacy=True)
    write_image(tmp_path / "a.png", np.repeat(draw_page(old, 3000)[..., None], 3, axis=2))
    assert as_printed(Board(), [tmp_path / "a.png"]) == old
    write_image(tmp_path / "b.png", np.repeat(draw_page(Board(), 3000)[..., None], 3, axis=2))
    assert as_printed(Board(), [tmp_path / "b.png"]) == Board()


def test_the_default_board_s_page_is_a4_with_a_ruler_of_100_mm():
    page = draw_page(Board(), 4000)
    assert page.shape == (840, 1188)
    ids, pixels = find_corners(np.repeat(page[..., None], 3, axis=2), Board())
    assert len(ids) == 8 * 5
    below = page[int(pixels[:, 1].max()) + 4 * 30 + 8 :]
    columns = np.flatnonzero((below < 128).any(axis=0))
    assert np.ptp(columns) / 4000 == pytest.approx(0.1, abs=0.0005)


def test_a_board_too_large_for_any_sheet_is_refused():
    with pytest.raises(CleanplateError, match="fits on no sheet"):
        draw_page(replace(BOARD, square=0.5, marker=0.4), 100)
    assert draw_page(replace(BOARD, square=0.04, marker=0.03), 1000).shape == (297, 420)
