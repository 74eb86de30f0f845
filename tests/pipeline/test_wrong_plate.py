"""A plate that is not the view's own is said, by view, in the result and the exit code; the right ones are not."""

import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from pipeline_support import edit

import cleanplate
from cleanplate.batch import run_batch
from cleanplate.segment.plates import plate_problems
from cleanplate.settings import MASKS, Settings
from turntable_photos import take

SETTINGS = Settings(model="classical", stages=MASKS)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """The sample's first view of each of four cameras."""
    folder = tmp_path / "capture"
    shutil.copytree(Path(cleanplate.__file__).parent / "samples" / "B0TEAPOT01", folder)

    def keep(document: dict) -> None:
        first = {view["camera"]: view for view in reversed(document["views"])}
        document["views"] = [first[camera] for camera in sorted(first)[:4]]

    edit(folder, keep)
    return folder


def problems(folder: Path, out: Path) -> tuple[list[str], int]:
    batch = run_batch([folder], out, SETTINGS)
    return batch.products[0].problems, batch.exit_code


def test_right_plates_are_not_accused(sample: Path, tmp_path: Path) -> None:
    assert problems(sample, tmp_path / "out") == ([], 0)


def test_swapped_and_turned_plates_are_named_again_at_a_rerun(sample: Path, tmp_path: Path) -> None:
    def swap(document: dict) -> None:
        views = document["views"]
        views[0]["plate"], views[1]["plate"] = views[1]["plate"], views[0]["plate"]

    edit(sample, swap)
    turned = sample / "plates" / "cam02.jpg"
    cv2.imwrite(str(turned), cv2.imread(str(turned))[::-1, ::-1])
    for _ in range(2):
        found, code = problems(sample, tmp_path / "out")
        assert code == 3
        assert len(found) == 1
        assert all(camera in found[0] for camera in ("cam00", "cam01", "cam02"))
        assert "cam03" not in found[0]
        assert "another camera" in found[0]


def test_a_plate_with_the_product_in_it_is_named(tmp_path: Path) -> None:
    take(tmp_path / "photos", 8)
    shutil.copy(tmp_path / "photos/IMG_0009.png", tmp_path / "photos/empty.png")
    words = ["import", "photos", "--turntable", "8", "--name", "Red box", "--out", "capture"]
    subprocess.run([sys.executable, "-m", "cleanplate", *words], cwd=tmp_path, check=True, capture_output=True)
    found, code = problems(tmp_path / "capture", tmp_path / "out")
    assert code == 3
    assert any("or not to be empty" in each and "IMG_0010" in each for each in found)
    assert plate_problems({"agreement": {"v": 0.9}, "excess": {"plates/c.png": 0.3, "plates/d.png": 0.02}}) == [
        "plates/c.png: shows something where the product stands that its pictures do not show (30% of their masks' "
        "outlines); was the product in the plate? Take it anew, of the empty set"
    ]
