"""Parts that would hang in the air are held, where few views deny what holds them."""

import numpy as np
import pytest
import trimesh

from cleanplate.geometry import Mesh
from cleanplate.hull import Hull, visual_hull
from cleanplate.hull.floating import find_parts

from .rig import CAMERA, coverage, orbit

COUNT = 24
POSES = orbit(COUNT, target=0.05, high=70)
FOOT, STEM, TOP = (0.0, 0.02), (0.02, 0.06), (0.06, 0.1)
"""Heights from and to, in metres."""


def cylinder(radius: float, heights: tuple[float, float]) -> trimesh.Trimesh:
    low, high = heights
    mesh = trimesh.creation.cylinder(radius, high - low, sections=64)
    mesh.apply_translation([0, 0, (low + high) / 2])
    return mesh


def seen(*bodies: trimesh.Trimesh) -> list[np.ndarray]:
    """Return what every view sees of bodies together."""
    return [coverage(trimesh.util.concatenate(bodies), CAMERA, pose, 4) for pose in POSES]


FOOT_BODY, STEM_BODY, TOP_BODY = cylinder(0.03, FOOT), cylinder(0.004, STEM), cylinder(0.025, TOP)


@pytest.fixture(scope="module")
def whole() -> list[np.ndarray]:
    return seen(FOOT_BODY, STEM_BODY, TOP_BODY)


@pytest.fixture(scope="module")
def stemless() -> list[np.ndarray]:
    return seen(FOOT_BODY, TOP_BODY)


def carve(masks: list[np.ndarray], **options) -> Hull:
    return visual_hull(masks, [CAMERA] * COUNT, POSES, 96, **options)


def floating(hull: Hull) -> float:
    return find_parts(hull, hull.cell).floating


@pytest.mark.parametrize("blind", [[0], [1, 2, 5]])
def test_a_stem_that_few_views_miss_holds_what_is_on_it(whole, stemless, blind):
    masks = [stemless[n] if n in blind else mask for n, mask in enumerate(whole)]
    assert floating(carve(masks, robust=False)) > 0.3
    hull, exact = carve(masks), carve(whole)
    assert floating(hull) == 0
    assert {each.view for each in hull.outliers if "float" in each.reason} == set(blind)
    assert all(each.used for each in hull.outliers)
    assert hull.volume == pytest.approx(exact.volume, rel=0.02)
    middle = np.abs(hull.vertices[:, 2] - np.mean(STEM)) < 0.01
    assert np.hypot(*hull.vertices[middle, :2].T).mean() < 0.004 + hull.cell


def test_exact_masks_of_one_piece_stay_as_they_are(whole):
    robust, plain = carve(whole), carve(whole, robust=False)
    assert robust.outliers == ()
    np.testing.assert_array_equal(robust.vertices, plain.vertices)


def test_what_most_views_see_hang_stays_there(stemless):
    hull = carve(stemless)
    assert hull.outliers == ()
    assert floating(hull) == pytest.approx(TOP_BODY.volume / (TOP_BODY.volume + FOOT_BODY.volume), abs=0.05)


def test_two_things_that_stand_are_left_apart():
    left, right = cylinder(0.01, FOOT), cylinder(0.01, FOOT)
    left.apply_translation([-0.03, 0, 0])
    right.apply_translation([0.03, 0, 0])
    parts = find_parts(Mesh.of(trimesh.util.concatenate([left, right])), 0.001)
    assert parts.stands.tolist() == [True, True]
    hull = carve(seen(left, right))
    assert hull.outliers == ()


def test_without_a_floor_nothing_is_said_to_float(whole, stemless):
    masks = [stemless[0], *whole[1:]]
    assert all("float" not in each.reason for each in carve(masks, floor=None).outliers)
