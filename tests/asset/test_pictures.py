import io
from dataclasses import replace

import cv2
import numpy as np
from PIL import Image as Pillow

from cleanplate.asset import Model
from cleanplate.asset.occlusion import ambient_occlusion
from cleanplate.asset.pictures import encode_jpeg, encode_pictures, safe_colours
from cleanplate.asset.profiles import AUDITOR_RANGE
from cleanplate.asset.stage import fitting_pictures
from cleanplate.geometry import Mesh


def _model(texture: np.ndarray) -> Model:
    corners = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    return Model(corners, np.tile([0.0, 0, 1], (3, 1)), np.array([[0, 1, 2]]), uv=corners[:, :2], texture=texture)


def test_colours_come_into_the_range_and_keep_their_hue():
    image = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0], [120, 60, 30]]], np.uint8)
    safe = safe_colours(image)
    brightest = safe.max(axis=2)
    assert AUDITOR_RANGE[0] <= brightest.min() and brightest.max() <= AUDITOR_RANGE[1]
    assert safe[0, 2].tolist() == [243, 0, 0]
    assert safe[0, 3].tolist() == [120, 60, 30]


def test_what_a_decoder_gets_is_in_the_range_even_of_hard_prints():
    stripes = np.zeros((128, 128, 3), np.uint8)
    stripes[:, ::3] = 255
    stripes[::5] = (255, 0, 0)
    decoded = np.asarray(Pillow.open(io.BytesIO(encode_pictures(_model(stripes)).colour))).max(axis=2)
    assert decoded.min() >= AUDITOR_RANGE[0] and decoded.max() <= AUDITOR_RANGE[1]


def test_a_pictures_own_huffman_tables_spare_bytes_and_change_no_pixel():
    steps = np.repeat(np.arange(0, 256, 4, dtype=np.uint8), 4 * 256 * 3).reshape(256, 256, 3)
    options = [cv2.IMWRITE_JPEG_QUALITY, 90, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    usual, own = cv2.imencode(".jpg", steps, options)[1].tobytes(), encode_jpeg(steps, 90)
    decoded = [np.asarray(Pillow.open(io.BytesIO(data))) for data in (usual, own)]
    assert (decoded[0] == decoded[1]).all()
    assert len(own) < 0.9 * len(usual)


def test_quality_goes_first_then_size():
    noise = np.random.default_rng(3).integers(0, 256, (256, 256, 3)).astype(np.uint8)
    model = replace(_model(noise), surface=noise)
    best = fitting_pictures(model, 64, 10**9)
    less = fitting_pictures(model, 64, best.size - 1)
    small = fitting_pictures(model, 64, best.size // 6)
    assert (best.side, less.side, small.side) == (256, 256, 128)
    assert less.size < best.size and small.size <= best.size // 6
    assert fitting_pictures(model, 64, 100) is None


def test_a_ball_is_open_and_the_bottom_of_a_cup_is_not():
    import trimesh

    ball = Mesh.of(trimesh.creation.icosphere(subdivisions=4))
    assert ambient_occlusion(ball, ball.normals).min() > 0.95
    cup = Mesh.of(
        trimesh.creation.annulus(0.8, 1.0, 3.0).union(
            trimesh.creation.cylinder(1.0, 0.2).apply_translation([0, 0, -1.5])
        )
    )
    fine = trimesh.Trimesh(cup.vertices, cup.faces).subdivide_to_size(0.3)
    cup = Mesh.of(fine)
    found, normals = ambient_occlusion(cup, cup.normals), cup.normals
    floor = (np.hypot(*cup.vertices[:, :2].T) < 0.5) & (normals[:, 2] > 0.9)
    outside = np.hypot(*cup.vertices[:, :2].T) > 0.99
    assert floor.any()
    assert found[floor].mean() < 0.35 < 0.9 < found[outside].mean()
