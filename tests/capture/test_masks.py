"""Masks beside a capture, by our names and by COLMAP's."""

from pathlib import Path

import numpy as np
import pytest

from cleanplate.asset.photos import CapturePhotos
from cleanplate.capture import read_capture, read_view_mask
from cleanplate.errors import ImageError
from cleanplate.image import write_mask


@pytest.fixture
def colmaps(folder: Path) -> Path:
    """The capture's masks by the names that COLMAP gives them."""
    target = folder.parent / "colmap-masks"
    for view in read_capture(folder).views:
        write_mask(
            target / f"{Path(view.image).name}.png", read_view_mask(read_capture(folder), view, folder / "masks")
        )
    return target


def test_colmaps_names_are_the_same_masks(folder: Path, colmaps: Path) -> None:
    assert {path.name for path in colmaps.iterdir()} == {"v0.jpg.png", "v1.jpg.png", "v2.jpg.png"}
    capture = read_capture(folder)
    for view in capture.views:
        ours, theirs = (read_view_mask(capture, view, place) for place in (folder / "masks", colmaps))
        assert np.array_equal(ours, theirs)
        assert theirs.any()
    for ours, theirs in zip(CapturePhotos(capture, folder / "masks"), CapturePhotos(capture, colmaps), strict=True):
        assert np.array_equal(ours.mask, theirs.mask)


def test_our_own_name_comes_first(folder: Path, colmaps: Path) -> None:
    capture = read_capture(folder)
    write_mask(colmaps / "v0.png", np.zeros((24, 32), bool))
    assert not read_view_mask(capture, capture.views[0], colmaps).any()
    assert read_view_mask(capture, capture.views[1], colmaps).any()


def test_a_missing_mask_is_asked_for_by_our_name(folder: Path, tmp_path: Path) -> None:
    capture = read_capture(folder)
    with pytest.raises(ImageError, match=r"none/v0\.png"):
        read_view_mask(capture, capture.views[0], tmp_path / "none")
