"""Poses of a turntable from silhouettes and angles alone; what they leave open is said and not invented."""

from functools import cache

import numpy as np
import pytest
import trimesh

from cleanplate.calibrate import SilhouetteView, rig_from_silhouettes
from cleanplate.errors import CaptureError
from cleanplate.evaluate.occupancy import occupancy
from cleanplate.geometry import Camera, Mesh, Pose, look_at, rotation_z
from cleanplate.geometry.raster import silhouette
from cleanplate.hull import visual_hull

WIDTH, HEIGHT = 320, 256
GUESS = Camera(WIDTH, HEIGHT, np.array([[400.0, 0, 160], [0, 400, 128], [0, 0, 1]]))


def product() -> trimesh.Trimesh:
    """A box with an arm: nothing about it is symmetric."""
    body = trimesh.creation.box([0.08, 0.05, 0.07]).apply_translation([0.005, 0, 0.035])
    arm = trimesh.creation.box([0.06, 0.015, 0.015]).apply_translation([0.06, 0.01, 0.05])
    return trimesh.util.concatenate([body, arm])


def bottle(x: float = 0.0) -> trimesh.Trimesh:
    profile = np.array([[0, 0], [0.03, 0], [0.03, 0.08], [0.01, 0.11], [0.01, 0.13], [0, 0.13]])
    return trimesh.creation.revolve(profile, sections=96).apply_translation([x, 0, 0])


@cache
def camera_at(elevation: float, azimuth: float = -90.0, focal: float = 700.0, roll: float = 0.0) -> tuple[Camera, Pose]:
    e, a = np.radians([elevation, azimuth])
    aim = np.array([0, 0, 0.04])
    pose = look_at(aim + 0.6 * np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)]), aim)
    K = np.array([[focal, 0, 160], [0, focal, 128], [0, 0, 1]])
    return Camera(WIDTH, HEIGHT, K), Pose(rotation_z(roll) @ pose.R, rotation_z(roll) @ pose.t)


def turn(mesh, name, camera, fixed, steps=24, clockwise=False):
    sign = -1 if clockwise else 1
    angles = [360 * n / steps for n in range(steps)]
    poses = [Pose(fixed.R @ rotation_z(sign * angle), fixed.t) for angle in angles]
    masks = [silhouette(Mesh.of(mesh), camera, pose) for pose in poses]
    views = [SilhouetteView(f"{name}_{a:g}", name, a, m) for a, m in zip(angles, masks, strict=True)]
    return views, [camera] * steps, poses


def hull_iou(views, cameras, poses, rig) -> float:
    masks = [view.mask for view in views]
    true = visual_hull(masks, cameras, poses, 96, robust=False)
    own = visual_hull(
        masks,
        [rig.cameras[view.camera] for view in views],
        [rig.pose(view.camera, view.platen_deg) for view in views],
        96,
        robust=False,
    )
    low, high = true.vertices.min(axis=0) - 0.01, true.vertices.max(axis=0) + 0.01
    a, b = (occupancy(mesh, low, (high - low) / 100, (101, 101, 101)) for mesh in (true, own))
    return float((a & b).sum() / (a | b).sum())


@pytest.mark.parametrize(
    ("elevation", "focal", "roll", "clockwise", "length"),
    [
        (8.0, 700.0, 0.0, False, {"height": 0.07}),
        (30.0, 700.0, 3.0, True, {"width": None}),
        (60.0, 500.0, 0.0, False, {"width": None}),
    ],
)
def test_the_hull_is_that_of_the_true_poses(elevation, focal, roll, clockwise, length):
    mesh = product()
    camera, pose = camera_at(elevation, focal=focal, roll=roll)
    views, cameras, poses = turn(mesh, "cam", camera, pose, clockwise=clockwise)
    plan = mesh.convex_hull.vertices[:, :2]
    length = {k: v or float(np.linalg.norm(plan[:, None] - plan[None], axis=-1).max()) for k, v in length.items()}
    rig, report = rig_from_silhouettes(views, {"cam": GUESS}, **length)
    assert report.clockwise == clockwise
    assert report.elevations["cam"] == pytest.approx(elevation, abs=1.0)
    assert report.focals["cam"] == pytest.approx(focal, rel=0.06)
    assert report.median < 0.5
    assert report.odd == ()
    assert hull_iou(views, cameras, poses, rig) > 0.95


def test_cameras_all_around_come_into_one_world():
    mesh = product()
    groups = [
        turn(mesh, name, *camera_at(elevation, azimuth), steps=12)
        for name, elevation, azimuth in [("low", 12.0, -90.0), ("high", 50.0, 20.0)]
    ]
    views, cameras, poses = ([each for group in groups for each in group[part]] for part in range(3))
    rig, report = rig_from_silhouettes(views, {"low": GUESS, "high": GUESS}, height=0.07)
    assert report.elevations == pytest.approx({"low": 12.0, "high": 50.0}, abs=1.0)
    turned = np.degrees([np.arctan2(*rig.poses[name].centre[1::-1]) for name in ("high", "low")])
    assert (turned[0] - turned[1]) % 360 == pytest.approx(110.0, abs=1.5)
    # The first camera by name stands at -y: the world is turned as a whole, and the hulls are compared in one.
    spin = rotation_z(float(20.0 - turned[0]))
    moved = {name: Pose(pose.R @ spin.T, pose.t) for name, pose in rig.poses.items()}
    rig = type(rig)(rig.cameras, moved, rig.turns, rig.clockwise)
    assert hull_iou(views, cameras, poses, rig) > 0.95


def test_a_bottle_on_the_axis_tells_no_elevation_and_one_beside_it_does():
    camera, pose = camera_at(30.0)
    with pytest.raises(CaptureError, match=r"do not tell how high the camera stands.* put it off the middle"):
        rig_from_silhouettes(turn(bottle(), "cam", camera, pose)[0], {"cam": GUESS}, height=0.13)
    _, report = rig_from_silhouettes(turn(bottle(0.03), "cam", camera, pose)[0], {"cam": GUESS}, height=0.13)
    assert report.elevations["cam"] == pytest.approx(30.0, abs=1.0)


def test_a_camera_that_moved_is_named_with_its_pictures():
    mesh = product()
    camera, pose = camera_at(25.0)
    views, _, _ = turn(mesh, "cam", camera, pose)
    bumped, _, _ = turn(mesh, "cam", camera, Pose(pose.R, pose.t + np.array([0.006, 0.006, 0])))
    _, report = rig_from_silhouettes([*views[:20], *bumped[20:]], {"cam": GUESS}, height=0.07)
    assert "4 of 24 views miss the others' silhouettes" in report.odd[0]
    for view in views[20:]:
        assert f"{view.id} (" in report.odd[0]


def test_what_cannot_be_right_is_refused_by_name():
    mesh = product()
    camera, pose = camera_at(25.0)
    views, _, _ = turn(mesh, "cam", camera, pose)
    with pytest.raises(CaptureError, match="give the product's width or height"):
        rig_from_silhouettes(views, {"cam": GUESS})
    with pytest.raises(CaptureError, match="2 views of a camera are too few"):
        rig_from_silhouettes(views[:2], {"cam": GUESS}, height=0.07)
    shuffled = [
        SilhouetteView(view.id, "cam", other.platen_deg, view.mask)
        for view, other in zip(views, np.random.default_rng(1).permutation(views), strict=True)
    ]
    with pytest.raises(CaptureError, match="contradict each other"):
        rig_from_silhouettes(shuffled, {"cam": GUESS}, height=0.07)
    with pytest.raises(CaptureError, match="no mask shows a product"):
        rig_from_silhouettes(
            [SilhouetteView(v.id, "cam", v.platen_deg, np.zeros_like(v.mask)) for v in views], {"cam": GUESS}, height=1
        )
