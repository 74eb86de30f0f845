"""Files as other programs write them, with numbers worked out by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from cleanplate.errors import CaptureError, CleanplateError, ImageError
from cleanplate.exchange.poses import (
    guess_format,
    read_colmap,
    read_matrices,
    read_middlebury,
    read_nerfstudio,
    read_opencv,
    read_poses,
)
from cleanplate.geometry import look_at, project
from cleanplate.image import write_image


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    write_image(tmp_path / "a.png", np.zeros((16, 24, 3), np.uint8))
    return tmp_path


def test_opencv_s_pixel_centre_is_moved_by_half_and_colmap_s_is_not(pictures):
    P = np.array([[20.0, 0, 12, 0], [0, 20, 8, 0], [0, 0, 1, 5]])
    (pictures / "P.json").write_text(json.dumps({"a.png": (-3 * P).tolist()}))
    posed = read_matrices(pictures / "P.json", pictures)
    camera, pose = posed.cameras["cam00"], posed.images["a.png"].pose
    at = project(camera, pose, np.array([[0.0, 0, 0]]))[0][0]
    assert at == pytest.approx([12 * 0 + 0.5, 0.5])  # P sends the origin to pixel (0, 0), whose centre is (.5, .5)
    (pictures / "cameras.txt").write_text("# comment\n1 SIMPLE_RADIAL 24 16 20 12 8 0.1\n")
    (pictures / "images.txt").write_text("# c\n# c\n5 1 0 0 0 0 0 5 1 sub dir/a b.png\n1 2 -1 3 4 -1\n")
    colmap = read_colmap(pictures)
    assert colmap.cameras["1"].K[:2, 2] == pytest.approx([12, 8])
    assert colmap.cameras["1"].distortion == pytest.approx([0.1, 0, 0, 0, 0])
    assert list(colmap.images) == ["sub dir/a b.png"]


def test_a_left_handed_world_is_mirrored_so_that_the_cameras_look_at_the_scene(tmp_path):
    K = np.array([[30.0, 0, 11.5], [0, 30, 7.5], [0, 0, 1]])
    point, matrices, places = np.array([[0.02, 0.03, 0.05]]), {}, []
    for k, eye in enumerate(np.array([[0.6, 0, 0.3], [0, 0.7, 0.2], [-0.5, -0.5, 0.4]])):
        pose = look_at(eye, np.zeros(3))
        write_image(tmp_path / f"{k}.png", np.zeros((16, 24, 3), np.uint8))
        P = K @ np.column_stack([pose.R, pose.t])
        places.append((P @ [*point[0], 1])[:2] / (P @ [*point[0], 1])[2])
        matrices[f"{k}.png"] = (P @ np.diag([-1, 1, 1, 1])).tolist()  # x is mirrored
    (tmp_path / "P.json").write_text(json.dumps(matrices))
    posed = read_matrices(tmp_path / "P.json", tmp_path)
    mirrored = point * [-1, -1, 1]
    for (name, image), place in zip(posed.images.items(), places, strict=True):
        pixels, depth = project(posed.cameras[image.camera], image.pose, mirrored)
        assert depth[0] > 0, name
        assert pixels[0] == pytest.approx(place + 0.5)


def test_colmap_images_without_points_have_empty_lines(tmp_path):
    (tmp_path / "cameras.txt").write_text("1 PINHOLE 24 16 20 21 12 8\n")
    (tmp_path / "images.txt").write_text("1 1 0 0 0 0 0 5 1 a.png\n\n2 0 1 0 0 0 0 6 1 b.png\n\n")
    images = read_colmap(tmp_path).images
    assert list(images) == ["a.png", "b.png"]
    assert pytest.approx(np.diag([1, -1, -1])) == images["b.png"].pose.R


def test_nerfstudio_s_camera_looks_along_minus_z(tmp_path):
    matrix = np.eye(4)
    matrix[2, 3] = 3.0
    frame = {"file_path": "a", "transform_matrix": matrix.tolist()}
    document = {"w": 24, "h": 16, "camera_angle_x": 2 * np.arctan(0.5), "frames": [frame]}
    (tmp_path / "transforms.json").write_text(json.dumps(document))
    posed = read_nerfstudio(tmp_path / "transforms.json")
    pixels, depth = project(posed.cameras["cam00"], posed.images["a"].pose, np.array([[0.0, 0, 0], [0, 1, 0]]))
    assert depth == pytest.approx([3, 3])
    assert pixels[0] == pytest.approx([12, 8])
    assert pixels[1] == pytest.approx([12, 0])  # up in the world is up in the picture


def test_middlebury(pictures):
    numbers = [40, 0, 12, 0, 40, 8, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 2]
    (pictures / "x_par.txt").write_text("1\na.png " + " ".join(map(str, numbers)) + "\n")
    posed = read_poses(pictures / "x_par.txt", pictures)
    assert posed.cameras["cam00"].K[:2, 2] == pytest.approx([12.5, 8.5])
    assert posed.images["a.png"].pose.t == pytest.approx([0, 0, 2])
    assert read_middlebury(pictures / "x_par.txt", pictures, pixel_shift=0).cameras["cam00"].K[0, 2] == 12


def test_a_single_camera_s_opencv_calibration(tmp_path):
    (tmp_path / "c.yml").write_text(
        "%YAML:1.0\n---\nimage_width: 24\nimage_height: 16\ncamera_matrix: !!opencv-matrix\n   rows: 3\n   cols: 3\n"
        "   dt: d\n   data: [ 20., 0., 11.5, 0., 20., 7.5, 0., 0., 1. ]\n"
    )
    posed = read_opencv(tmp_path / "c.yml")
    assert posed.images == {}
    assert posed.cameras["cam00"].K[:2, 2] == pytest.approx([12, 8])


COLMAP = ("cameras.txt", "images.txt")
BAD = [
    (("cameras.txt", "1 OPENCV_FISHEYE 24 16 1 1 1 1 0 0 0 0\n"), "colmap", "model OPENCV_FISHEYE"),
    (("cameras.txt", "1 PINHOLE 24 16 1 1 1\n"), "colmap", "PINHOLE has 4 parameters, got 3"),
    (("cameras.txt", "1 PINHOLE x 16 1 1 1 1\n"), "colmap", "not a line of a camera"),
    (("transforms.json", '{"frames": [{"file_path": "a.png"}]}'), "nerfstudio", "'transform_matrix' is missing"),
    (("transforms.json", "[]"), "nerfstudio", "not a transforms.json"),
    (("x_par.txt", "2\n"), "middlebury", "announces 2 pictures and has 0"),
    (("x_par.txt", ""), "middlebury", "not a Middlebury"),
    (("x_par.txt", "1\na.png 1 2 3\n"), "middlebury", "3 numbers, expected 21"),
    (("P.json", '{"a.png": [[1, 2], [3, 4]]}'), "matrices", "expected 3x4"),
    (("P.json", '{"a.png": [[0,0,0,1],[0,0,0,1],[0,0,0,1]]}'), "matrices", "singular"),
    (("P.json", "{nope"), "matrices", "not JSON"),
    (("rig.yml", "hello"), "opencv", "rig.yml"),
    (("rig.yml", "%YAML:1.0\n---\nimage_width: 4\n"), "opencv", "no image_width and image_height"),
]


@pytest.mark.parametrize(("file", "kind", "message"), BAD)
def test_a_broken_file_is_named_with_its_fault(pictures, file, kind, message):
    (pictures / file[0]).write_text(file[1])
    if kind == "colmap":
        (pictures / "images.txt").write_text("1 1 0 0 0 0 0 5 1 a.png\n")
    with pytest.raises(CaptureError, match=message):
        read_poses(pictures if kind == "colmap" else pictures / file[0], pictures, kind)


@pytest.mark.parametrize("kind", ["colmap", "nerfstudio", "middlebury", "matrices", "opencv"])
def test_a_missing_file_is_named(kind, tmp_path):
    with pytest.raises(CaptureError, match=r"not found|no COLMAP model"):
        read_poses(tmp_path / "none.json", tmp_path, kind)


def test_a_truncated_binary_model_is_named(tmp_path):
    (tmp_path / "cameras.bin").write_bytes(b"\1\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0")
    with pytest.raises(CaptureError, match=r"cameras.bin: ends too early"):
        read_colmap(tmp_path)


def test_a_missing_picture_is_named(tmp_path):
    (tmp_path / "P.json").write_text(json.dumps({"gone.png": np.eye(3, 4).tolist()}))
    with pytest.raises(ImageError, match=r"gone.png: not found"):
        read_matrices(tmp_path / "P.json", tmp_path)


def test_formats_are_guessed_from_names(tmp_path):
    assert guess_format(tmp_path) == "colmap"
    for name, kind in [("transforms_train.json", "nerfstudio"), ("projection.json", "matrices"), ("r.yaml", "opencv")]:
        assert guess_format(Path(name)) == kind
    with pytest.raises(CleanplateError, match="tells no pose format"):
        guess_format(Path("poses.npz"))
