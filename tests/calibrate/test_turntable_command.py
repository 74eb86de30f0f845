"""From photographs, plates and a count of steps to a capture with poses, on the command line."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cleanplate.capture import read_capture
from cleanplate.capture.rig import read_rig
from cleanplate.image import read_image, read_mask
from turntable_photos import take

STEPS = 12


def cleanplate(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "cleanplate", *map(str, arguments)], capture_output=True, text=True)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    take(folder, STEPS)
    return folder


LENGTHS = ("--height", 0.07)
"""The arm is at half height; the box is 7 cm high."""


def test_photographs_become_a_capture_with_poses_in_one_command(photos: Path, tmp_path: Path) -> None:
    made = cleanplate(
        *("import", photos, "--turntable", STEPS, *LENGTHS, "--name", "Red box"),
        *("--model", "classical", "--out", tmp_path / "box"),
    )
    assert made.returncode == 0, made.stderr
    assert "the platen turns clockwise" in made.stderr
    assert "agree to 0." in made.stderr
    capture = read_capture(tmp_path / "box")
    assert capture.title == "Red box"
    assert len(capture.poses()) == STEPS
    centre = capture.views[0].pose.centre
    # Silhouettes of 240 pixels tell some degrees' tenths; the size is the height's.
    assert np.degrees(np.arctan2(centre[2] - 0.03, -centre[1])) == pytest.approx(
        np.degrees(np.arctan2(0.27, 0.5)), abs=1
    )
    assert np.linalg.norm(centre) == pytest.approx(np.hypot(0.5, 0.3), rel=0.06)
    rig = read_rig(tmp_path / "box" / "rig.json")
    assert rig.clockwise
    again = cleanplate(
        *("import", photos, "--turntable", STEPS, "--rig", tmp_path / "box" / "rig.json", "--name", "Other product"),
        *("--out", tmp_path / "other"),
    )
    assert again.returncode == 0, again.stderr
    for one, other in zip(capture.poses(), read_capture(tmp_path / "other").poses(), strict=True):
        np.testing.assert_allclose(one.R, other.R, atol=1e-9)


def test_corrected_masks_tell_the_rig_too(photos: Path, tmp_path: Path) -> None:
    bare = cleanplate("import", photos, "--turntable", STEPS, "--name", "Red box", "--out", tmp_path / "bare")
    assert bare.returncode == 0
    assert "no poses yet" in bare.stderr
    assert cleanplate("segment", tmp_path / "bare", "--out", tmp_path / "out", "--model", "classical").returncode == 0
    turntable = ("calibrate", "turntable", tmp_path / "bare", "--masks", tmp_path / "out", "--out", tmp_path / "rig")
    assert "give the product's width or height" in cleanplate(*turntable).stderr
    assert not (tmp_path / "rig").exists()
    found = cleanplate(*turntable, *LENGTHS)
    assert found.returncode == 0, found.stderr
    report = json.loads((tmp_path / "rig" / "report.json").read_text())
    assert report["clockwise"]
    assert report["median"] < 1
    assert len(report["misses"]) == STEPS


def test_a_plate_that_nobody_took_is_made_of_the_views(photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path / "bare", ignore=shutil.ignore_patterns("empty*"))
    arguments = ("import", tmp_path / "bare", "--turntable", STEPS, "--name", "Red box", "--out", tmp_path / "box")
    made = cleanplate(*arguments, "--plate-from", "views")
    assert made.returncode == 0, made.stderr
    assert "its plate is made of 12 views" in made.stderr
    capture = read_capture(tmp_path / "box")
    doubtful = read_mask(tmp_path / "box" / "doubtful" / "cam00.png")
    plate, empty = read_image(capture.plate_path(capture.views[0])), read_image(photos / "empty.png")
    assert 0.01 < doubtful.mean() < 0.3
    off = np.abs(plate.astype(float) - empty)
    assert off[~doubtful].mean() < 3
    assert off[doubtful].mean() < 20


def test_no_length_twice_over_and_no_poses_twice(photos: Path, tmp_path: Path) -> None:
    refused = cleanplate(
        "import", photos, "--rig", tmp_path / "rig.json", *LENGTHS, "--name", "x", "--out", tmp_path / "x"
    )
    assert refused.returncode == 2
    assert "--rig gives them" in refused.stderr


def test_the_dinosaur_from_pictures_and_steps_alone(shared_dir: Path, tmp_path: Path) -> None:
    pictures = shared_dir / "real" / "dino"
    if not pictures.is_dir():
        pytest.skip(f"needs {pictures}")
    (tmp_path / "photos").mkdir()
    for picture in pictures.glob("*.jpg"):
        shutil.copy(picture, tmp_path / "photos")
    made = cleanplate(
        *("import", tmp_path / "photos", "--turntable", 36, "--width", 0.2, "--name", "Toy dinosaur"),
        *("--model", "classical", "--out", tmp_path / "dino"),
    )
    assert made.returncode == 0, made.stderr
    run = ["run", tmp_path / "dino", "--out", tmp_path / "out", "--model", "classical", "--no-usdz"]
    done = cleanplate(*run, "--resolution", 128)
    facts = json.loads(next((tmp_path / "out").glob("*/hull.json")).read_text())
    assert done.returncode in (0, 3), done.stderr
    assert facts["implausible"] == []
    assert np.mean(list(facts["agreement"].values())) > 0.95
