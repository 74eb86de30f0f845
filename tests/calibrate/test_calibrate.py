import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from board_photos import BOARD, PLACEMENTS

from cleanplate.calibrate import Calibration, calibrate, find_boards, solve_rig
from cleanplate.capture.rig import read_rig
from cleanplate.errors import CaptureError
from cleanplate.geometry import project, rotation_z
from cleanplate.image import read_image, write_image


@pytest.fixture(scope="module")
def found(sightings) -> Calibration:
    return solve_rig(sightings, BOARD)


def test_residuals_and_focal_lengths(found, truth):
    assert max(found.report.rms.values()) <= 0.3
    for name, camera in truth.cameras.items():
        got = found.rig.cameras[name].K
        assert got[0, 0] == pytest.approx(camera.K[0, 0], rel=1e-3)
        assert got[1, 1] == pytest.approx(camera.K[1, 1], rel=1e-3)


def test_the_axis_as_the_boards_see_it(found):
    """In a board's own axes: within 0.1 mm and 0.02 degrees."""
    for name, true in PLACEMENTS.items():
        got = found.boards[name]
        direction = true.R.T @ [0, 0, 1]
        across = np.cross(got.R.T @ [0, 0, 1], direction)
        assert np.degrees(np.linalg.norm(across)) <= 0.02
        shift = -got.R.T @ got.t + true.R.T @ true.t
        assert np.linalg.norm(np.cross(shift, direction)) <= 1e-4


def test_the_axis_where_the_cameras_see_it(found, truth):
    """Across the line of sight, from the platen's surface to 0.16 m above: within 0.1 mm and 0.02 degrees.

    The world's z axis is the platen's axis by definition, its origin the axis' point on the platen's surface; so what
    can be wrong is where cameras see it. In a camera's own axes it errs by more, as its principal point does, and
    both cancel in the picture; along the line of sight as much as the focal length, 0.1%.
    """
    axis = np.array([[0, 0, 0], [0, 0, 0.16]])
    for name, camera in truth.cameras.items():
        there, depth = project(camera, truth.poses[name], axis)
        here, _ = project(found.rig.cameras[name], found.rig.poses[name], axis)
        low, high = (here - there) * (depth / camera.K[0, 0])[:, None]
        assert max(np.linalg.norm(low), np.linalg.norm(high)) <= 1e-4
        assert np.degrees(np.linalg.norm(high - low) / 0.16) <= 0.02


def test_points_over_the_turning_platen_are_projected_where_they_are(found, truth):
    grid = np.linspace(-0.08, 0.08, 5)
    points = np.stack(np.meshgrid(grid, grid, grid + 0.08), axis=-1).reshape(-1, 3)
    x, y, _ = np.mean([pose.centre for pose in truth.poses.values()], axis=0)
    turn = rotation_z(-90 - np.degrees(np.arctan2(y, x)))  # the cameras' middle is put at -y
    for name in truth.cameras:
        for angle in truth.turns:
            there = project(truth.cameras[name], truth.pose(name, angle), points)[0]
            here = project(found.rig.cameras[name], found.rig.pose(name, angle), points @ turn.T)[0]
            assert np.linalg.norm(here - there, axis=1).max() < 0.15


def test_steps_and_direction_of_the_platen(found, truth):
    assert found.rig.clockwise
    for angle, turn in truth.turns.items():
        assert (found.rig.turns[angle] - turn + 180) % 360 - 180 == pytest.approx(0, abs=0.02)
        assert found.report.turn_errors[angle] == pytest.approx((turn + angle + 180) % 360 - 180, abs=0.02)


def test_from_photographs_to_files(photos, tmp_path):
    report = calibrate(photos, tmp_path, BOARD)
    assert set(json.loads((tmp_path / "report.json").read_text())["rms_pixels"]) == set(report.rms)
    assert read_image(tmp_path / "residuals.png").shape[2] == 3
    rig = read_rig(tmp_path / "rig.json")
    assert rig.turns == {angle: pytest.approx(turn) for angle, turn in rig.turns.items()}
    assert rig.clockwise
    assert list(rig.cameras) == ["cam0", "cam1", "cam2"]


def test_a_moved_camera_is_named(sightings):
    moved = [
        replace(s, pixels=s.pixels + np.array([25.0, -10.0])) if s.camera == "cam1" and s.placement != "flat" else s
        for s in sightings
    ]
    with pytest.raises(CaptureError, match=r"^camera 'cam1' has residuals") as caught:
        solve_rig(moved, BOARD)
    assert caught.value.problems[0].startswith("camera 'cam1'")


def test_a_camera_apart_from_the_others_is_named(sightings):
    apart = [replace(s, placement="own") if s.camera == "cam2" else s for s in sightings]
    with pytest.raises(CaptureError, match=r"camera 'cam2' never sees a placement"):
        solve_rig(apart, BOARD)


def test_few_detections_are_named(photos, tmp_path):
    for path in sorted((photos / "left").glob("cam1_*.png"))[:3] + sorted((photos / "left").glob("cam0_*.png")):
        shutil.copy(path, tmp_path)
    with pytest.raises(CaptureError, match=r"camera 'cam1' shows the board in 3 photographs, 4 are needed"):
        find_boards(tmp_path, BOARD)


def test_mirrored_pictures_are_named(photos, tmp_path):
    for path in sorted((photos / "left").glob("cam1_*.png"))[:5]:
        write_image(tmp_path / path.name, np.ascontiguousarray(read_image(path)[:, ::-1]))
    with pytest.raises(CaptureError, match=r"camera 'cam1'.*its pictures are mirrored"):
        find_boards(tmp_path, BOARD)


def test_an_empty_folder_and_strange_names_are_named(tmp_path):
    with pytest.raises(CaptureError, match="no picture"):
        find_boards(tmp_path, BOARD)
    with pytest.raises(CaptureError, match="no such folder"):
        find_boards(tmp_path / "none", BOARD)
