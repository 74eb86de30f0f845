"""Every command of the guides from photographs to captures runs as printed, on small input of its kind."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cleanplate.capture import Capture, View, read_capture, write_capture
from guides import DOCS, follow
from turntable_photos import CAMERA, poses, take

STEPS = 24
HOW_TO = ("turntable-and-one-camera", "from-colmap-or-metashape", "calibrate-a-rig")


def test_your_first_own_capture(tmp_path: Path) -> None:
    take(tmp_path / "photos", STEPS)
    follow(DOCS / "tutorials/first-own-capture.md", tmp_path, partial=("run",))
    assert len(read_capture(tmp_path / "next").poses()) == STEPS
    capture = read_capture(tmp_path / "red-box")
    assert (tmp_path / "results" / capture.asin / f"{capture.asin}.glb").is_file()
    page = (tmp_path / "results" / capture.asin / "report.html").read_text()
    assert f"Red box ({capture.asin})" in page
    assert "masks and poses" in page


def test_turntable_and_one_camera(tmp_path: Path) -> None:
    take(tmp_path / "photos", STEPS)
    pictures = sorted((tmp_path / "photos").glob("IMG*"))
    (tmp_path / "named").mkdir()
    (tmp_path / "without-plate").mkdir()
    lines = ["picture,deg"]
    for step, picture in enumerate(pictures):
        shutil.copy(picture, tmp_path / "named" / f"left-{15 * step}.png")
        shutil.copy(picture, tmp_path / "without-plate")
        lines.append(f"{picture.name},{15 * step}")
    shutil.copy(tmp_path / "photos" / "empty.png", tmp_path / "named")
    (tmp_path / "angles.csv").write_text("\n".join(lines))
    follow(DOCS / "how-to/turntable-and-one-camera.md", tmp_path)
    for name in ("by-order", "by-name", "by-table", "from-views", "posed"):
        assert len(read_capture(tmp_path / name).views) == STEPS
    assert (tmp_path / "from-views" / "doubtful" / "cam00.png").is_file()


def test_from_colmap_or_metashape(tmp_path: Path) -> None:
    take(tmp_path / "photos", 12)
    posed = zip(sorted((tmp_path / "photos").glob("IMG*")), poses(12), strict=True)
    views = [View(path.stem, "cam00", path.name, pose=pose) for path, pose in posed]
    write_capture(Capture(tmp_path / "photos", "B000000001", {"cam00": CAMERA}, tuple(views)))
    for to, name in (("colmap", "sparse"), ("nerfstudio", "transforms.json")):
        words = ["convert", "photos", "--to", to, "--out", name]
        subprocess.run([sys.executable, "-m", "cleanplate", *words], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "photos" / "capture.json").unlink()
    (tmp_path / "cameras.xml").write_text(metashape(views))
    follow(DOCS / "how-to/from-colmap-or-metashape.md", tmp_path, partial=("run",))
    for name in ("from-colmap", "from-metashape", "from-nerfstudio"):
        found = {view.id: view.pose for view in read_capture(tmp_path / name).views}
        for view in views:
            np.testing.assert_allclose(found[view.id].centre, view.pose.centre, atol=1e-6)
    for name in ("standing", "levelled"):
        for pose, true in zip(read_capture(tmp_path / name).poses(), poses(12), strict=True):
            assert pose.centre[2] == pytest.approx(true.centre[2], abs=0.012)
            assert np.hypot(*pose.centre[:2]) == pytest.approx(0.5, rel=0.03)
    facts = next((tmp_path / "results").glob("*/hull.json")).read_text()
    assert '"tangent_miss_pixels": 0.' in facts


def metashape(views: list[View]) -> str:
    """Return what Metashape's export of cameras looks like; its principal point is told from the picture's middle."""
    f = CAMERA.K[0, 0]
    cameras = []
    for number, view in enumerate(views):
        to_world = np.eye(4)
        to_world[:3, :3], to_world[:3, 3] = view.pose.R.T, view.pose.centre
        numbers = " ".join(f"{value:.12g}" for value in to_world.ravel())
        cameras.append(
            f'<camera id="{number}" sensor_id="0" label="{view.id}"><transform>{numbers}</transform></camera>'
        )
    return (
        '<?xml version="1.0"?><document version="2.0.0"><chunk label="c"><sensors>'
        '<sensor id="0" label="s" type="frame">'
        f'<resolution width="240" height="192"/><calibration type="frame" class="adjusted">'
        f'<resolution width="240" height="192"/><f>{f}</f><cx>0</cx><cy>0</cy></calibration></sensor></sensors>'
        f"<cameras>{''.join(cameras)}</cameras></chunk></document>"
    )


def test_calibrate_a_rig(photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path / "board-photos")
    shutil.copytree(photos / "left", tmp_path / "products")  # any pictures by the rig's cameras do
    follow(DOCS / "how-to/calibrate-a-rig.md", tmp_path)
    assert read_capture(tmp_path / "red-box").poses()


@pytest.mark.parametrize("page", ["tutorials/first-own-capture.md", *(f"how-to/{name}.md" for name in HOW_TO)])
def test_pictures_and_links_are_there(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert ((DOCS / page).parent / target).is_file(), target
