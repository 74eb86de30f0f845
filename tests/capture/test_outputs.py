"""Outputs never land in or over what a person gave."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cleanplate
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


COMMANDS = {
    "reconstruct CAPTURE --masks CAPTURE/masks --out THERE": "m.glb",
    "convert CAPTURE --to coco --out THERE": "m.json",
    "convert CAPTURE --to png --out FOLDER": "old.png",
    "convert CAPTURE --to nerfstudio --out THERE": "transforms.json",
    "calibrate board --out THERE": "board.pdf",
    "calibrate rig CAPTURE/images --out FOLDER": "rig.json",
    "export CAPTURE/best.safetensors --out THERE": "net.onnx",
    "calibrate turntable CAPTURE --masks CAPTURE/masks --height 0.1 --out FOLDER": "report.json",
    "check-asset CAPTURE/mesh.glb --certificate THERE": "certificate.html",
    "dataset manifest FOLDER": "manifest.jsonl",
    "dataset pack CAPTURE --out FOLDER/all": "all-000.pack",
    "review CAPTURE --export FOLDER": "notes.txt",
}


@pytest.fixture
def sample() -> Path:
    return Path(cleanplate.__file__).parent / "samples/B0TEAPOT01"


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "cleanplate", *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_there_is_replaced_only_if_asked_for(command: str, tmp_path: Path, sample: Path) -> None:
    there = tmp_path / "out" / COMMANDS[command]
    there.parent.mkdir()
    there.write_bytes(b"a person's")
    words = {"CAPTURE": str(sample), "THERE": str(there), "FOLDER": str(there.parent)}
    for name, path in words.items():
        command = command.replace(name, path)
    done = run(*command.split())
    assert done.returncode == 1, done.stderr
    assert "--overwrite" in done.stderr
    assert there.read_bytes() == b"a person's"
    assert list(there.parent.iterdir()) == [there]


OWN = {
    "compare classical --truth CAPTURE --out FOLDER": "compare.json",
    "yield CAPTURE --out FOLDER": "yield.json",
    "status FOLDER --html": "overview.html",
}
"""Commands that replace what they wrote earlier: the file that tells whether they did."""


@pytest.mark.parametrize("command", OWN)
def test_a_file_of_another_kind_keeps_its_place(command: str, tmp_path: Path, sample: Path) -> None:
    there = tmp_path / "out" / OWN[command]
    there.parent.mkdir()
    there.write_bytes(b'{"a person": "wrote this"}')
    done = run(*command.replace("CAPTURE", str(sample)).replace("FOLDER", str(there.parent)).split())
    assert done.returncode == 1, done.stderr
    assert f"{there}: is there already" in done.stderr
    assert there.read_bytes() == b'{"a person": "wrote this"}'
    assert list(there.parent.iterdir()) == [there]


def test_a_board_is_replaced_if_asked_for(tmp_path: Path) -> None:
    (tmp_path / "board.png").write_bytes(b"old")
    done = run("calibrate", "board", "--out", str(tmp_path / "board.png"), "--overwrite")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "board.png").read_bytes().startswith(b"\x89PNG")
