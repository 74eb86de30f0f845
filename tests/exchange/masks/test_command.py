"""`cleanplate convert` on the three ways it goes."""

import subprocess
import sys
from pathlib import Path


def run(*arguments: object) -> int:
    program = Path(sys.executable).with_name("cleanplate")
    return subprocess.run([program, "convert", *map(str, arguments)], capture_output=True, check=False).returncode


def test_out_across_and_back(captures: list[Path], tmp_path: Path) -> None:
    collection, masks = captures[0].parent, tmp_path / "masks"
    assert run(collection, "--to", "coco", "--out", tmp_path / "a.json") == 0
    assert run(tmp_path / "a.json", "--to", "cvat-masks", "--out", tmp_path / "b.zip") == 0
    assert run(tmp_path / "b.zip", "--captures", collection, "--out", masks) == 0
    for capture in captures:
        for path in (capture / "masks").iterdir():
            assert (masks / capture.name / "masks" / path.name).read_bytes() == path.read_bytes()


def test_failures_are_in_the_exit_code(captures: list[Path], tmp_path: Path) -> None:
    (captures[0] / "masks/v0.png").unlink()
    assert run(captures[0], "--to", "png", "--out", tmp_path / "png") == 3
    assert len(list((tmp_path / "png").rglob("*.png"))) == 2
    assert run(captures[0], "--out", tmp_path / "x") == 2
    assert run(tmp_path, tmp_path, "--to", "png", "--out", tmp_path / "x") == 2
