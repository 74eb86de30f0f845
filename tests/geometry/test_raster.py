from dataclasses import replace

import numpy as np
import pytest
import trimesh

from cleanplate.geometry import Camera, Mesh, look_at, pixel_centres, project, rays
from cleanplate.geometry.raster import rasterise, silhouette

CAMERA = Camera(80, 60, np.array([[90.0, 0, 41.3], [0, 95.0, 28.6], [0, 0, 1]]))
POSE = look_at(np.array([0.1, -1.0, 0.4]), np.zeros(3))


def test_depth_and_face_agree_with_rays_against_a_slanted_triangle():
    corners = np.array([[-0.2, 0.1, -0.1], [0.3, -0.1, -0.05], [0.05, 0.2, 0.25]])
    depth, face = rasterise(Mesh(corners, np.array([[0, 1, 2]])), CAMERA, POSE)
    centre, directions = rays(CAMERA, POSE, pixel_centres(80, 60).reshape(-1, 2))
    normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    points = centre + directions * ((corners[0] - centre) @ normal / (directions @ normal))[:, None]
    weights = np.linalg.lstsq(
        np.vstack([corners.T, np.ones(3)]), np.vstack([points.T, np.ones(len(points))]), rcond=None
    )[0].T
    inside = (weights > 1e-9).all(axis=1).reshape(60, 80)
    assert np.array_equal(face == 0, inside)
    assert inside.sum() > 100
    expected = project(CAMERA, POSE, points)[1].reshape(60, 80)
    assert depth[inside] == pytest.approx(expected[inside], rel=1e-9)
    assert np.isinf(depth[~inside]).all()


def test_the_nearer_face_wins_whatever_the_order():
    quad = np.array([[-0.1, 0, -0.1], [0.1, 0, -0.1], [0.1, 0, 0.1], [-0.1, 0, 0.1]])
    vertices = np.vstack([quad, quad + np.array([0, 0.2, 0])])
    near, far = np.array([[0, 1, 2], [0, 2, 3]]), np.array([[4, 5, 6], [4, 6, 7]])
    for faces in (np.vstack([near, far]), np.vstack([far, near])):
        depth, face = rasterise(Mesh(vertices, faces), CAMERA, look_at(np.array([0.0, -1, 0]), np.zeros(3)))
        first = faces[face[28, 41]]
        assert depth[28, 41] == pytest.approx(1.0)
        assert set(first) <= {0, 1, 2, 3}


def test_triangles_that_reach_behind_the_camera_are_left_out():
    corners = np.array([[0.0, 0.5, 0], [0.1, 0.5, 0], [0.0, -3.0, 0.0]])
    assert (rasterise(Mesh(corners, np.array([[0, 1, 2]])), CAMERA, POSE)[1] == -1).all()


@pytest.mark.parametrize("distortion", [np.zeros(5), np.array([-0.2, 0.05, 0.001, 0, 0])])
def test_the_silhouette_is_where_the_z_buffer_holds_a_face(distortion):
    sphere = Mesh.of(trimesh.creation.icosphere(4, 0.2))
    camera = replace(CAMERA, distortion=distortion)
    seen = silhouette(sphere, camera, POSE)
    depth, face = rasterise(sphere, camera, POSE)
    assert seen.any()
    assert np.array_equal(seen, face >= 0)
    assert np.array_equal(seen, np.isfinite(depth))
