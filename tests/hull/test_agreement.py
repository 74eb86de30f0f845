"""Silhouettes of meshes against shapes with known pictures."""

from dataclasses import replace

import numpy as np
import trimesh

from cleanplate.geometry import Camera, Mesh, pixel_centres, rays
from cleanplate.geometry.raster import silhouette
from cleanplate.hull import view_agreement

from .rig import CAMERA, ball, orbit


def test_sphere_covers_the_pixels_whose_rays_meet_it():
    fine = trimesh.creation.icosphere(subdivisions=6, radius=0.04)
    for camera in (CAMERA, Camera(160, 128, CAMERA.K, np.array([-0.2, 0.05, 0.001, 0, 0]))):
        pose = orbit(3)[1]
        origin, directions = rays(camera, pose, pixel_centres(160, 128).reshape(-1, 2))
        miss = np.linalg.norm(np.cross(-origin, directions), axis=1).reshape(128, 160)
        seen = silhouette(Mesh.of(fine), camera, pose)
        pixel = 0.5 / 320
        assert seen[miss < 0.04 - 0.05 * pixel].all()
        assert not seen[miss > 0.04 + 0.05 * pixel].any()


def test_mesh_out_of_the_picture_or_behind_the_camera_is_not_seen():
    pose = orbit(1)[0]
    mesh = Mesh.of(ball())
    assert not silhouette(replace(mesh, vertices=mesh.vertices + np.array([0, 10, 0])), CAMERA, pose).any()
    assert not silhouette(replace(mesh, vertices=mesh.vertices + 3 * pose.centre), CAMERA, pose).any()


def test_agreement_counts_pixels_and_sorts_worst_first():
    mesh, poses = Mesh.of(ball()), orbit(4)
    masks = [silhouette(mesh, CAMERA, pose) for pose in poses]
    rows, columns = np.nonzero(masks[2])
    masks[2][rows[:100], columns[:100]] = False
    masks[1][0, :7] = True
    worst, second, *rest = view_agreement(mesh, masks, [CAMERA] * 4, poses)
    assert (worst.view, worst.missing, worst.extra) == (2, 100, 0)
    assert worst.iou == 1 - 100 / len(rows)
    assert (second.view, second.missing, second.extra) == (1, 0, 7)
    assert [a.iou for a in rest] == [1.0, 1.0]
