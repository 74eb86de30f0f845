"""`cleanplate yield` on a small capture: the exact masks pass, masks that miss a part do not, and a rerun resumes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from cleanplate.image import read_image, write_image


def measure(captures: Path, out: Path) -> dict:
    arguments = ["yield", str(captures), "--out", str(out), "--model", "classical", "--single", "--texture", "64"]
    command = [sys.executable, "-m", "cleanplate", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "| exact | 1.0000 |  | 100% |" in result.stdout
    return json.loads((out / "yield.json").read_text())


def test_models_of_exact_masks_pass_and_those_that_miss_a_part_do_not(sound: Path, tmp_path: Path) -> None:
    captures = tmp_path / "captures"
    shutil.copytree(sound, captures / "B00000BALL")
    hidden = Path(shutil.copytree(sound, captures / "B00000HALF"))
    document = json.loads((hidden / "capture.json").read_text()) | {"asin": "B00000HALF", "tags": ["hidden"]}
    (hidden / "capture.json").write_text(json.dumps(document))
    plate = read_image(hidden / "plates/cam00.png")
    for path in (hidden / "images").iterdir():  # the left half cannot be seen in any view
        image = read_image(path)
        image[:, :60] = plate[:, :60]
        write_image(path, image)
    summary = measure(captures, tmp_path / "out")
    assert summary["products"] == 2
    assert summary["yield"]["exact"]["mean"] == 1
    for method in ("classical", "classical, single views"):
        ball, half = summary["rows"][method]
        assert ball["failures"] == []
        assert ball["iou"] > 0.9
        assert half["failures"]
        assert summary["by_tag"][method] == {"hidden": 0.0}
    assert summary["miou"]["exact"] == 1
    assert summary["miou_by_tag"]["classical"]["hidden"] < summary["miou"]["classical"] < 1
    assert summary["lose_a_point"] == {"classical": 0.0}
    hulls = sorted((tmp_path / "out").rglob("hull.ply"))
    assert len(hulls) == 6
    times = [hull.stat().st_mtime_ns for hull in hulls]
    again = measure(captures, tmp_path / "out")
    assert times == [hull.stat().st_mtime_ns for hull in hulls]
    assert again["rows"] == summary["rows"]
    assert np.isclose(again["difference"]["exact"]["mean"], 0.5)
