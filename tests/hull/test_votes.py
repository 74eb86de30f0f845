"""Views refine each other's masks; masks that agree stay as they are."""

import numpy as np
import pytest
import trimesh

from cleanplate.hull import refine_masks

from .rig import CAMERA, ball, coverage, orbit, torus

COUNT = 24
VIEWS = [CAMERA] * COUNT, orbit(COUNT)


def masks_of(mesh: trimesh.Trimesh) -> list[np.ndarray]:
    return [coverage(mesh, CAMERA, pose) >= 0.5 for pose in VIEWS[1]]


def rods() -> trimesh.Trimesh:
    """Return rods thinner than a voxel."""
    parts = [trimesh.creation.cylinder(0.0012, 0.06, sections=32) for _ in range(4)]
    for part, (x, y) in zip(parts, [(-0.03, -0.03), (0.03, -0.03), (0.03, 0.03), (-0.03, 0.03)], strict=True):
        part.apply_translation([x, y, 0.03])
    seat = trimesh.creation.box([0.065, 0.065, 0.004])
    seat.apply_translation([0, 0, 0.062])
    return trimesh.util.concatenate([*parts, seat])


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


@pytest.mark.parametrize("shape", [ball, torus, rods])
def test_masks_without_contradiction_are_returned_as_they_are(shape):
    masks = masks_of(shape())
    assert all(new is old for new, old in zip(refine_masks(masks, *VIEWS), masks, strict=True))


def test_a_part_that_several_masks_miss_is_filled_in():
    """The upper third is missing in a third of the views, as where glass stands before a window."""
    truth = masks_of(ball())
    low = ball().vertices[:, 2] < 0.06
    mesh = ball()
    cut = trimesh.Trimesh(mesh.vertices, mesh.faces[low[mesh.faces].all(axis=1)], process=False)
    missing = masks_of(cut)
    masks = [missing[n] if n % 3 == 0 else mask for n, mask in enumerate(truth)]
    refined = refine_masks(masks, *VIEWS)
    before, after = (np.array([iou(each[n], truth[n]) for n in range(0, COUNT, 3)]) for each in (masks, refined))
    assert (after >= before - 0.005).all()
    assert after.mean() > before.mean() + 0.05
    assert all(iou(refined[n], truth[n]) > 0.98 for n in range(COUNT) if n % 3)


def test_a_blob_that_other_views_deny_is_removed():
    truth = masks_of(torus())
    masks = list(truth)
    masks[5] = truth[5].copy()
    masks[5][5:22, 5:22] = True
    refined = refine_masks(masks, *VIEWS)
    np.testing.assert_array_equal(refined[5], truth[5])
    assert all(new is old for n, (new, old) in enumerate(zip(refined, masks, strict=True)) if n != 5)


def test_an_empty_mask_stays_and_harms_nobody():
    masks = masks_of(ball())
    masks[3] = np.zeros_like(masks[3])
    assert all(new is old for new, old in zip(refine_masks(masks, *VIEWS), masks, strict=True))


def test_few_views_refine_nothing():
    masks = masks_of(ball())[:4]
    masks[0] = np.roll(masks[0], 20, axis=1)
    assert all(new is old for new, old in zip(refine_masks(masks, VIEWS[0][:4], VIEWS[1][:4]), masks, strict=True))
