"""Laws of cameras and poses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.geometry import (
    Camera,
    Pose,
    decompose_projection,
    elevation,
    index_to_pixel,
    look_at,
    pixel_centres,
    pixel_to_index,
    project,
    rays,
    rotation_z,
    to_metres,
    unproject,
)

numbers = st.floats(-1, 1)
small = st.floats(-0.05, 0.05)


@st.composite
def cameras(draw: st.DrawFn) -> Camera:
    # Within 30 degrees of the axis: farther out a strong lens folds back on itself and has no inverse.
    focal = draw(st.floats(800, 3000))
    K = np.array([[focal, 0, draw(st.floats(250, 390))], [0, focal * draw(st.floats(0.9, 1.1)), 256.0], [0, 0, 1.0]])
    return Camera(640, 512, K, np.array([draw(small), draw(small), draw(small) / 10, draw(small) / 10, draw(small)]))


@st.composite
def poses(draw: st.DrawFn) -> Pose:
    azimuth, height = draw(st.floats(0, 360)), draw(st.floats(0.05, 1.0))
    return look_at(rotation_z(azimuth) @ np.array([0.7, 0.0, height]), np.array([0.0, 0.0, 0.05]))


@given(cameras(), poses(), st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=20))
def test_unproject_inverts_project(camera: Camera, pose: Pose, points: list[tuple[float, float, float]]) -> None:
    world = np.array(points) * 0.1
    pixels, depth = project(camera, pose, world)
    np.testing.assert_allclose(unproject(camera, pose, pixels, depth), world, atol=1e-9)


@given(cameras(), poses(), st.tuples(st.floats(0, 640), st.floats(0, 512)), st.floats(0.2, 2))
def test_points_on_a_ray_project_to_its_pixel(
    camera: Camera, pose: Pose, pixel: tuple[float, float], distance: float
) -> None:
    origin, directions = rays(camera, pose, np.array([pixel]))
    assert np.linalg.norm(directions[0]) == pytest.approx(1)
    np.testing.assert_allclose(project(camera, pose, origin + distance * directions)[0], [pixel], atol=1e-6)


@given(cameras(), poses(), st.sampled_from([1.0, -3.5, 0.01]))
def test_a_projection_matrix_gives_back_its_parts(camera: Camera, pose: Pose, scale: float) -> None:
    P = scale * camera.K @ np.column_stack([pose.R, pose.t])
    K, found = decompose_projection(P)
    np.testing.assert_allclose(K, camera.K, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.R, pose.R, atol=1e-8)
    np.testing.assert_allclose(found.t, pose.t, atol=1e-8)


def test_a_singular_projection_matrix_is_refused() -> None:
    with pytest.raises(ValueError, match="singular"):
        decompose_projection(np.zeros((3, 4)))


def test_projection_agrees_with_opencv() -> None:
    import cv2

    camera = Camera(
        640, 512, np.array([[800.0, 0, 321], [0, 810, 255], [0, 0, 1]]), np.array([0.1, -0.05, 1e-3, -2e-3, 0.01])
    )
    pose = look_at(np.array([0.6, 0.2, 0.4]), np.zeros(3))
    points = np.random.default_rng(0).uniform(-0.1, 0.1, (50, 3))
    theirs, _ = cv2.projectPoints(points, cv2.Rodrigues(pose.R)[0], pose.t, camera.K, camera.distortion)
    np.testing.assert_allclose(project(camera, pose, points)[0], theirs[:, 0], atol=1e-9)


def test_points_behind_the_camera_have_no_pixel() -> None:
    pose = look_at(np.array([1.0, 0, 0]), np.zeros(3))
    pixels, depth = project(Camera(64, 64, np.diag([64.0, 64, 1])), pose, np.array([[2.0, 0, 0], [0, 0, 0]]))
    assert np.isnan(pixels[0]).all()
    assert np.isfinite(pixels[1]).all()
    assert depth[0] < 0 < depth[1]


def test_a_camera_looks_where_it_is_aimed_with_up_at_the_top() -> None:
    camera = Camera(640, 512, np.array([[800.0, 0, 320], [0, 800, 256], [0, 0, 1]]))
    pose = look_at(np.array([0.5, 0.5, 0.5]), np.array([0.0, 0, 0.1]))
    pixels, _ = project(camera, pose, np.array([[0.0, 0, 0.1], [0, 0, 0.2]]))
    np.testing.assert_allclose(pixels[0], [320, 256], atol=1e-9)
    assert pixels[1, 1] < 256
    np.testing.assert_allclose(pose.centre, [0.5, 0.5, 0.5])
    assert elevation(pose) == pytest.approx(np.degrees(np.arctan(0.5 / np.hypot(0.5, 0.5))))


def test_a_camera_may_look_straight_down() -> None:
    pose = look_at(np.array([0.0, 0, 1]), np.zeros(3))
    np.testing.assert_allclose(pose.R @ pose.R.T, np.eye(3), atol=1e-12)
    assert elevation(pose) == pytest.approx(90)


def test_eye_and_target_must_differ() -> None:
    with pytest.raises(ValueError, match="two different points"):
        look_at(np.zeros(3), np.zeros(3))


def test_the_first_pixels_centre_is_at_a_half() -> None:
    centres = pixel_centres(3, 2)
    assert centres.shape == (2, 3, 2)
    assert centres[0, 0].tolist() == [0.5, 0.5]
    assert centres[1, 2].tolist() == [2.5, 1.5]


@given(st.lists(st.tuples(st.integers(-10, 10_000), st.integers(-10, 10_000)), min_size=1))
def test_pixel_and_index_are_inverse(indices: list[tuple[int, int]]) -> None:
    assert pixel_to_index(index_to_pixel(np.array(indices))).tolist() == [list(pair) for pair in indices]


@given(cameras(), poses())
def test_a_resized_image_sees_the_same_rays(camera: Camera, pose: Pose) -> None:
    half = camera.scaled(320, 256)
    pixels = np.array([[100.0, 200.0], [600, 17]])
    np.testing.assert_allclose(rays(camera, pose, pixels)[1], rays(half, pose, pixels / 2)[1], atol=1e-9)


def test_units() -> None:
    assert [to_metres(unit) for unit in ("m", "cm", "mm", "in")] == [1.0, 0.01, 0.001, 0.0254]
    with pytest.raises(ValueError, match="furlong"):
        to_metres("furlong")
