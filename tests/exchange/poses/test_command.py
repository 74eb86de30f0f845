"""Poses to other programs and back, and the dinosaur's photographs to a model, on the command line."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cleanplate.capture import Capture, View, read_capture, write_capture
from cleanplate.geometry import Camera, look_at
from cleanplate.image import write_image


def cleanplate(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "cleanplate", *map(str, arguments)], capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "B000000001"
    camera = Camera(24, 16, np.array([[30.5, 0, 12.25], [0, 31, 8], [0, 0, 1]]))
    views = []
    for n, turn in enumerate((0.0, 1.0, 2.5)):
        write_image(folder / f"images/v{n}.png", np.zeros((16, 24, 3), np.uint8))
        pose = look_at(np.array([np.cos(turn), np.sin(turn), 0.3]), np.zeros(3))
        views.append(View(f"v{n}", "cam00", f"images/v{n}.png", pose=pose))
    write_capture(Capture(folder, "B000000001", {"cam00": camera}, tuple(views)))
    return folder


@pytest.mark.parametrize(
    ("to", "name"),
    [
        ("colmap", "sparse"),
        ("colmap-binary", "sparse"),
        ("nerfstudio", "transforms.json"),
        ("middlebury", "shop_par.txt"),
        ("matrices", "P.json"),
        ("opencv", "rig.yml"),
    ],
)
def test_converted_poses_are_imported_again(folder: Path, tmp_path: Path, to: str, name: str) -> None:
    out = tmp_path / "out" / name
    written = cleanplate("convert", folder, "--to", to, "--out", out)
    assert written.returncode == 0, written.stderr
    assert "poses of 3 pictures" in written.stderr
    again = cleanplate("import", folder, "--poses", out, "--asin", "B000000002", "--out", tmp_path / "B000000002")
    assert again.returncode == 0, again.stderr
    before, after = read_capture(folder), read_capture(tmp_path / "B000000002")
    for a, b in zip(before.poses(), after.poses(), strict=True):
        np.testing.assert_allclose(b.R, a.R, atol=1e-9)
        np.testing.assert_allclose(b.t, a.t, atol=1e-7)
    for view, other in zip(before.views, after.views, strict=True):
        np.testing.assert_allclose(after.camera_of(other).K, before.camera_of(view).K, atol=1e-6)


def test_poses_of_two_captures_at_once_are_refused(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, folder.parent / "B000000003")
    done = cleanplate("convert", folder.parent, "--to", "colmap", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "one at a time" in done.stderr


def test_the_dinosaur_goes_from_photographs_to_a_model(shared_dir: Path, tmp_path: Path) -> None:
    """No plates, no floor, a blue backdrop, a left-handed world: import and run know what to do."""
    photos = shared_dir / "real" / "dino"
    if not photos.is_dir():
        pytest.skip(f"needs {photos}")
    made = cleanplate(
        "import", photos, "--poses", photos / "projection.json", "--asin", "B000000001", "--out", tmp_path / "dino"
    )
    assert made.returncode == 0, made.stderr
    run = ["run", tmp_path / "dino", "--out", tmp_path / "out", "--no-floor", "--model", "classical", "--no-usdz"]
    done = cleanplate(*run, "--resolution", 96, "--json")
    product = json.loads(done.stdout)["products"][0]
    assert product["status"] in ("ok", "partial"), product["problems"]
    facts = json.loads((tmp_path / "out/B000000001/hull.json").read_text())
    assert facts["watertight"]
    assert len(facts["unused"]) <= 2
    assert np.mean(list(facts["agreement"].values())) > 0.9
