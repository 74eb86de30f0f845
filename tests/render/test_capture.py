"""Captures of known shapes: masks against geometry, pictures against masks, the law of the baked walls."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh

from cleanplate.capture import Capture, read_capture, validate_capture
from cleanplate.errors import MeshError
from cleanplate.geometry import Camera, Pose, pixel_centres, rays
from cleanplate.image import read_image, read_mask
from cleanplate.render import RenderError, Rig, Shot, draw_shots, render_capture
from cleanplate.render.products import Material, Part, Product
from cleanplate.render.rig import rig_camera
from cleanplate.render.scene import build_scene, build_shape_scene
from cleanplate.render.surface import prepare_surface
from cleanplate.render.trace import cast_mask, render_radiance
from render.small import ball


def _sphere_distance_px(camera: Camera, pose: Pose, centre: np.ndarray, radius: float) -> np.ndarray:
    """(h, w) signed distance in pixels from each pixel's centre to a sphere's outline, positive inside."""
    origin, directions = rays(camera, pose, pixel_centres(camera.width, camera.height).reshape(-1, 2))
    out = centre - origin
    nearest = np.linalg.norm(out - (directions @ out)[:, None] * directions, axis=1)
    focal = camera.K[0, 0] / np.linalg.norm(out)
    return ((radius - nearest) * focal).reshape(camera.height, camera.width)


def test_masks_reproject_within_half_a_pixel(ball_capture: Capture) -> None:
    for view in ball_capture.views:
        assert view.pose is not None and view.mask is not None
        mask = read_mask(ball_capture.folder / view.mask)
        camera = ball_capture.camera_of(view)
        inside = _sphere_distance_px(camera, view.pose, np.array([0, 0, 0.05]), 0.05)
        assert mask[inside > 0.5].all(), view.id
        assert not mask[inside < -0.5].any(), view.id  # no platen, no shadow, no reflection
        assert mask.any()


def test_the_true_mesh_lies_in_the_world_of_the_poses(ball_capture: Capture) -> None:
    truth = trimesh.load_mesh(ball_capture.folder / "truth.ply")
    assert truth.is_watertight
    np.testing.assert_allclose(truth.bounds, [[-0.05, -0.05, 0], [0.05, 0.05, 0.1]], atol=1e-4)


def test_pictures_and_masks_coincide(ball_capture: Capture) -> None:
    # a black ball in a white box: what is far darker than the plate is the ball, to the pixel
    for view in ball_capture.views:
        grey = read_image(ball_capture.folder / view.image).max(axis=2).astype(float)
        plate = read_image(ball_capture.folder / str(view.plate)).max(axis=2).astype(float)
        mask = read_mask(ball_capture.folder / str(view.mask))
        dark = grey < 0.62 * plate
        wide, narrow = (op(mask.astype(np.uint8), np.ones((5, 5))) > 0 for op in (cv2.dilate, cv2.erode))
        outside = wide & ~(cv2.dilate(mask.astype(np.uint8), np.ones((3, 3))) > 0)
        assert dark[mask & ~narrow].mean() > 0.8, view.id
        assert dark[outside].mean() < 0.4, view.id  # contact shadow and mirror image, below the ball only


def test_the_capture_is_valid_and_repeats_by_its_seed(
    ball_capture: Capture, rig: Rig, ball_shots: tuple[Shot, ...], tmp_path: Path
) -> None:
    assert validate_capture(ball_capture.folder) == []
    assert read_capture(ball_capture.folder).views[1].platen_deg == 200.0
    again = render_capture(ball(), rig, tmp_path / "B0BALL0001", "B0BALL0001", ball_shots, seed=5)
    for view in again.views:
        for name in (view.mask, view.plate, view.image):
            assert (again.folder / str(name)).read_bytes() == (ball_capture.folder / str(name)).read_bytes()


def test_a_plate_is_another_exposure_of_the_same_set(ball_capture: Capture) -> None:
    for view in ball_capture.views:
        mask = cv2.dilate(read_mask(ball_capture.folder / str(view.mask)).astype(np.uint8), np.ones((21, 21))) > 0
        image = read_image(ball_capture.folder / view.image).astype(float)
        plate = read_image(ball_capture.folder / str(view.plate)).astype(float)
        difference = np.abs(image - plate).mean(axis=2)[~mask]
        assert 0 < np.median(difference) < 25, view.id  # a ball this large shades the set
        assert (image != plate).any()


def test_thin_wires_stay_whole(rig: Rig) -> None:
    camera, pose = rig_camera(rig, 3)
    wire = trimesh.creation.cylinder(1.2 * rig.config.arm.distance_m / camera.K[0, 0] / 2, 0.08, sections=16)
    wire.apply_transform(trimesh.transformations.rotation_matrix(0.4, (0, 1, 0)))
    wire.apply_translation((0, 0, 0.05))
    mask = cast_mask(
        build_shape_scene([prepare_surface(wire)]), camera, pose, np.array([0.0, 0.0, rig.width, rig.height])
    )
    assert cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0] == 2


def test_baked_walls_match_full_path_tracing(rig: Rig) -> None:
    camera, pose = rig_camera(rig, 1)
    baked = render_radiance(build_scene(rig.config, rig.parts, rig.light.lightmaps), camera, pose, 32, 12, seed=1)
    full = render_radiance(build_scene(rig.config, rig.parts, None), camera, pose, 64, 16, seed=2)
    ratio = cv2.resize(baked.mean(axis=2), (6, 5), interpolation=cv2.INTER_AREA) / cv2.resize(
        full.mean(axis=2), (6, 5), interpolation=cv2.INTER_AREA
    )
    assert np.median(ratio) == pytest.approx(1.0, abs=0.06)
    assert ratio.min() > 0.7 and ratio.max() < 1.4


def test_shots_differ_and_share_the_cameras(rng: np.random.Generator) -> None:
    shots = draw_shots(10, 38, rng)
    assert len({(s.camera, s.platen_deg) for s in shots}) == 38
    counts = np.bincount([s.camera for s in shots], minlength=10)
    assert counts.min() >= 3 and counts.max() <= 4
    heavy = np.bincount([s.camera for s in draw_shots(3, 40, rng, (3, 1, 0))], minlength=3)
    assert heavy.tolist() == [30, 10, 0]
    with pytest.raises(ValueError, match="different shots"):
        draw_shots(1, 361, rng)


def test_a_product_behind_the_platen_is_refused(rig: Rig, tmp_path: Path) -> None:
    sunken = trimesh.creation.icosphere(radius=0.04)
    product = Product("sunken", "ball", 0, (Part(sunken, Material("paint", (0.5, 0.5, 0.5), 0.5)),), ())
    with pytest.raises(RenderError, match="sunken: the rig hides"):
        render_capture(product, rig, tmp_path / "B0BALL0002", "B0BALL0002", (Shot(5, 0.0),), seed=0)


def test_a_product_out_of_sight_is_refused(rig: Rig, tmp_path: Path) -> None:
    away = trimesh.creation.icosphere(radius=0.02)
    away.apply_translation((3, 0, 0.02))
    product = Product("away", "ball", 0, (Part(away, Material("paint", (0.5, 0.5, 0.5), 0.5)),), ())
    with pytest.raises(MeshError, match="away: not one pixel"):
        render_capture(product, rig, tmp_path / "B0BALL0003", "B0BALL0003", (Shot(5, 0.0),), seed=0)


def test_the_picture_has_not_changed(ball_capture: Capture) -> None:
    """Means over a 4x3 grid of each view, against values kept in the repository (regenerate: see the file)."""
    golden = json.loads((Path(__file__).parent / "golden_ball.json").read_text())
    assert golden.keys() == {view.id for view in ball_capture.views}
    for view in ball_capture.views:
        got = cv2.resize(read_image(ball_capture.folder / view.image), (4, 3), interpolation=cv2.INTER_AREA)
        np.testing.assert_allclose(got.astype(float), golden[view.id], atol=6, err_msg=view.id)
