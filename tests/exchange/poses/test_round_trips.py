import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.transform import Rotation

from cleanplate.errors import CaptureError
from cleanplate.exchange.poses import PosedImage, PosedImages, read_poses, write_poses
from cleanplate.geometry import Camera, Pose
from cleanplate.image import write_image

NAMES = st.text(string.ascii_letters + string.digits + "-._", min_size=1, max_size=12).map(lambda s: f"x{s}.jpg")
SIZE = (24, 16)


def numbers(low: float, high: float, shape: int) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(float, shape, elements=st.floats(low, high).map(lambda x: round(x, 9)))


@st.composite
def cameras(draw: st.DrawFn, distortion: bool) -> Camera:
    fx, fy, cx, cy = draw(numbers(12, 5000, 4))
    K = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
    return Camera(*SIZE, K, draw(numbers(-0.05, 0.05, 5)) if distortion and draw(st.booleans()) else np.zeros(5))


@st.composite
def posed_images(draw: st.DrawFn, distortion: bool = True) -> tuple[dict[str, Camera], dict[str, PosedImage]]:
    keys = draw(st.lists(st.sampled_from(["cam00", "cam01", "7", "1e5"]), min_size=1, unique=True))
    rig = {key: draw(cameras(distortion)) for key in keys}
    images = {}
    for name in draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=str.lower)):
        vector = draw(numbers(-3.1, 3.1, 3))
        pose = Pose(Rotation.from_rotvec(vector).as_matrix(), draw(numbers(-100, 100, 3)))
        images[name] = PosedImage(draw(st.sampled_from(keys)), pose)
    return rig, images


def assert_same(a: PosedImages, b: PosedImages) -> None:
    assert list(a.images) == list(b.images)
    for name in a.images:
        mine, other = a.images[name], b.images[name]
        assert pytest.approx(mine.pose.R, abs=1e-9) == other.pose.R
        assert other.pose.t == pytest.approx(mine.pose.t, abs=1e-7)
        camera, again = a.cameras[mine.camera], b.cameras[other.camera]
        assert (again.width, again.height) == (camera.width, camera.height)
        assert pytest.approx(camera.K, rel=1e-9, abs=1e-6) == again.K
        assert again.distortion == pytest.approx(camera.distortion, abs=1e-12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("poses")


def round_trip(folder: Path, poses: PosedImages, written: str, read: str, file_name: str) -> None:
    for name in poses.images:
        if not (folder / name).exists():
            write_image(folder / name, np.zeros((SIZE[1], SIZE[0], 3), np.uint8))
    write_poses(folder / file_name, poses, written)
    assert_same(poses, read_poses(folder / file_name, folder, read))


quick = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize(
    ("written", "file_name"),
    [("colmap", "text"), ("colmap-binary", "binary"), ("nerfstudio", "transforms.json"), ("opencv", "rig.yml")],
)
@quick
@given(poses=posed_images())
def test_with_distortion(folder, written, file_name, poses):
    round_trip(folder, PosedImages(*poses), written, written.removesuffix("-binary"), file_name)


@pytest.mark.parametrize(("written", "file_name"), [("middlebury", "dino_par.txt"), ("matrices", "P.json")])
@quick
@given(poses=posed_images(distortion=False))
def test_without_distortion(folder, written, file_name, poses):
    round_trip(folder, PosedImages(*poses), written, written, file_name)


@quick
@given(poses=posed_images(), scale=st.floats(0.01, 100), turn=numbers(-3, 3, 3), shift=numbers(-5, 5, 3))
def test_moving_the_world_moves_the_points_with_it(poses, scale, turn, shift):
    R = Rotation.from_rotvec(turn).as_matrix()
    poses = PosedImages(*poses)
    moved = poses.moved(scale, R, shift)
    point = np.array([[0.3, -0.2, 0.5]])
    for name, image in poses.images.items():
        before = image.pose.to_camera(point)
        after = moved.images[name].pose.to_camera(scale * point @ R.T + shift)
        assert after == pytest.approx(scale * before, abs=1e-9 * (1 + scale) * 100)


@pytest.mark.parametrize("written", ["middlebury", "matrices"])
def test_distortion_that_a_format_cannot_hold_is_refused(written, tmp_path):
    camera = Camera(*SIZE, np.diag([20.0, 20, 1]), np.array([0.1, 0, 0, 0, 0]))
    poses = PosedImages({"left": camera}, {"a.jpg": PosedImage("left", Pose(np.eye(3), np.ones(3)))})
    with pytest.raises(CaptureError, match="camera 'left' has distortion"):
        write_poses(tmp_path / "a", poses, written)


@pytest.mark.parametrize("written", ["colmap", "nerfstudio"])
def test_skew_that_a_format_cannot_hold_is_refused(written, tmp_path):
    camera = Camera(*SIZE, np.array([[20.0, 0.5, 12], [0, 20, 8], [0, 0, 1]]))
    poses = PosedImages({"left": camera}, {"a.jpg": PosedImage("left", Pose(np.eye(3), np.ones(3)))})
    with pytest.raises(CaptureError, match="camera 'left' has skew"):
        write_poses(tmp_path / "a", poses, written)
