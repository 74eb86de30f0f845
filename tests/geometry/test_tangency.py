"""Planes through two centres that touch a product touch both outlines, and where they touch lies the product."""

import numpy as np
import trimesh

from cleanplate.geometry import Camera, Mesh, look_at, rotation_z
from cleanplate.geometry.raster import silhouette
from cleanplate.geometry.tangency import cast_rays, outline_of, tangency, useful_pairs

CAMERA = Camera(320, 256, np.array([[640.0, 0, 160], [0, 640, 128], [0, 0, 1]]))


def orbit(elevation: float, count: int = 12):
    e = np.radians(elevation)
    eyes = [rotation_z(360 * n / count) @ [0.5 * np.cos(e), 0, 0.5 * np.sin(e) + 0.03] for n in range(count)]
    return [look_at(eye, np.array([0, 0, 0.03])) for eye in eyes]


def seen(poses, mesh=None, camera=CAMERA):
    mesh = mesh or trimesh.creation.icosphere(subdivisions=4, radius=0.05).apply_translation([0.02, 0.01, 0.05])
    return [outline_of(silhouette(Mesh.of(mesh), camera, pose)) for pose in poses]


def test_right_poses_miss_by_less_than_a_pixel_and_wrong_ones_by_more():
    poses = orbit(25)
    outlines = seen(poses)
    rays = cast_rays(outlines, [CAMERA] * 12, poses)
    pairs = useful_pairs(rays)
    assert len(pairs) > 40
    assert np.nanmax(np.abs(tangency(rays, pairs).misses)) < 1.0
    wrong = cast_rays(outlines, [CAMERA] * 12, orbit(35))
    assert np.nanmedian(np.abs(tangency(wrong, pairs).misses)) > 2.0


def test_frontier_points_lie_on_the_product():
    poses = orbit(25)
    rays = cast_rays(seen(poses), [CAMERA] * 12, poses)
    points = tangency(rays, useful_pairs(rays), points=True).points.reshape(-1, 3)
    away = np.linalg.norm(points - [0.02, 0.01, 0.05], axis=1)
    assert np.nanmedian(np.abs(away - 0.05)) < 0.0005


def test_the_picture_s_border_is_no_outline_and_specks_are_no_product():
    mask = np.zeros((64, 80), bool)
    mask[20:64, 30:50] = True  # cut off below
    mask[2, 2] = True
    outline = outline_of(mask)
    assert outline.corners[:, 1].min() == 20
    assert outline.corners[:, 0].min() == 30
    assert not outline.real[outline.corners[:, 1] > 63].any()
    assert outline.real[outline.corners[:, 1] < 30].all()
    assert outline_of(np.zeros((8, 8), bool)) is None
