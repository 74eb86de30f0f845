"""The slack of the surface is small where silhouettes know it, and large over hollows."""

import numpy as np
import trimesh
from unknown_faces import unknown_faces

from cleanplate.hull import Hull, surface_slack, unknown_share, visual_hull

from .rig import CAMERA, ball, coverage, orbit


def slack_of(mesh: trimesh.Trimesh) -> tuple[Hull, np.ndarray]:
    poses = orbit(24)
    masks = [coverage(mesh, CAMERA, pose) for pose in poses]
    hull = visual_hull(masks, [CAMERA] * 24, poses, 48)
    return hull, surface_slack(hull.vertices, masks, [CAMERA] * 24, poses)


def test_ball_is_known_all_over():
    hull, slack = slack_of(ball())
    assert np.percentile(slack, 95) < 0.3 * 0.08
    assert unknown_faces(hull, slack)[1] < 0.01


def test_open_top_is_unknown_from_rim_to_rim_and_round_sides_are_known():
    wall = trimesh.creation.annulus(0.036, 0.04, 0.06, sections=128)
    wall.apply_translation([0, 0, 0.03])
    base = trimesh.creation.cylinder(0.04, 0.004, sections=128)
    base.apply_translation([0, 0, 0.002])
    hull, slack = slack_of(trimesh.util.concatenate([wall, base]))
    vertices = hull.vertices
    radius = np.hypot(vertices[:, 0], vertices[:, 1])
    mouth = (vertices[:, 2] > 0.058) & (radius < 0.02)
    side = (np.abs(vertices[:, 2] - 0.03) < 0.015) & (radius > 0.038)
    assert mouth.any()
    assert np.median(slack[mouth]) > 0.5 * 0.08
    assert np.median(slack[side]) < 0.35 * 0.08
    unknown, share = unknown_faces(hull, slack)
    assert unknown[mouth[hull.faces].all(axis=1)].all()
    assert 0.05 < share < 0.4


def test_floor_is_taken_as_known():
    hull, slack = slack_of(ball(height=0.02))
    assert (slack[hull.vertices[:, 2] < 1e-6] == 0).all()


def test_the_unknown_share_estimates_what_the_marked_faces_have():
    poses = orbit(24)
    box = trimesh.creation.box([0.06, 0.05, 0.04])
    box.apply_translation([0, 0, 0.02])
    masks = [coverage(box, CAMERA, pose) for pose in poses]
    views = masks, [CAMERA] * 24, poses
    hull = visual_hull(*views, 48)
    exact = unknown_faces(hull, surface_slack(hull.vertices, *views))[1]
    share = unknown_share(hull, *views)
    assert share > 0.1
    assert abs(share - exact) < 0.05
