"""The rig as configured: an arc of cameras, walls that enclose it, presets that differ and repeat."""

import numpy as np
import pytest

from cleanplate.geometry import project
from cleanplate.render import PRESETS, Rig, make_rig
from cleanplate.render.mechanics import build_parts, wall_axes
from cleanplate.render.pool import choose_rig, make_pool
from cleanplate.render.rig import rig_camera
from cleanplate.render.scene import WALLS
from render.small import ball


def test_the_cameras_span_an_arc_evenly_and_aim_at_the_platen(rig: Rig) -> None:
    aim = np.array([0, 0, rig.config.arm.aim_height_m])
    elevations = []
    for index in range(rig.config.arm.cameras):
        camera, pose = rig_camera(rig, index)
        out = pose.centre - aim
        elevations.append(np.degrees(np.arcsin(out[2] / np.linalg.norm(out))))
        assert np.linalg.norm(out) == pytest.approx(rig.config.arm.distance_m, abs=0.01)
        pixels, depth = project(camera, pose, aim[None])
        assert depth[0] > 0
        assert np.abs(pixels[0] - (rig.width / 2, rig.height / 2)).max() < 0.06 * rig.width
    steps = np.diff(elevations)
    assert steps.min() > 0.7 * steps.max()
    assert elevations[0] < 10 and elevations[-1] > 75


@pytest.mark.parametrize("preset", PRESETS)
def test_a_seed_gives_a_rig_and_seeds_differ(preset: str) -> None:
    assert make_rig(preset, 7) == make_rig(preset, 7)
    assert make_rig(preset, 7) != make_rig(preset, 8)


def test_an_unknown_preset_is_named() -> None:
    with pytest.raises(ValueError, match=r"unknown rig preset 'studio'.*marvin"):
        make_rig("studio", 0)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("seed", range(4))
def test_everything_is_inside_the_box_and_below_the_product(preset: str, seed: int) -> None:
    rig = make_rig(preset, seed)
    parts, box = build_parts(rig), rig.enclosure
    for surface in (parts.platen, parts.rim, parts.painted, parts.metal):
        inside = surface.vertices[surface.vertices[:, 2] < 50]  # unused slots are far above
        assert np.abs(inside[:, :2]).max(initial=0) <= box.half_width_m + 0.06
        assert inside[:, 2].max(initial=0) <= box.ceiling_z_m + 0.05
    for surface in (parts.platen, parts.rim):
        assert surface.vertices[surface.vertices[:, 2] < 50][:, 2].max(initial=-1) < 5e-4


def test_walls_face_inwards(rig: Rig) -> None:
    for wall in WALLS:
        centre, u, v, normal = wall_axes(rig.config, wall)
        middle = np.array([0, 0, (rig.config.enclosure.floor_z_m + rig.config.enclosure.ceiling_z_m) / 2])
        assert (middle - centre) @ normal > 0
        assert u @ v == 0


def test_the_pool_gives_every_product_a_rig_that_holds_it() -> None:
    pool = make_pool(12, seed=1)
    assert {rig.preset for rig in make_pool(28, seed=1)} == set(PRESETS)
    for radius in (0.03, 0.08, 0.2):
        chosen = choose_rig(pool, ball(radius=radius), seed=0)
        reach = abs(radius - chosen.arm.aim_height_m) + radius
        assert reach <= chosen.arm.subject_radius_m * 1.001
