"""What a photograph is believed of surfaces at a slant, and beside and behind steps of depth."""

import numpy as np
import pytest

from cleanplate.asset import Photo
from cleanplate.asset.blend import Levels, Surface, blend
from cleanplate.asset.photos import trust
from cleanplate.geometry import Camera, Mesh, look_at
from cleanplate.geometry.raster import rasterise

CAMERA = Camera(160, 128, np.array([[320.0, 0, 80], [0, 320, 64], [0, 0, 1]]))


def square(side: float, height: float = 0.0) -> Mesh:
    """A square that lies flat about the origin, facing up."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * side / 2
    return Mesh(np.column_stack([corners, np.full(4, height)]), np.array([[0, 1, 2], [0, 2, 3]]))


def seen_from(mesh: Mesh, cosine: float) -> Photo:
    """Photograph a mesh from half a metre, at a cosine to the vertical."""
    eye = 0.5 * np.array([np.sqrt(1 - cosine**2), 0.001, cosine])
    pose = look_at(eye, np.zeros(3))
    mask = rasterise(mesh, CAMERA, pose)[1] >= 0
    return Photo(np.full((128, 160, 3), 128, np.uint8), mask, CAMERA, pose)


def weights(mesh: Mesh, points: np.ndarray, photo: Photo) -> np.ndarray:
    up = np.tile([0.0, 0.0, 1.0], (len(points), 1))
    return blend(points, up, Surface(mesh, mesh.normals), [photo], Levels([1.0], [1.0])).weight


def grid(side: float, height: float = 0.0) -> np.ndarray:
    x, y = np.meshgrid(*2 * [np.linspace(-side / 2, side / 2, 41)])
    return np.column_stack([x.ravel(), y.ravel(), np.full(x.size, height)])


@pytest.mark.parametrize("cosine", [1.0, 0.5, 0.25])
def test_a_plane_seen_at_a_slant_keeps_its_view(cosine):
    mesh = square(0.15)
    photo = seen_from(mesh, cosine)
    inner = rasterise(square(0.1), CAMERA, photo.pose)[1] >= 0
    assert inner.sum() > 100
    assert (trust(photo, mesh, 1.0)[1][inner] > 0).all()
    assert (weights(mesh, grid(0.1), photo) > 0).all()


@pytest.mark.parametrize("cosine", [1.0, 0.5, 0.35])
def test_both_sides_of_a_step_of_depth_are_not_trusted_and_nothing_behind_it_is_seen(cosine):
    top, bottom = square(0.06, 0.02), square(0.15)
    mesh = Mesh(np.concatenate([bottom.vertices, top.vertices]), np.concatenate([bottom.faces, top.faces + 4]))
    photo = seen_from(mesh, cosine)
    faces = rasterise(mesh, CAMERA, photo.pose)[1]
    above = faces >= 2
    step = above[:, 1:] != above[:, :-1]
    found = trust(photo, mesh, 1.0)[1]
    assert step.sum() > 10
    assert (found[:, 1:][step] == 0).all()
    assert (found[:, :-1][step] == 0).all()
    hidden = grid(0.03) - 0.02 * np.array([np.sqrt(1 - cosine**2) / cosine, 0, 0])
    assert (weights(mesh, hidden, photo) == 0).all()
    assert (weights(mesh, grid(0.03, 0.02), photo) > 0).all()
