"""A capture with fewer views: copied, not changed."""

from pathlib import Path

import numpy as np
import pytest

from cleanplate.capture import read_capture, validate_capture, write_thinned

SAMPLE = Path(__file__).parents[2] / "src/cleanplate/samples/B0TEAPOT01"


@pytest.mark.parametrize("every", [1, 5])
def test_every_nth_view_is_copied_with_plate_and_mask(tmp_path: Path, every: int) -> None:
    whole = read_capture(SAMPLE)
    for _ in range(2):  # the second finds all there
        folder = write_thinned(whole, every, tmp_path / "out")
    thin = read_capture(folder)
    kept = whole.views[::every]
    assert [view.id for view in thin.views] == [view.id for view in kept]
    assert all(np.array_equal(a.pose.R, b.pose.R) for a, b in zip(thin.views, kept, strict=True) if a.pose and b.pose)
    assert validate_capture(folder) == []
    for view in thin.views:
        for name in (view.image, view.plate, view.mask):
            assert name and (folder / name).read_bytes() == (SAMPLE / name).read_bytes()
