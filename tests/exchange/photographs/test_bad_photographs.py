"""Folders of photographs as people have them: each fault is named, with what to do, before anything is made of it."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from cleanplate.capture import read_capture, validate_capture
from cleanplate.cli import app
from cleanplate.image import read_image, write_image
from turntable_photos import take


def write(folder: Path, *names: str, size: tuple[int, int] = (24, 16)) -> Path:
    """Write grey pictures of a size (width, height)."""
    for name in names:
        write_image(folder / name, np.full((size[1], size[0], 3), 90, np.uint8))
    return folder


def imported(folder: Path, *words: str) -> tuple[int, str]:
    """Import a folder into `made` beside it; return the exit code, and what was said or why it was refused."""
    asked = ["import", str(folder), "--name", "thing", "--out", str(folder.parent / "made"), *words]
    done = CliRunner().invoke(app, asked)
    return done.exit_code, " ".join(f"{done.output} {done.exception or ''}".split())


def test_several_cameras_in_one_folder_are_told_apart_by_name(tmp_path: Path) -> None:
    names = [f"{camera}_{degrees}.png" for camera in ("left", "top") for degrees in (0, 90, 180)]
    code, said = imported(write(tmp_path / "in", *names, "left_plate.png", "top_plate.png"))
    assert code == 0, said
    capture = read_capture(tmp_path / "made")
    assert len(capture.cameras) == 2
    assert {view.plate for view in capture.views} == {"plates/left.png", "plates/top.png"}


def test_the_plate_that_is_missing_for_one_camera_is_named_with_the_pictures(tmp_path: Path) -> None:
    names = [f"{camera}_{degrees}.png" for camera in ("left", "top") for degrees in (0, 90)]
    code, said = imported(write(tmp_path / "in", *names, "left_plate.png"))
    assert code == 3
    assert "2 pictures have no plate: top_0.png, top_90.png" in said


@pytest.mark.parametrize("other", [(48, 32), (16, 24)], ids=["another camera's size", "portrait among landscape"])
def test_one_camera_has_one_size_and_stands_one_way_up(other: tuple[int, int], tmp_path: Path) -> None:
    write(tmp_path / "in", "a1.png", "a2.png", "a3.png")
    write(tmp_path / "in", "a4.png", size=other)
    code, said = imported(tmp_path / "in", "--turntable", "4")
    assert code == 1
    assert "a4.png" in said and "One camera has one size and stands one way up" in said
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("name", "command"), [("IMG_2.HEIC", "magick"), ("IMG_2.CR2", "darktable-cli"), ("IMG_2.dng", "darktable-cli")]
)
def test_photographs_of_other_formats_are_named_with_the_command_that_converts_them(
    name: str, command: str, tmp_path: Path
) -> None:
    write(tmp_path / "in", "cam_0.png", "cam_90.png", "cam_plate.png")
    (tmp_path / "in" / name).write_bytes(b"\0\0\0\x18ftypheic" + bytes(64))
    code, said = imported(tmp_path / "in")
    assert code == 3
    assert name in said and command in said
    assert len(read_capture(tmp_path / "made").views) == 2


def test_an_angle_twice_is_refused(tmp_path: Path) -> None:
    code, said = imported(write(tmp_path / "in", "cam_0.png", "cam_90.png", "cam_090.png"))
    assert code == 1
    assert "90" in said and "cam_090.png" in said


def test_a_camera_that_was_moved_is_said_with_the_pictures(tmp_path: Path) -> None:
    take(tmp_path / "in", 18)
    for number in range(12, 15):
        path = tmp_path / "in" / f"IMG_{number:04d}.png"
        write_image(path, np.roll(read_image(path), (4, 3), (0, 1)))
    code, said = imported(tmp_path / "in", "--turntable", "18", "--height", "0.07", "--model", "classical")
    assert code == 1
    assert "did the camera and the product stand still" in said
    worst = said.partition("Look first at ")[2].split(", ")
    assert {name[:8] for name in worst[:3]} == {"IMG_0012", "IMG_0013", "IMG_0014"}
    assert not (tmp_path / "made").exists()


def test_two_views_are_a_capture_but_no_model(tmp_path: Path) -> None:
    take(tmp_path / "all", 12)
    (tmp_path / "in").mkdir()
    for name in ("IMG_0007.png", "IMG_0010.png", "empty.png"):
        shutil.copy(tmp_path / "all" / name, tmp_path / "in")
    code, said = imported(tmp_path / "in", "--turntable", "2", "--height", "0.07", "--model", "classical")
    assert code == 1
    assert "views" in said
    assert imported(tmp_path / "in", "--turntable", "2")[0] == 0
    assert len(read_capture(tmp_path / "made").views) == 2


def test_two_thousand_pictures_are_a_capture(tmp_path: Path) -> None:
    write(tmp_path / "in", "empty.png", *(f"IMG_{number:04d}.png" for number in range(2000)))
    code, said = imported(tmp_path / "in", "--turntable", "2000")
    assert code == 0, said
    capture = read_capture(tmp_path / "made")
    assert len(capture.views) == 2000
    assert capture.views[1].platen_deg == pytest.approx(0.18)
    assert validate_capture(tmp_path / "made") == []
