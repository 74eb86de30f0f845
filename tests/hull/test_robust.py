"""Bad masks are found, good ones are not, and the hull survives."""

import numpy as np
import pytest

from cleanplate.geometry import rotation_z
from cleanplate.hull import Hull, visual_hull

from .rig import CAMERA, ball, coverage, orbit, torus

COUNT = 20


@pytest.fixture(scope="module")
def clean() -> list[np.ndarray]:
    return [coverage(ball(), CAMERA, pose) for pose in orbit(COUNT)]


def carve(masks: list[np.ndarray], **options) -> Hull:
    return visual_hull(masks, [CAMERA] * COUNT, orbit(COUNT), 48, **options)


def volume(hull: Hull) -> float:
    a, b, c = (hull.vertices[hull.faces[:, k]] for k in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


def cut_left(mask: np.ndarray) -> np.ndarray:
    columns = np.flatnonzero((mask >= 0.5).any(axis=0))
    mask = mask.copy()
    mask[:, : columns[len(columns) // 4]] = 0
    return mask


def test_exact_masks_are_never_accused(clean):
    robust, plain = carve(clean), carve(clean, robust=False)
    assert robust.outliers == ()
    np.testing.assert_array_equal(robust.vertices, plain.vertices)
    np.testing.assert_array_equal(robust.faces, plain.faces)


def test_a_view_that_alone_decides_much_is_not_accused():
    poses = orbit(COUNT, high=20)
    masks = [coverage(torus(), CAMERA, pose) for pose in poses]
    top = orbit(2, high=89)[1]  # alone sees through the hole
    hull = visual_hull([*masks, coverage(torus(), CAMERA, top)], [CAMERA] * 21, [*poses, top], 48)
    assert hull.outliers == ()


def test_masks_that_miss_a_quarter_are_mended(clean):
    masks = [cut_left(mask) if n in (3, 11) else mask for n, mask in enumerate(clean)]
    hull = carve(masks)
    assert [(o.view, o.used) for o in hull.outliers] == [(3, True), (11, True)]
    assert all("misses" in o.reason for o in hull.outliers)
    assert volume(hull) == pytest.approx(volume(carve(clean)), rel=0.02)
    assert volume(carve(masks, robust=False)) < 0.9 * volume(hull)


def test_added_blob_is_named_and_does_no_harm(clean):
    masks = list(clean)
    masks[6] = masks[6].copy()
    masks[6][5:25, 5:25] = 1.0
    hull = carve(masks)
    assert [(o.view, o.used) for o in hull.outliers] == [(6, True)]
    assert volume(hull) == pytest.approx(volume(carve(clean)), rel=1e-3)


def test_shifted_mask_is_left_out(clean):
    masks = list(clean)
    masks[8] = np.roll(masks[8], 8, axis=1)
    hull = carve(masks)
    assert [(o.view, o.used) for o in hull.outliers] == [(8, False)]
    assert "out of place" in hull.outliers[0].reason
    assert volume(hull) == pytest.approx(volume(carve(clean)), rel=0.02)


def test_mask_of_another_place_is_left_out_though_the_plain_hull_is_empty(clean):
    masks = list(clean)
    masks[4] = np.roll(masks[4], 60, axis=1)
    hull = carve(masks)
    assert [(o.view, o.used) for o in hull.outliers] == [(4, False)]


def test_order_of_the_views_does_not_matter(clean):
    masks = [cut_left(mask) if n == 3 else mask for n, mask in enumerate(clean)]
    order = np.random.default_rng(0).permutation(COUNT)
    poses = orbit(COUNT)
    hull = visual_hull([masks[n] for n in order], [CAMERA] * COUNT, [poses[n] for n in order], 48)
    assert [order[o.view] for o in hull.outliers] == [3]


def test_verdicts_do_not_depend_on_the_unit(clean):
    masks = [cut_left(mask) if n == 3 else mask for n, mask in enumerate(clean)]
    turned = [type(p)(p.R @ rotation_z(40).T, 500 * p.t) for p in orbit(COUNT)]
    hull = visual_hull(masks, [CAMERA] * COUNT, turned, 48)
    assert [o.view for o in hull.outliers] == [3]


def test_of_many_contradicting_masks_none_is_blamed_alone(clean):
    masks = [np.roll(mask, 7 * (-1) ** n, axis=1) if n % 3 == 0 else mask for n, mask in enumerate(clean)]
    reasons = {outlier.reason for outlier in carve(masks).outliers}
    assert len(reasons) == 1
    assert "too many to say which" in reasons.pop()
