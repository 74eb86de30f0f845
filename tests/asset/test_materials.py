"""Light and material from how points change with the view."""

from dataclasses import replace

import numpy as np
import pytest

from cleanplate.asset.materials import CLASSES, FEWEST_POINTS, GLASS, Materials, estimate, evidence, glass_of, unknown
from cleanplate.asset.mirrored import mirrored, reflected
from cleanplate.asset.model import ROUGHNESS
from cleanplate.asset.observe import FEWEST_VIEWS, Light, Observations, fit_light, harmonics, percentiles
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
    flat = np.zeros_like(shading)
    return Observations(0.05 * normals, normals, colour, flat, np.full((*flat.shape, 3), 0.7), weight, azimuth, centres)


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


def test_too_few_views_or_points_leave_the_default():
    few = observe_matt(np.full(400, 0.5), views=FEWEST_VIEWS - 1)
    assert np.isnan(evidence(few, LIGHT)).all()
    found = estimate(ball(50), few, LIGHT)
    assert (found.kind == 0).all() and (found.roughness == ROUGHNESS).all() and (found.confidence == 0).all()
    assert estimate(ball(5), observe_matt(np.full(FEWEST_POINTS - 1, 0.5)), LIGHT).confidence.max() == 0


def test_a_mirror_is_foretold_by_where_its_views_are_reflected_and_a_matt_ball_is_not():
    seen, rng = observe_matt(np.full(400, 0.3), Light(np.zeros(6)), views=24), np.random.default_rng(6)
    lamps = rng.normal(size=(5, 3))
    lamps /= np.linalg.norm(lamps, axis=1, keepdims=True)
    shine = 0.5 * (reflected(seen) @ lamps.T > 0.9).any(axis=2)
    noise = rng.normal(0, 0.01, shine.shape)[..., None]
    matt, mirror = (
        mirrored(replace(seen, colour=seen.colour + noise + add), Light(np.zeros(6)), 1.0).mean(axis=0)
        for add in (0.0, shine[..., None])
    )
    assert mirror[0] > 0.5 > matt[0] + 0.2
    assert mirror[0] > mirror[-2]  # the sharpest map foretells a mirror best


def test_a_matt_ball_is_no_metal_and_no_glass():
    found = estimate(ball(), observe_matt(np.full(400, 0.3)), LIGHT)
    assert found.shares["metal"] + found.shares["glass"] < 0.05
    assert sum(found.shares.values()) == pytest.approx(1)
    assert set(found.shares) == set(CLASSES)
    assert (found.confidence > 0).all() and (found.roughness > 0).all()


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
    rng = np.random.default_rng(5)
    seen = observe_matt(np.full(400, 0.6), Light(np.zeros(6)))
    # What comes through: the plate behind, which differs from view to view and pixel to pixel.
    plate = rng.uniform(0.2, 0.9, seen.plate.shape[:2])[..., None] * np.ones(3)
    seen = replace(seen, plate=plate, colour=0.9 * plate, detail=rng.normal(0, 0.05, seen.detail.shape))
    assert estimate(seen.points, seen, LIGHT).shares["glass"] == 0
    assert estimate(seen.points, seen, LIGHT, transparent=True).shares["glass"] > 0.9


def test_percentiles_are_those_of_numpy():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(9, 200)).astype(np.float32)
    values[rng.random(values.shape) < 0.6] = np.nan
    values[0] = 1.5  # each point is seen by one view at least
    wanted = 0, 10, 50, 90, 100
    assert np.array_equal(percentiles(values, *wanted), np.nanpercentile(values, wanted, axis=0))
