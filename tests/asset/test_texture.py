from dataclasses import replace

import numpy as np
import pytest

from cleanplate.asset import preview, texture_mesh
from cleanplate.asset.atlas import unwrap
from cleanplate.asset.blend import _sharpness
from cleanplate.asset.fill import fill_gutters, fill_unseen
from cleanplate.asset.model import Model
from cleanplate.asset.photos import cropped, without_distortion

from .conftest import photograph


@pytest.fixture(scope="module")
def textured(torus, photos) -> tuple[Model, float]:
    return texture_mesh(torus, photos, 512)


def test_a_new_view_shows_the_painted_colours(torus, textured):
    truth = photograph(torus, azimuth=100.0, elevation=30.0)
    image, hit = preview(textured[0], truth.camera, truth.pose)
    assert (hit == truth.mask).mean() > 0.999
    error = np.abs(image[hit].astype(float) - truth.image[hit]).max(axis=1)
    assert np.median(error) < 3
    assert np.quantile(error, 0.95) < 12


def test_no_background_at_silhouettes_or_anywhere_in_the_atlas(textured):
    assert textured[0].texture[..., 2].max() < 70  # the background's blue is 255, the paint's at most 40


def test_exposure_differences_leave_no_seams(torus, photos):
    uneven = [
        replace(photo, image=np.clip(photo.image * (0.85 if k % 2 else 1.1), 0, 255).astype(np.uint8))
        for k, photo in enumerate(photos)
    ]
    model, _ = texture_mesh(torus, uneven, 512)
    truth = photograph(torus, azimuth=100.0, elevation=30.0)
    image, hit = preview(model, truth.camera, truth.pose)
    ratio = image[hit].astype(float).sum(axis=1) / truth.image[hit].astype(float).sum(axis=1)
    assert np.std(np.log(ratio)) < 0.25 * np.std(np.log([0.85, 1.1]))


def test_a_blurred_view_counts_less_and_a_slightly_softer_one_as_much():
    rng = np.random.default_rng(0)
    detail = np.tile(rng.normal(0, 0.05, 300), (6, 1))
    detail[1] *= 0.5
    detail[2] *= 0.95
    weight = np.ones((6, 300))
    weight[5, :200] = 0  # sees only a part, as sharply
    found = np.array(_sharpness(detail, weight))
    assert found[[0, 2, 3, 4, 5]] == pytest.approx(1)
    assert 0.2 < found[1] < 0.5
    assert _sharpness(np.zeros((3, 5)), np.ones((3, 5))) == [1, 1, 1]


def test_every_seam_has_one_colour_on_both_sides(textured):
    """Seam vertices have several places in the atlas; all must show the same colour, or the seam is visible."""
    model = textured[0]
    size = len(model.texture)
    columns, rows = (model.uv * [size, -size] + [0, size]).astype(int).clip(0, size - 1).T
    colours = model.texture[rows, columns].astype(int)
    _, point = np.unique(model.vertices, axis=0, return_inverse=True)
    order = np.argsort(point.ravel(), kind="stable")
    same = np.diff(point.ravel()[order]) == 0
    steps = np.abs(np.diff(colours[order], axis=0)).max(axis=1)[same]
    assert same.sum() > 50
    assert np.quantile(steps, 0.95) < 15


def test_the_unseen_side_continues_the_seen_one(torus, photos):
    front = [photo for photo in photos if photo.pose.centre[1] < -0.3]
    model, seen = texture_mesh(torus, front, 256)
    assert 0.2 < seen < 0.7
    truth = photograph(torus, azimuth=90.0, elevation=10.0)
    image, hit = preview(model, truth.camera, truth.pose)
    low, high = truth.image[hit].min(axis=0), truth.image[hit].max(axis=0)
    assert (image[hit] >= low.astype(int) - 20).all()
    assert (image[hit] <= high.astype(int) + 20).all()


def test_distortion_is_taken_out(torus):
    photo = photograph(torus, -90.0, 20.0)
    bent = replace(photo, camera=replace(photo.camera, distortion=np.array([-0.3, 0.1, 0.01, -0.01, 0.0])))
    # Photographs through the bent lens: look the straight picture up where each bent pixel looks.
    import cv2

    from cleanplate.geometry import pixel_centres, pixels_to_directions

    places = pixels_to_directions(bent.camera, pixel_centres(320, 256).reshape(-1, 2)) @ photo.camera.K.T
    places = (places[:, :2] - 0.5).reshape(256, 320, 2).astype(np.float32)
    bent = replace(bent, image=cv2.remap(photo.image, places, None, cv2.INTER_LINEAR))
    straight = without_distortion(bent)
    inside = cv2.erode(photo.mask.astype(np.uint8), np.ones((9, 9))) > 0
    assert np.abs(straight.image[inside].astype(int) - photo.image[inside]).mean() < 1.5


def test_a_crop_sees_the_same_points_in_the_same_pixels(torus, photos):
    from cleanplate.geometry import project

    photo, part = photos[3], cropped(photos[3], torus.vertices, margin=3)
    here, there = (project(p.camera, p.pose, torus.vertices)[0] for p in (photo, part))
    assert np.ptp(here - there, axis=0) == pytest.approx([0, 0], abs=1e-9)
    shift = np.round((here - there)[0]).astype(int)
    assert (photo.image[shift[1] :, shift[0] :][: part.camera.height, : part.camera.width] == part.image).all()
    assert part.mask.sum() == photo.mask.sum()


def test_the_atlas_covers_every_face_once_and_keeps_their_order(torus):
    vertices, faces = torus.vertices, torus.faces
    atlas = unwrap(vertices, faces, 256)
    assert np.array_equal(atlas.source[atlas.faces], faces)
    assert atlas.uv.min() >= 0
    assert atlas.uv.max() <= 1
    a, b, c = (atlas.uv[atlas.faces[:, k]] for k in range(3))
    areas = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
    assert 0.4 < areas.sum() <= 1.0  # charts that overlap could exceed 1


def test_gutters_keep_what_is_painted_and_copy_what_is_near():
    image = np.zeros((64, 48, 3), np.uint8)
    painted = np.zeros((64, 48), bool)
    image[10:20, 10:20], painted[10:20, 10:20] = (200, 10, 10), True
    image[40:60, 30:40], painted[40:60, 30:40] = (10, 200, 10), True
    filled = fill_gutters(image, painted)
    assert (filled[painted] == image[painted]).all()
    assert np.abs(filled[9, 15].astype(int) - (200, 10, 10)).max() < 40
    assert filled.sum(axis=2).min() > 150


def test_fill_is_harmonic_between_what_is_seen():
    # A strip of 11 vertices, its ends known.
    faces = np.array([[k, k + 1, k + 2] for k in range(18)])
    colours, weight = np.zeros((20, 3)), np.zeros(20)
    colours[0], colours[19], weight[[0, 19]] = 100, 200, 1
    filled = fill_unseen(colours, weight, faces)[:, 0]
    assert (np.diff(filled) > 0).all()
    assert filled[[0, 19]] == pytest.approx([100, 200], abs=1)
