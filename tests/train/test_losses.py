"""Losses on masks whose value is known."""

import pytest

torch = pytest.importorskip("torch", reason="needs the extra: pip install 'cleanplate[train]'")

from cleanplate.train.losses import soft_iou_loss  # noqa: E402


def test_soft_iou_of_hard_masks_is_their_iou_but_for_the_slack() -> None:
    mask, found = torch.zeros(2, 1, 64, 64), torch.zeros(2, 1, 64, 64)
    mask[:, :, :32], found[0, :, 16:48], found[1] = 1, 1, mask[1]
    both, either = 16 * 64, 48 * 64
    first = 1 - (both + 16) / (either + 16)
    assert float(soft_iou_loss(found, mask)) == pytest.approx(first / 2)


def test_soft_iou_falls_as_the_probability_nears_the_truth_and_leaves_empty_masks_alone() -> None:
    mask = torch.zeros(1, 1, 64, 64)
    assert float(soft_iou_loss(mask, mask)) == 0
    mask[:, :, 10:50, 10:50] = 1
    losses = [float(soft_iou_loss(0.5 + sure * (mask - 0.5), mask)) for sure in (0.0, 0.3, 0.6, 0.9, 1.0)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] == 0
