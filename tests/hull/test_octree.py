"""The sparse octree beside a dense grid: it leaves out nothing that the surface crosses."""

import numpy as np
import pytest

from cleanplate.hull.bounds import bounding_box
from cleanplate.hull.octree import BLOCK, Grid, Leaves, _sample_blocks, find_leaves, make_grid
from cleanplate.hull.silhouettes import Silhouettes, pack

from .rig import CAMERA, ball, coverage, orbit, torus


def dense(views: Silhouettes, grid: Grid) -> Leaves:
    """Return every block of the grid, each point decided by all views."""
    counts = grid.shape // BLOCK
    blocks = np.stack(np.meshgrid(*map(np.arange, counts), indexing="ij"), -1).reshape(-1, 3)
    active = np.ones((len(blocks), len(views.start)), bool)
    values = np.empty((len(blocks), BLOCK + 1, BLOCK + 1, BLOCK + 1), np.float32)
    _sample_blocks(views, grid, blocks, active, values)
    return Leaves(blocks, active, values)


@pytest.mark.parametrize("shape", [ball, torus])
@pytest.mark.parametrize("floor", [0.0, None])
def test_the_leaves_are_the_blocks_that_a_dense_grid_finds_crossed(shape, floor):
    poses = orbit(12)
    masks = [coverage(shape(), CAMERA, pose) for pose in poses]
    views = pack(masks, [CAMERA] * 12, poses)
    low, high = bounding_box(masks, [CAMERA] * 12, poses, floor)
    grid = make_grid(low, high, floor, 48)
    leaves, every = find_leaves(views, grid), dense(views, grid)
    place = {tuple(block): n for n, block in enumerate(leaves.blocks.tolist())}
    inside = every.values > 0
    crossed = inside.any(axis=(1, 2, 3)) & ~inside.all(axis=(1, 2, 3))
    assert 20 < crossed.sum() < len(every.blocks)
    for block, values in zip(every.blocks[crossed].tolist(), every.values[crossed], strict=True):
        found = leaves.values[place[tuple(block)]]
        np.testing.assert_array_equal(found > 0, values > 0)
        near = np.abs(values) < grid.cell
        np.testing.assert_allclose(found[near], values[near], atol=1e-6)
