"""Angles by pattern, order and table."""

import numpy as np
import pytest

from cleanplate.capture.naming import scan_names
from cleanplate.errors import CaptureError
from cleanplate.exchange.photographs import by_order, by_pattern, by_table, turned_clockwise
from cleanplate.image import write_image


def pictures(root, *names):
    for name in names:
        write_image(root / name, np.zeros((4, 6, 3), np.uint8))
    return [root / name for name in names]


@pytest.mark.parametrize("name", ["cam_360.png", "cam_0450.png", "DSC_0011.png", "IMG_12.png", "cam_400.5.png"])
def test_a_number_that_is_no_angle_is_not_taken_for_one(name, tmp_path):
    pictures(tmp_path, name)
    with pytest.raises(CaptureError, match="--turntable"):
        scan_names(tmp_path)


def test_an_angle_twice_is_refused(tmp_path):
    pictures(tmp_path, "a_010.png", "a_10.png")
    with pytest.raises(CaptureError, match="10 degrees twice"):
        scan_names(tmp_path)


def test_order_and_count(tmp_path):
    found = by_order(tmp_path, pictures(tmp_path, "f10.png", "f9.png", "f8.png", "f11.png"), 4)
    assert [(item.path.name, item.platen_deg) for item in found] == [
        ("f8.png", 0), ("f9.png", 90), ("f10.png", 180), ("f11.png", 270)
    ]  # fmt: skip
    assert [item.platen_deg for item in turned_clockwise(found)] == [0, 270, 180, 90]
    with pytest.raises(CaptureError, match="4 pictures for 5 steps"):
        by_order(tmp_path, [item.path for item in found], 5)


def test_patterns(tmp_path):
    found = by_pattern(tmp_path, pictures(tmp_path, "top/x_turn5.png", "low/y_turn7.5.png"), "{camera}/{*}_turn{deg}")
    assert [(item.camera, item.platen_deg) for item in found] == [("low", 7.5), ("top", 5)]
    for pattern in ("{camera}", "{deg}{deg}", "{x}{deg}"):
        with pytest.raises(CaptureError, match="needs one"):
            by_pattern(tmp_path, [], pattern)
    with pytest.raises(CaptureError, match="do not follow"):
        by_pattern(tmp_path, [item.path for item in found], "{deg}")


def test_a_table_names_pictures_and_what_it_leaves_out_is_told(tmp_path):
    given = pictures(tmp_path, "a.png", "b.png", "c.png")
    (tmp_path / "t.csv").write_text("picture, deg\na.png, 10\nb.png, 350.5\n")
    found, problems = by_table(tmp_path, given, tmp_path / "t.csv")
    assert [item.platen_deg for item in found] == [10, 350.5]
    assert problems == ["1 pictures are not in t.csv: c.png"]
    for text in ("picture,deg\nnone.png,1\n", "picture,deg\na.png,inf\n", "a,b\n", "picture,deg\na.png,400\n"):
        (tmp_path / "t.csv").write_text(text)
        with pytest.raises(CaptureError):
            by_table(tmp_path, given, tmp_path / "t.csv")
