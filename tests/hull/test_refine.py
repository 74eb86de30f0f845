"""Views refine each other's probabilities; masks that agree stay as they are."""

import cv2
import numpy as np
import pytest
import trimesh

from cleanplate.hull import carving_mask, refine, refine_views
from cleanplate.hull.channels import CHANNELS, RANKS, view_channels
from cleanplate.hull.refine import POSSIBLE, SETTLED, Pictures
from cleanplate.hull.refiner import SURE, Refiner
from cleanplate.hull.stake import volume_at_stake

from .rig import CAMERA, ball, coverage, orbit, torus

COUNT = 24
VIEWS = [CAMERA] * COUNT, orbit(COUNT)


def masks_of(mesh: trimesh.Trimesh) -> list[np.ndarray]:
    return [(coverage(mesh, CAMERA, pose) >= 0.5).astype(np.float32) for pose in VIEWS[1]]


def pictures_of(truth: list[np.ndarray]) -> Pictures:
    """Return what a camera sees of a dark product before a light plate, both with noise."""
    rng = np.random.default_rng(0)

    def pictures(n: int) -> tuple[np.ndarray, np.ndarray]:
        plate, image = np.clip(rng.normal(200, 2, (2, *truth[n].shape, 3)), 0, 255).astype(np.uint8)
        image[truth[n] > 0] -= 60
        return image, plate

    return pictures


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float(((a >= 0.5) & (b >= 0.5)).sum() / ((a >= 0.5) | (b >= 0.5)).sum())


@pytest.mark.parametrize("shape", [ball, torus])
@pytest.mark.parametrize("shown", [True, False])
def test_masks_without_contradiction_stay(shape, shown):
    masks = masks_of(shape())
    refined = refine(masks, *VIEWS, pictures_of(masks[::-1]) if shown else None)
    assert np.mean([iou(new, old) for new, old in zip(refined, masks, strict=True)]) > 0.999


@pytest.mark.parametrize("wish", [-2 * SURE, 2 * SURE])
def test_masks_that_agree_stay_whatever_the_refiner_wishes(wish, monkeypatch):
    """Soft at their edges, where each view doubts by itself."""
    soft = [cv2.GaussianBlur(mask, (0, 0), 1.0) for mask in masks_of(ball())]
    monkeypatch.setattr(Refiner, "logit", lambda _, first, *__: first + np.float32(wish))
    changed = [((new >= 0.5) != (old >= 0.5)).sum() for new, old in zip(refine(soft, *VIEWS), soft, strict=True)]
    assert np.mean(changed) < 0.01 * np.mean([(each >= 0.5).sum() for each in soft])


def test_a_part_that_several_masks_miss_is_filled_in():
    """The upper third is missing in a third of the views, though their photographs show it."""
    truth = masks_of(ball())
    mesh = ball()
    low = mesh.vertices[:, 2] < 0.06
    missing = masks_of(trimesh.Trimesh(mesh.vertices, mesh.faces[low[mesh.faces].all(axis=1)], process=False))
    masks = [missing[n] if n % 3 == 0 else mask for n, mask in enumerate(truth)]
    refined = refine(masks, *VIEWS, pictures_of(truth))
    before, after = (np.mean([iou(each[n], truth[n]) for n in range(0, COUNT, 3)]) for each in (masks, refined))
    assert after > before + 0.05
    assert all(iou(refined[n], truth[n]) > 0.97 for n in range(COUNT) if n % 3)


def test_a_blob_that_other_views_deny_is_removed():
    truth = masks_of(torus())
    masks = list(truth)
    masks[5] = truth[5].copy()
    masks[5][5:22, 5:22] = 1
    refined = refine(masks, *VIEWS)
    assert (refined[5][5:22, 5:22] >= 0.5).mean() < 0.1
    assert iou(refined[5], truth[5]) > iou(masks[5], truth[5])


def test_a_mask_of_something_else_is_named_and_stays():
    truth = masks_of(ball())
    masks = list(truth)
    masks[7] = np.zeros_like(truth[7])
    masks[7][10:40, 10:60] = 1
    found = refine_views(masks, *VIEWS)
    assert list(found.unheard) == [7]
    assert found.probabilities[7] is masks[7]
    assert np.mean([iou(new, old) for new, old in zip(found.probabilities, truth, strict=True)][:7]) > 0.999


def test_a_mask_that_shows_the_product_and_much_more_is_named_and_cut_back():
    """As where the platen mirrors it: named for what it is, told by the others, and they are not misled."""
    truth = masks_of(ball())
    masks = list(truth)
    rows, columns = np.nonzero(truth[7])
    masks[7] = truth[7].copy()
    masks[7][rows.max() - 2 : rows.max() + np.ptp(rows), columns.min() : columns.max() + 1] = 1
    assert iou(masks[7], truth[7]) < 0.6
    found = refine_views(masks, *VIEWS)
    assert list(found.unheard) == [7] and "reflection" in found.unheard[7]
    assert iou(found.probabilities[7], truth[7]) > 0.95
    assert all(iou(found.probabilities[n], truth[n]) > 0.999 for n in range(COUNT) if n != 7)


def test_an_empty_mask_says_nothing_and_the_others_stay():
    truth = masks_of(ball())
    masks = [*truth[:-1], np.zeros_like(truth[-1])]
    refined = refine(masks, *VIEWS)
    assert np.mean([iou(new, old) for new, old in zip(refined[:-1], truth[:-1], strict=True)]) > 0.999


@pytest.mark.parametrize("masks", [masks_of(ball())[:5], [np.zeros((128, 160), np.float32)] * COUNT])
def test_with_too_few_views_all_stay_and_the_reason_is_told(masks):
    found = refine_views(masks, VIEWS[0][: len(masks)], VIEWS[1][: len(masks)])
    assert all(new is old for new, old in zip(found.probabilities, masks, strict=True))
    assert "8 views or more" in found.alone


@pytest.mark.parametrize("possible", [POSSIBLE, SETTLED])
def test_a_hull_is_carved_at_what_is_possible_and_a_hard_mask_as_it_is(possible):
    likely = np.linspace(0, 1, 101, dtype=np.float32)[None]
    hard = likely >= 0.5
    edge = carving_mask(hard, likely, possible)
    assert (edge[0, 0], edge[0, -1]) == (0, 1)
    assert (np.diff(edge[0]) >= 0).all()
    assert likely[0, np.argmax(edge[0] >= 0.5)] == pytest.approx(possible, abs=0.011)
    assert carving_mask(hard, hard.astype(np.float32), possible) is hard


def test_channels_leave_the_own_view_out():
    """What one view alone denies the others still show; what one alone shows they deny."""
    truth = masks_of(ball())
    cut, extra = truth[3].copy(), truth[4].copy()
    rows, columns = np.nonzero(truth[3])
    hole = np.s_[int(rows.mean()) - 6 : int(rows.mean()) + 6, int(columns.mean()) - 6 : int(columns.mean()) + 6]
    cut[hole], extra[5:15, 5:15] = 0, 1
    channels = view_channels([*truth[:3], cut, extra, *truth[5:]], *VIEWS)
    assert channels is not None
    assert channels[3].shape == (64, 80, CHANNELS)
    middle = np.s_[int(rows.mean()) // 2, int(columns.mean()) // 2]
    ranks = np.arange(len(RANKS))
    assert (channels[3][middle][ranks] > 0.3).all()
    assert (channels[4][5, 5][ranks] < -0.9).all()
    # Nothing explains the extra part; the hole of one view leaves nobody's foreground unexplained.
    assert channels[4][5, 5][len(RANKS)] < -0.9
    assert channels[3][middle][-1] == 0


def test_what_several_views_miss_is_needed_by_the_others():
    truth = masks_of(ball())
    cut = [mask.copy() for mask in truth]
    for n in range(0, COUNT, 3):
        cut[n][: int(np.nonzero(truth[n])[0].mean())] = 0
    channels = view_channels(cut, *VIEWS)
    assert channels is not None
    row, column = np.argwhere(truth[3])[0] // 2 + [4, 0]
    assert channels[3][row, column, -1] > 0.3
    assert channels[3][row, column, len(RANKS) + 3] < 0.5


def test_exact_masks_put_next_to_nothing_at_stake_and_an_unsure_view_the_most():
    truth = masks_of(ball())
    low, high = np.array([-0.05, -0.05, 0.0]), np.array([0.05, 0.05, 0.1])
    assert max(volume_at_stake(truth, *VIEWS, low, high)) == 0
    unsure = [*truth[:9], np.where(truth[9] > 0, 0.6, 0.0).astype(np.float32), *truth[10:]]
    stakes = volume_at_stake(unsure, *VIEWS, low, high)
    assert int(np.argmax(stakes)) == 9
    assert stakes[9] == pytest.approx(0.4 * 4 / 3 * np.pi * 0.04**3, rel=0.1)
