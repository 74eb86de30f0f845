"""Pose files from anywhere end in poses that a capture can hold, or in one sentence; and worlds are levelled."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from cleanplate.errors import CaptureError, CleanplateError
from cleanplate.exchange.poses import READERS, PosedImage, PosedImages, levelled, read_poses, write_poses
from cleanplate.exchange.poses.pictures import find_picture, upright
from cleanplate.geometry import Camera, folds_back, look_at, project
from cleanplate.geometry.axis import find_up
from cleanplate.image import write_image

CAMERA = Camera(24, 16, np.array([[30.0, 0, 12], [0, 31, 8], [0, 0, 1]]))
RING = [
    look_at(np.array([np.cos(a) + 0.2, np.sin(a) + 0.1, 0.6]), np.array([0.2, 0.1, 0.1])) for a in np.linspace(0, 5, 8)
]
FILES = {
    "colmap": "m/cameras.txt", "nerfstudio": "transforms.json", "middlebury": "a_par.txt", "matrices": "P.json",
    "opencv": "r.yml", "metashape": "c.xml", "realitycapture": "r.csv",
}  # fmt: skip
NESTED = ["[" * 100_000, '{"a":' * 100_000, "a: " + "[" * 100_000, "<a>" * 100_000, "a: &x 1\nb: *x\n", "1e400 " * 22]
MUTATED = ["m/cameras.txt", "m/images.txt", "b/cameras.bin", "b/images.bin", *list(FILES.values())[1:5]]
DOCTYPE = '<!DOCTYPE d [<!ENTITY a "aaaa">]><document>&a;</document>'


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("text", [*NESTED, DOCTYPE, "", "\0" * 50, '{"frames": [{"file_path": 3}]}', "[]", "null"])
def test_nesting_entities_and_emptiness_are_refused(kind, text, tmp_path):
    path = tmp_path / FILES[kind]
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    (path.parent / "images.txt").write_text(text)
    with pytest.raises(CleanplateError, match=r"not|no |export|picture|nested|anchors|expected"):
        read_poses(path.parent if kind == "colmap" else path, tmp_path, kind)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    write_image(folder / "a.png", np.zeros((16, 24, 3), np.uint8))
    poses = PosedImages({"1": CAMERA}, {"a.png": PosedImage("1", RING[0])})
    for kind in ("colmap", "nerfstudio", "middlebury", "matrices", "opencv"):
        write_poses(folder / ("m" if kind == "colmap" else FILES[kind]), poses, kind)
    write_poses(folder / "b", poses, "colmap-binary")
    return folder


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(
        ["m/cameras.txt", "m/images.txt", "b/cameras.bin", "b/images.bin", *list(FILES.values())[1:5]]
    ),
    place=st.floats(0, 1),
    cut=st.integers(0, 6),
    put=st.one_of(st.binary(max_size=8), st.sampled_from([b"Infinity", b"nan", b"1" * 400, b"-1", b"1e308", b"[[[["])),
)
def test_mutants_are_read_or_refused_in_a_sentence(written, kind, place, cut, put):
    path = written / kind
    original = path.read_bytes()
    at = int(place * len(original))
    path.write_bytes(original[:at] + put + original[at + cut :])
    try:
        found = read_poses(path.parent if kind[:2] in ("m/", "b/") else path, written)
        for camera in found.cameras.values():
            assert np.isfinite(camera.K).all()
            assert not folds_back(camera)
        assert all(np.isfinite(image.pose.t).all() for image in found.images.values())
    except CleanplateError as error:
        assert str(error)
    finally:
        path.write_bytes(original)


def test_fields_of_view_by_axis_and_lenses_that_ours_includes(tmp_path):
    frame = {"file_path": "a", "transform_matrix": np.eye(4).tolist()}
    base = {"w": 24, "h": 16, "frames": [frame]}
    path = tmp_path / "transforms.json"
    path.write_text(json.dumps(base | {"camera_angle_x": 2 * np.arctan(0.4), "camera_angle_y": 2 * np.arctan(0.2)}))
    assert np.diag(read_poses(path, tmp_path).cameras["cam00"].K)[:2] == pytest.approx([30, 40])
    path.write_text(
        json.dumps(base | {"y_fov": np.degrees(2 * np.arctan(0.2)), "camera_model": "SIMPLE_RADIAL", "k1": 0.1})
    )
    camera = read_poses(path, tmp_path).cameras["cam00"]
    assert np.diag(camera.K)[:2] == pytest.approx([40, 40])
    assert camera.distortion.tolist() == [0.1, 0, 0, 0, 0]
    for wrong in ({"is_fisheye": True}, {"camera_model": "OPENCV_FISHEYE"}, {"k4": 0.1}, {"k1": -9.0}, {"w": 1e300}):
        path.write_text(json.dumps(base | {"fl_x": 20, **wrong}))
        with pytest.raises(CaptureError, match=r"transforms\.json"):
            read_poses(path, tmp_path)


def test_colmap_by_hand_without_lines_of_points(tmp_path):
    (tmp_path / "cameras.txt").write_text("1 SIMPLE_RADIAL 24 16 30 12 8 0.01\n")
    (tmp_path / "images.txt").write_text(
        "1 1 0 0 0 0 0 5 1 a.png\n1 2 3\n2 1 0 0 0 0 0 6 1 b c.png\n3 1 0 0 0 0 0 7 1 d.png\n"
    )
    assert list(read_poses(tmp_path, tmp_path).images) == ["a.png", "b c.png", "d.png"]


def test_pictures_are_found_inside_their_folder_alone(tmp_path):
    write_image(tmp_path / "in/images/a.JPG", np.zeros((16, 24, 3), np.uint8))
    write_image(tmp_path / "secret.png", np.zeros((16, 24, 3), np.uint8))
    for name in ("images/a.jpg", "images/a", "C:\\shoot\\images\\a.JPG", "../x/images/a.jpg"):
        assert find_picture(tmp_path / "in", name).name == "a.JPG"
    with pytest.raises(CleanplateError, match="not found"):
        find_picture(tmp_path / "in", "../secret.png")


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_camera_sees_the_turned_picture(quarters):
    camera = Camera(24, 16, CAMERA.K, np.array([0.1, 0.02, 0.003, -0.004, 0.01]))
    points = np.random.default_rng(0).uniform(-0.2, 0.2, (5, 3))
    places = project(camera, RING[0], points)[0]
    width, height = 24, 16
    for _ in range(quarters):
        places, width, height = np.stack([places[:, 1], width - places[:, 0]], axis=-1), height, width
    turned, pose = upright(camera, RING[0], quarters)
    assert (turned.width, turned.height) == (width, height)
    assert project(turned, pose, points)[0] == pytest.approx(places)


def test_a_world_of_any_axes_and_origin_is_levelled():
    poses = PosedImages({"1": CAMERA}, {str(index): PosedImage("1", pose) for index, pose in enumerate(RING)})
    assert levelled(poses).images["0"].pose.t == pytest.approx(poses.images["0"].pose.t)
    lying = poses.moved(3.0, Rotation.from_rotvec([1.0, 0.5, -0.2]).as_matrix(), np.array([5.0, 6.0, 7.0]))
    found = levelled(lying, scale=1 / 3)
    up = find_up([image.pose for image in found.images.values()])
    assert up is not None
    assert up.turntable
    assert up.tilt_deg < 1e-3
    assert up.place == pytest.approx([0, 0, 0], abs=1e-6)
    heights = [image.pose.centre[2] for image in found.images.values()]
    assert heights == pytest.approx([0.5] * 8, abs=1e-6)
    with pytest.raises(CaptureError, match="three numbers"):
        levelled(poses, "sideways")
