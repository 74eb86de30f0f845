"""What joins a product's parts stays."""

import numpy as np
import pytest

from cleanplate.hull.pieces import joints


def goblet() -> np.ndarray:
    """A bowl, a stem of two pixels and a foot, and a handle beside the bowl."""
    mask = np.zeros((60, 60), bool)
    mask[5:20, 20:40] = mask[40:50, 20:40] = mask[20:40, 29:31] = mask[5:20, 40:45] = True
    return mask


@pytest.mark.parametrize("turn", range(4))
def test_a_stem_comes_back_and_a_handle_does_not(turn: int):
    before, after = goblet(), goblet()
    after[22:30, 29:31] = after[32:35, 29:31] = False  # a crumb of the stem is left between
    after[5:20, 40:45] = False
    found = joints(np.rot90(before, turn).copy(), np.rot90(after, turn).copy())
    expected = before & ~after
    expected[:, 40:] = False
    assert np.array_equal(found, np.rot90(expected, turn))


def test_nothing_comes_back_where_nothing_was_broken():
    before = goblet()
    without_handle = before & (np.arange(60) < 40)
    for after in (before, without_handle, np.zeros_like(before), np.ones_like(before)):
        assert not joints(before, after).any()


def test_what_was_apart_before_is_not_joined():
    before = goblet()
    before[28:32] = False
    after = before & (np.arange(60) < 35)
    assert not joints(before, after).any()


def test_only_large_pieces_count():
    before = np.zeros((60, 60), bool)
    before[10:50, 10:50] = before[30, 50:58] = True
    after = before.copy()
    after[30, 50:53] = False  # a whisker's root
    assert not joints(before, after).any()


def test_a_diagonal_stem_is_followed():
    before = np.zeros((60, 60), bool)
    before[:20, :20] = before[40:, 40:] = True
    for n in range(20, 40):
        before[n, n] = True
    after = before.copy()
    after[25:33, 25:33] = False
    assert np.array_equal(joints(before, after), before & ~after)
