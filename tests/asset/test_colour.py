from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vertex_colours import colour_vertices

from cleanplate.asset.exposure import apply_gain, level_exposure
from cleanplate.image.colour import to_linear, to_srgb

from .conftest import paint, photograph


def test_vertices_get_the_painted_colour_and_no_background(torus, photos):
    colours = colour_vertices(torus, photos).astype(float)
    error = np.abs(colours - paint(torus.vertices)).max(axis=1)
    assert np.median(error) < 3
    assert np.quantile(error, 0.9) < 10
    assert colours[:, 2].max() < 60  # the background's blue is 255


def test_hidden_vertices_do_not_take_the_occluder_s_colour(torus):
    photo = photograph(torus, -90.0, 0.0)
    red = photo.image.copy()
    red[photo.mask] = (255, 40, 30)
    other = photograph(torus, 90.0, 0.0)
    green = other.image.copy()
    green[other.mask] = (30, 255, 30)
    colours = colour_vertices(torus, [replace(photo, image=red), replace(other, image=green)])
    normals = torus.normals
    assert (colours[normals[:, 1] < -0.5, 0] > colours[normals[:, 1] < -0.5, 1]).all()
    assert (colours[normals[:, 1] > 0.5, 1] > colours[normals[:, 1] > 0.5, 0]).all()


def test_a_shifted_mask_lets_little_background_in(torus, photos):
    shifted = [replace(photo, mask=np.roll(photo.mask, 2, axis=1)) for photo in photos]
    colours = colour_vertices(torus, shifted)
    assert np.quantile(colours[:, 2], 0.999) < 60


def test_nothing_seen_gives_grey(torus, photos):
    blind = [replace(photo, mask=np.zeros_like(photo.mask)) for photo in photos[:2]]
    assert np.abs(colour_vertices(torus, blind).astype(int) - 128).max() <= 1


def test_exposure_gains_are_recovered_in_spite_of_highlights():
    rng = np.random.default_rng(4)
    truth = rng.uniform(0.05, 0.5, (500, 3))
    gains = np.exp(rng.normal(0, 0.15, 12))
    gains /= np.exp(np.log(gains).mean())
    seen = 255 * to_srgb(truth[None] * gains[:, None, None])
    weights = (rng.random((12, 500)) < 0.4).astype(float)
    seen[:3, :25] = 240
    recovered = level_exposure(seen, weights)
    before, after = np.abs(np.log(gains)).mean(), np.abs(np.log(recovered * gains)).mean()
    assert after < 0.15 * before


@given(st.floats(0, 1))
def test_srgb_round_trip(value):
    assert to_srgb(to_linear(np.array([value])))[0] == pytest.approx(value, abs=1e-6)


def test_a_gain_of_one_changes_nothing():
    image = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    assert np.abs(apply_gain(image, 1.0) - image).max() < 1e-3
