"""Plates find their pictures by folder, name or because they are alone; what does not fit is named or refused."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cleanplate.errors import CaptureError
from cleanplate.exchange.photographs import Plan, Shot, pair_plates, product_id, split_plates, write_plan
from cleanplate.geometry import Camera
from cleanplate.image import write_image

CAMERA = Camera(24, 16, np.array([[30.0, 0, 12], [0, 30, 8], [0, 0, 1]]))


def pair(root: Path, pictures: dict[str, str], plates: list[str], sizes: dict[str, tuple[int, int]] | None = None):
    for name in [*pictures, *plates]:
        height, width = (sizes or {}).get(name, (16, 24))
        write_image(root / name, np.full((height, width, 3), 90, np.uint8))
    shots = [Shot(root / name, name, camera) for name, camera in pictures.items()]
    found, problems = pair_plates(shots, [root / name for name in plates], root)
    return {shot.name: shot.plate.relative_to(root).as_posix() if shot.plate else None for shot in found}, problems


TWO = {"left/0.png": "left", "right/0.png": "right"}
PAIRED = {
    "by path": (TWO, ["plates/left/0.png", "plates/right/0.png"]),
    "by the camera's name, in any case": (TWO, ["LEFT_Empty.png", "bg-right.png"]),
    "by folder": (TWO, ["plates/left/plate.png", "plates/right/plate.png"]),
}


@pytest.mark.parametrize("case", PAIRED)
def test_each_picture_gets_its_own_cameras_plate(case, tmp_path):
    pictures, plates = PAIRED[case]
    found, problems = pair(tmp_path, pictures, plates)
    assert list(found.values()) == plates
    assert problems == []


def photograph(path: Path, taken: str = "", serial: str = "") -> Path:
    """Write a JPEG as a camera does, with when and by which body it was taken."""
    tags = Image.Exif()
    tags.get_ifd(0x8769).update({number: text for number, text in ((0x9003, taken), (0xA431, serial)) if text})
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (24, 16), (90, 90, 90)).save(path, exif=tags)
    return path


def test_of_several_plates_each_picture_gets_the_one_taken_nearest_in_time(tmp_path):
    day = "2026:11:26 {}:00"
    shots = [
        Shot(photograph(tmp_path / f"{n}.jpg", day.format(hour)), f"{n}.jpg", "cam")
        for n, hour in enumerate(("08:59", "10:01", "12:29", "12:31", "19:00"))
    ]
    morning, noon, evening = (
        photograph(tmp_path / f"cam_{name}.jpg", day.format(hour))
        for name, hour in (("plate", "09:00"), ("empty", "12:00"), ("background", "13:00"))
    )
    paired, problems = pair_plates(shots, [morning, noon, evening], tmp_path)
    assert [shot.plate for shot in paired] == [morning, morning, noon, evening, evening]
    assert problems == []


@pytest.mark.parametrize("times", [("2026:11:26 09:00:00", ""), ("2026:11:26 09:00:00", "2026:11:26 09:00:00")])
def test_times_that_do_not_tell_plates_apart_are_not_guessed_from(times, tmp_path):
    shot = Shot(photograph(tmp_path / "a.jpg", "2026:11:26 09:10:00"), "a.jpg", "cam")
    plates = [
        photograph(tmp_path / f"cam_{name}.jpg", time) for name, time in zip(("plate", "empty"), times, strict=True)
    ]
    with pytest.raises(CaptureError, match="2 plates fit it"):
        pair_plates([shot], plates, tmp_path)


def test_a_plate_without_a_telling_name_goes_to_the_body_that_took_it(tmp_path):
    shots = [
        Shot(photograph(tmp_path / side / "0.jpg", serial=side), f"{side}/0.jpg", side) for side in ("left", "right")
    ]
    plates = [photograph(tmp_path / "sets" / f"{n}9.jpg", serial=side) for n, side in enumerate(("right", "left"))]
    paired, problems = pair_plates(shots, plates, tmp_path / "sets")
    assert [shot.plate for shot in paired] == plates[::-1]
    assert problems == []


def test_a_plate_alone_serves_the_only_camera(tmp_path):
    found, problems = pair(tmp_path, {"a.png": "cam", "b.png": "cam"}, ["other.png"])
    assert set(found.values()) == {"other.png"}
    assert problems == []


def test_a_plate_alone_for_two_cameras_is_named_and_so_are_the_pictures(tmp_path):
    found, problems = pair(tmp_path, TWO, ["background.png"])
    assert set(found.values()) == {None}
    assert "background.png: a plate that fits no picture" in problems[0]
    assert "2 pictures have no plate: left/0.png, right/0.png" in problems[1]


@pytest.mark.parametrize(
    ("pictures", "plates", "sizes", "message"),
    [
        (TWO, ["0.png"], {}, "fits left/0.png and right/0.png alike"),
        ({"a.png": "cam"}, ["cam_plate.png", "cam_empty.png"], {}, "2 plates fit it"),
        ({"a.png": "cam"}, ["cam_plate.png"], {"cam_plate.png": (8, 24)}, "24x8 pixels, but a.png has 24x16"),
    ],
)
def test_what_is_ambiguous_or_of_another_size_is_refused(pictures, plates, sizes, message, tmp_path):
    with pytest.raises(CaptureError, match=message):
        pair(tmp_path, pictures, plates, sizes)


def test_names_and_patterns_tell_plates(tmp_path):
    names = ["a_0.jpg", "EMPTY.jpg", "cam1-background.jpg", "bgs/x.jpg", "plated.jpg", "DSC_7.jpg"]
    pictures, plates = split_plates(tmp_path, [tmp_path / name for name in names], None)
    assert [path.name for path in plates] == ["EMPTY.jpg", "cam1-background.jpg", "x.jpg"]
    assert [path.name for path in split_plates(tmp_path, pictures, "dsc_*")[1]] == ["DSC_7.jpg"]


def test_an_import_appears_whole_or_not_at_all_and_never_over_something(tmp_path):
    write_image(tmp_path / "a.png", np.zeros((16, 24, 3), np.uint8))
    shot = Shot(tmp_path / "a.png", "a.png", "cam")
    capture = write_plan(Plan({"cam": CAMERA}, [shot]), tmp_path / "out", "B000000001", "Blue cup")
    assert capture.title == "Blue cup"
    with pytest.raises(CaptureError, match="not empty"):
        write_plan(Plan({"cam": CAMERA}, [shot]), tmp_path / "out", "B000000001")
    with pytest.raises(CaptureError, match="both become"):
        write_plan(Plan({"c m": CAMERA, "c_m": CAMERA}, [shot]), tmp_path / "new", "B000000001")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "out"]


def test_a_name_makes_one_id_anywhere():
    assert product_id("Blue cup") == product_id("  Blue   cup ") != product_id("Blue cups")
    assert len(product_id("Tasse, blau")) == 10
