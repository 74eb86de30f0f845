"""Light and material from how points change with the view."""

from dataclasses import replace

import numpy as np
import pytest

from cleanplate.asset.appearance import CHANNELS
from cleanplate.asset.materials import (
    CLASSES,
    FEWEST_POINTS,
    GLASS,
    GLOSS,
    MATT,
    METAL,
    Materials,
    estimate,
    evidence,
    glass_of,
    unknown,
)
from cleanplate.asset.model import ROUGHNESS
from cleanplate.asset.observe import SEEN, Light, Observations, fit_light, harmonics
from cleanplate.geometry import Mesh

LIGHT = Light(np.array([0.1, -0.2, 0.0, 0.1, 0.0, 0.05]))


def ball(count: int = 400) -> np.ndarray:
    found = np.random.default_rng(1).normal(size=(count, 3))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def observe_matt(albedo: np.ndarray, light: Light = LIGHT, views: int = 16) -> Observations:
    """A matt ball of 10 cm on a platen that turns under a set whose light stands still."""
    normals = ball(len(albedo))
    azimuth = np.linspace(0, 2 * np.pi, views, endpoint=False)
    centres = np.column_stack([0.6 * np.cos(azimuth), 0.6 * np.sin(azimuth), np.full(views, 0.2)])
    shading = np.stack([light.shading(normals, angle) for angle in azimuth])
    facing = np.stack([normals @ centre for centre in centres])
    weight = np.where(facing > 0.1, facing, 0.0)
    colour = (shading * albedo)[..., None] * np.ones(3)
    plate, looks = np.full((*shading.shape, 3), 0.7), np.full((*shading.shape, CHANNELS), np.nan)
    return Observations(0.05 * normals, normals, colour, plate, weight, azimuth, centres, looks)


def test_the_set_s_light_is_told_from_the_surface_s_own_pattern():
    albedo = np.random.default_rng(2).uniform(0.2, 0.8, 400)
    found, normals = fit_light(observe_matt(albedo)), ball()
    for angle in (0.0, 1.0, 4.0):
        ratio = found.shading(normals, angle) / LIGHT.shading(normals, angle)
        assert np.std(np.log(ratio)) < 0.03


def test_without_change_there_is_no_light_to_take_away():
    found = fit_light(observe_matt(np.full(400, 0.5), Light(np.zeros(6))))
    assert np.abs(found.coefficients).max() < 1e-6


def test_harmonics_turn_with_the_platen_and_have_no_mean():
    normals = ball(20000)
    assert np.abs(harmonics(normals, 0.7).mean(axis=0)).max() < 0.02
    c, s = np.cos(0.7), np.sin(0.7)
    turned = normals @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    assert harmonics(normals, 0.7) == pytest.approx(harmonics(turned, 0.0))


def told(says: np.ndarray, roughness: float = 0.5, views: int = 16) -> Observations:
    """A matt ball of which each photograph says that it is of these classes, as probabilities, where it sees it."""
    seen = observe_matt(np.full(400, 0.5), views=views)
    looks = np.broadcast_to(np.append(np.log(says), roughness), (*seen.weight.shape, CHANNELS))
    return replace(seen, looks=np.where(seen.weight[..., None] > SEEN, looks, np.nan))


def test_where_no_photograph_says_anything_the_default_stands():
    silent = observe_matt(np.full(400, 0.5))
    assert np.isnan(evidence(silent)).all()
    found = estimate(ball(50), silent)
    assert (found.kind == 0).all() and (found.roughness == ROUGHNESS).all() and (found.confidence == 0).all()
    few = observe_matt(np.full(FEWEST_POINTS - 1, 0.5))
    few = replace(few, looks=np.zeros_like(few.looks))
    assert estimate(ball(5), few).confidence.max() == 0


@pytest.mark.parametrize("kind", [MATT, GLOSS, METAL])
def test_what_the_photographs_agree_on_is_believed(kind: int):
    says = np.full(4, 0.02)
    says[kind] = 0.94
    found = estimate(ball(), told(says, 0.3))
    assert (found.kind == kind).mean() > 0.99
    assert found.roughness == pytest.approx(np.full(400, 0.3), abs=0.01)
    assert (found.confidence > 0.7).all() and sum(found.shares.values()) == pytest.approx(1)
    assert set(found.shares) == set(CLASSES)


def test_views_that_err_by_themselves_are_outvoted():
    sure, wrong = told(np.array([0.9, 0.04, 0.03, 0.03])), told(np.array([0.1, 0.85, 0.03, 0.02]))
    looks = np.where((np.arange(16) % 4 == 0)[:, None, None], wrong.looks, sure.looks)
    assert (estimate(ball(), replace(sure, looks=looks)).kind == MATT).mean() > 0.99


def test_a_point_that_no_photograph_sees_follows_its_neighbours():
    seen = told(np.array([0.05, 0.05, 0.88, 0.02]))
    looks = seen.looks.copy()
    looks[:, ::3] = np.nan
    found = estimate(seen.points, replace(seen, looks=looks))
    assert (found.kind == METAL).all()


def test_glass_has_the_tint_that_comes_through_and_the_body_s_thickness():
    import trimesh

    mesh = Mesh.of(trimesh.creation.box((0.1, 0.1, 0.01)))
    seen = observe_matt(np.full(len(mesh.vertices), 0.35), Light(np.zeros(6)))
    clear = Materials(np.full(len(mesh.vertices), GLASS), np.ones(len(mesh.vertices)), np.zeros(len(mesh.vertices)))
    glass = glass_of(mesh, clear, seen, np.arange(len(mesh.vertices)))
    assert glass is not None and glass.faces.all()
    assert glass.tint == pytest.approx((0.5, 0.5, 0.5))
    assert 0.006 < glass.thickness < 0.01
    assert glass_of(mesh, unknown(len(mesh.vertices)), seen, np.arange(len(mesh.vertices))) is None


def test_glass_is_taken_only_where_the_product_is_known_to_hold_some():
    seen = told(np.array([0.03, 0.06, 0.01, 0.9]))
    assert estimate(seen.points, seen).shares["glass"] == 0
    assert estimate(seen.points, seen, transparent=True).shares["glass"] > 0.9
