"""Photographs with names or poses into captures."""

from pathlib import Path

import numpy as np
import pytest

from cleanplate.capture import Capture, read_capture, validate_capture
from cleanplate.capture.naming import is_plate, list_pictures, scan_names
from cleanplate.capture.rig import Rig, read_rig, write_rig
from cleanplate.errors import CaptureError, ImageError
from cleanplate.exchange.photographs import plan_named, plan_posed, write_plan
from cleanplate.exchange.poses import PosedImage, PosedImages, levelled, poses_of, read_poses
from cleanplate.geometry import Camera, look_at, project, rotation_z
from cleanplate.image import write_image

CAMERA = Camera(24, 16, np.array([[30.0, 0, 12], [0, 30, 8], [0, 0, 1]]), np.array([0.1, 0, 0, 0, 0]))


def picture(path, value=90, size=(16, 24)):
    write_image(path, np.full((*size, 3), value, np.uint8))


def import_named(folder: Path, images: Path, rig: Rig | None = None) -> Capture:
    plates = [path for path in list_pictures(images) if is_plate(path.stem)]
    return write_plan(plan_named(images, scan_names(images), plates, rig=rig), folder, "B000000001")


def import_posed(folder: Path, images: Path, poses: PosedImages) -> Capture:
    return write_plan(plan_posed(images, poses), folder, "B000000002")


@pytest.fixture
def rig():
    return Rig({"left": CAMERA}, {"left": look_at(np.array([0.3, -0.6, 0.4]), np.zeros(3))})


@pytest.fixture
def named(tmp_path):
    for angle in ("000", "090", "112.5"):
        picture(tmp_path / f"in/left_{angle}.png")
    picture(tmp_path / "in/left_background.png", 200)
    return tmp_path / "in"


def test_names_become_a_capture_with_the_rig_s_poses(named, rig, tmp_path):
    write_rig(tmp_path / "rig.json", rig)
    import_named(tmp_path / "B000000001", named, read_rig(tmp_path / "rig.json"))
    assert validate_capture(tmp_path / "B000000001") == []
    capture = read_capture(tmp_path / "B000000001")
    assert [view.platen_deg for view in capture.views] == [0.0, 90.0, 112.5]
    assert {view.plate for view in capture.views} == {"plates/left.png"}
    for view, pose in zip(capture.views, capture.poses(), strict=True):
        assert pytest.approx(rig.pose("left", view.platen_deg).R) == pose.R


def test_a_point_on_the_turned_platen_is_seen_where_the_still_camera_sees_it(rig):
    point = np.array([[0.03, 0.01, 0.05]])
    room = point @ rotation_z(40.0).T  # the platen has carried it there
    assert project(CAMERA, rig.pose("left", 40.0), point)[0] == pytest.approx(
        project(CAMERA, rig.poses["left"], room)[0]
    )


def test_without_a_rig_there_are_masks_to_make_but_no_hull(named, tmp_path):
    capture = import_named(tmp_path / "out", named)
    assert validate_capture(tmp_path / "out") == []
    with pytest.raises(CaptureError, match="no pose"):
        capture.poses()


def test_names_that_say_nothing_are_listed(named):
    picture(named / "IMG2031.png")
    with pytest.raises(CaptureError, match=r"IMG2031.png: names must be <camera>_<degrees>"):
        scan_names(named)


def test_a_camera_that_the_rig_does_not_know_is_named(named, rig, tmp_path):
    picture(named / "right_000.png")
    with pytest.raises(CaptureError, match=r"right_000.png: the rig has no camera 'right', only left"):
        import_named(tmp_path / "out", named, rig)
    (named / "right_000.png").unlink()
    picture(named / "left_200.png", size=(10, 10))
    with pytest.raises(CaptureError, match=r"left_200.png: 10x10 pixels; camera 'left' has 24x16"):
        import_named(tmp_path / "out", named, rig)


def test_a_rig_of_another_format_is_refused(tmp_path):
    (tmp_path / "rig.json").write_text('{"format": "cleanplate-rig/9"}')
    with pytest.raises(CaptureError, match="cleanplate-rig/9"):
        read_rig(tmp_path / "rig.json")
    with pytest.raises(CaptureError, match=r"none.json"):
        read_rig(tmp_path / "none.json")


def test_posed_pictures_in_folders_become_a_capture_and_come_back(named, rig, tmp_path):
    capture = import_named(tmp_path / "a", named, rig)
    again = import_posed(tmp_path / "b", tmp_path / "a", levelled(poses_of(capture), "keep", None, 0.5))
    assert validate_capture(tmp_path / "b") == []
    assert again.views[1].pose.t == pytest.approx(0.5 * capture.views[1].pose.t)


def test_equal_names_in_two_folders_keep_apart(rig, tmp_path):
    for folder in ("l", "r"):
        picture(tmp_path / folder / "0.png")
    images = {f"{folder}/0.png": PosedImage("left", rig.poses["left"]) for folder in ("l", "r")}
    capture = import_posed(tmp_path / "out", tmp_path, PosedImages(rig.cameras, images))
    assert [view.id for view in capture.views] == ["l_0", "r_0"]


def test_a_picture_of_another_size_than_calibrated_is_refused(rig, tmp_path):
    picture(tmp_path / "0.png", size=(32, 48))
    posed = PosedImages(rig.cameras, {"0.png": PosedImage("left", rig.poses["left"])})
    with pytest.raises(ImageError, match=r"0.png: 48x32 pixels, but its camera 'left' was calibrated at 24x16"):
        import_posed(tmp_path / "out", tmp_path, posed)


def test_the_dinosaur_s_photographs_become_a_capture(shared_dir, tmp_path):
    folder = shared_dir / "real" / "dino"
    if not folder.is_dir():
        pytest.skip(f"needs {folder}")
    poses = read_poses(folder / "projection.json", folder)
    capture = import_posed(tmp_path / "dino", folder, poses)
    assert validate_capture(tmp_path / "dino") == []
    assert len(capture.views) == 36
    assert all(view.plate is None for view in capture.views)
    inside = np.array([[0.0, 0.0, -0.62]])
    for view, pose in zip(capture.views, capture.poses(), strict=True):
        camera = capture.camera_of(view)
        (x, y), depth = project(camera, pose, inside)[0][0], project(camera, pose, inside)[1]
        assert depth[0] > 0
        assert 0.2 * camera.width < x < 0.8 * camera.width
        assert 0.2 * camera.height < y < 0.8 * camera.height
