"""The hull contains the product, closes, and lies on its silhouettes."""

import cv2
import numpy as np
import pytest
import trimesh

from cleanplate.errors import ImageError, MeshError
from cleanplate.geometry import Camera, Pose, distort
from cleanplate.hull import Hull, visual_hull

from .rig import CAMERA, ball, coverage, orbit, torus


def mesh_of(hull: Hull) -> trimesh.Trimesh:
    return trimesh.Trimesh(hull.vertices, hull.faces, process=True)


def views_of(mesh: trimesh.Trimesh, count: int, camera: Camera = CAMERA) -> tuple[list, list, list]:
    poses = orbit(count)
    return [coverage(mesh, camera, pose) for pose in poses], [camera] * count, poses


def radii(hull: Hull) -> np.ndarray:
    """Distances of the vertices from the ball's centre."""
    return np.linalg.norm(hull.vertices - [0.003, -0.002, 0.05], axis=1)


@pytest.mark.parametrize("resolution", [16, 37, 96])
@pytest.mark.parametrize("shape", [ball, torus])
def test_watertight_at_any_resolution(shape, resolution):
    mesh = mesh_of(visual_hull(*views_of(shape(), 12), resolution))
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert mesh.volume > 0


def test_sphere_is_never_cut_by_more_than_a_fifth_of_a_pixel():
    hull = visual_hull(*views_of(ball(), 40), 96)
    pixel = 0.5 / 320
    assert radii(hull).min() > 0.04 - 0.2 * pixel
    assert np.percentile(radii(hull), 5) > 0.04 - 0.1 * pixel
    assert np.median(radii(hull)) < 0.04 + 0.1 * pixel


def test_binary_masks_do_not_shift_the_surface():
    masks, cameras, poses = views_of(ball(), 12)
    soft = mesh_of(visual_hull(masks, cameras, poses, 64))
    hard = mesh_of(visual_hull([mask >= 0.5 for mask in masks], cameras, poses, 64))
    pixel = 0.5 / 320
    assert abs(hard.volume - soft.volume) < 0.25 * pixel * soft.area


def test_product_on_the_floor_is_closed_there():
    mesh = ball(height=0.02)  # sinks 20 mm into the platen
    hull = mesh_of(visual_hull(*views_of(mesh, 12), 48))
    assert hull.is_watertight
    assert hull.bounds[0, 2] == pytest.approx(0.0, abs=1e-9)


def test_torus_keeps_its_hole():
    assert mesh_of(visual_hull(*views_of(torus(), 24), 64)).euler_number == 0


def test_world_may_have_any_unit_and_origin():
    masks, cameras, poses = views_of(ball(), 12)
    plain = visual_hull(masks, cameras, poses, 32, floor=None)
    shift = np.array([700.0, -200.0, 90.0])
    moved = [Pose(p.R, 1000 * p.t - p.R @ shift) for p in poses]
    other = mesh_of(visual_hull(masks, cameras, moved, 32, floor=None))
    assert other.volume == pytest.approx(1e9 * mesh_of(plain).volume, rel=1e-3)
    np.testing.assert_allclose(other.bounds, 1000 * mesh_of(plain).bounds + shift, atol=0.05)


def test_lens_distortion_is_undone():
    lens = Camera(160, 128, CAMERA.K, np.array([-0.25, 0.1, 0.002, -0.001, 0.0]))
    poses = orbit(24)
    near = [Pose(p.R, p.t + np.array([0.02, 0.01, 0])) for p in poses]  # off the axis, where the lens bends most
    bent = visual_hull([coverage(ball(), lens, pose) for pose in near], [lens] * 24, near, 64)
    straight = visual_hull([coverage(ball(), CAMERA, pose) for pose in near], [CAMERA] * 24, near, 64)
    shift = np.abs(distort(lens, np.array([[0.1, 0.08]])) - [0.1, 0.08]).max() * 320
    assert shift > 0.1  # the lens matters at this size
    assert mesh_of(bent).volume == pytest.approx(mesh_of(straight).volume, rel=2e-3)
    assert radii(bent).min() > 0.04 - 0.2 * 0.5 / 320


def test_product_out_of_frame_in_one_view_is_not_cut():
    masks, cameras, poses = views_of(ball(), 16)
    whole = mesh_of(visual_hull(masks, cameras, poses, 48))
    poses[5] = Pose(poses[5].R, poses[5].t + np.array([0.10, 0, 0]))
    masks[5] = coverage(ball(), CAMERA, poses[5])
    assert masks[5][:, -1].any()
    assert mesh_of(visual_hull(masks, cameras, poses, 48)).volume >= 0.999 * whole.volume


def test_empty_and_full_masks_are_named_and_left_out():
    masks, cameras, poses = views_of(ball(), 12)
    rest = [n for n in range(12) if n not in (3, 7)]
    clean = visual_hull([masks[n] for n in rest], cameras[2:], [poses[n] for n in rest], 32)
    masks[3], masks[7] = np.zeros_like(masks[3]), np.ones_like(masks[7])
    hull = visual_hull(masks, cameras, poses, 32)
    assert [(o.view, o.reason) for o in hull.outliers] == [
        (3, "its mask is empty"),
        (7, "its mask covers the whole picture"),
    ]
    np.testing.assert_array_equal(hull.vertices, clean.vertices)


def test_masks_that_share_no_point_are_an_error():
    masks, cameras, poses = views_of(ball(), 12)
    masks[4] = np.roll(masks[4], 60, axis=1)
    with pytest.raises(MeshError, match="empty"):
        visual_hull(masks, cameras, poses, 32, robust=False)


def test_one_view_bounds_nothing():
    masks, cameras, poses = views_of(ball(), 1)
    with pytest.raises(MeshError, match="unbounded"):
        visual_hull(masks, cameras, poses, 32, floor=None)


def test_no_usable_mask_is_an_error():
    blank = np.zeros((128, 160), bool)
    with pytest.raises(MeshError, match="no usable mask"):
        visual_hull([blank, ~blank], [CAMERA] * 2, orbit(2))


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.zeros((160, 128), bool), "shape"),
        (np.full((128, 160), 255.0), "outside of 0 to 1"),
        (np.full((128, 160), np.nan), "outside of 0 to 1"),
    ],
)
def test_masks_that_do_not_fit_are_refused(mask, message):
    with pytest.raises(ImageError, match=message):
        visual_hull([mask], [CAMERA], orbit(1))


def test_thin_wire_survives():
    wire = trimesh.creation.cylinder(0.0008, 0.08)  # half a pixel in radius
    wire.apply_translation([0, 0, 0.04])
    poses = orbit(12, high=60)
    masks = [cv2.dilate(coverage(wire, CAMERA, p), np.ones((2, 2))) > 0.3 for p in poses]
    hull = mesh_of(visual_hull(masks, [CAMERA] * 12, poses, 128))
    assert hull.is_watertight
    assert hull.body_count == 1


def test_masks_much_finer_than_the_grid_give_the_same_hull():
    fine = CAMERA.scaled(960, 768)
    big = visual_hull(*views_of(ball(), 12, fine), 24)
    small = visual_hull(*views_of(ball(), 12), 24)
    assert mesh_of(big).volume == pytest.approx(mesh_of(small).volume, rel=0.01)
    np.testing.assert_allclose(mesh_of(big).bounds, mesh_of(small).bounds, atol=0.001)
