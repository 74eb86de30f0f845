"""Outputs never land in or over what a person gave."""

from pathlib import Path

import numpy as np
import pytest

from cleanplate.capture import check_output
from cleanplate.errors import CleanplateError
from cleanplate.image import write_image, write_mask


def test_refused_in_or_over_a_capture_or_what_is_read(tmp_path: Path) -> None:
    capture = tmp_path / "captures/B000000001"
    (capture / "images").mkdir(parents=True)
    (capture / "capture.json").write_text("{}")
    (tmp_path / "link").symlink_to(capture)
    for place in (capture, capture / "images", capture / "new/deeper/f.glb", tmp_path / "link/out"):
        with pytest.raises(CleanplateError, match="lies in the capture"):
            check_output(place)
    for place in (tmp_path / "captures", tmp_path):
        with pytest.raises(CleanplateError, match="which is read"):
            check_output(place, capture)
    check_output(tmp_path / "captures/B000000002", capture)
    check_output(tmp_path / "out", capture)


def test_a_folder_of_photographs_is_refused_and_one_of_masks_is_not(tmp_path: Path) -> None:
    write_mask(tmp_path / "out/a.png", np.ones((4, 5), bool))
    check_output(tmp_path / "out")
    write_image(tmp_path / "out/b.png", np.zeros((4, 5, 3), np.uint8))
    with pytest.raises(CleanplateError, match=r"not masks \(b\.png\)"):
        check_output(tmp_path / "out")
    (tmp_path / "out/compare.json").write_text("{}")
    check_output(tmp_path / "out", marker="compare.json")
