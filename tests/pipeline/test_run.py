"""The main job on sound input: what it makes, what it skips, and that a kill loses nothing."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
from pipeline_support import RADII, SIZE, contents

from cleanplate.batch import run_batch
from cleanplate.cli.common import writes_usdz
from cleanplate.errors import MissingExtra
from cleanplate.evaluate import evaluate_masks
from cleanplate.image import read_image, read_mask, read_probability, write_image, write_mask
from cleanplate.pipeline import stages
from cleanplate.settings import MASKS, Settings

SETTINGS = Settings(model="classical", resolution=64)
HULL = replace(SETTINGS, stages=(*MASKS, "carve", "report"))
"""For what models do not tell: they take most of the time."""


@pytest.fixture(scope="module")
def made(sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made")
    batch = run_batch([sound], out, SETTINGS)
    assert batch.products[0].problems == []
    assert batch.exit_code == 0
    return out


def test_every_result_is_there(made: Path, sound: Path) -> None:
    names = set(contents(made / "B00000BALL"))
    views = [path.stem for path in (sound / "images").iterdir()]
    assert {f"masks/{view}.png" for view in views} | {f"overlays/{view}.jpg" for view in views} < names
    assert {"B00000BALL.glb", "hull.ply", "report.html", "state.json", "result.json"} < names


def test_masks_are_right(made: Path, sound: Path) -> None:
    assert evaluate_masks(made, [sound]).mean()["miou"] > 0.97


def test_the_hull_has_the_ellipsoids_size(made: Path) -> None:
    mesh = trimesh.load_mesh(made / "B00000BALL/hull.ply")
    assert mesh.is_watertight
    np.testing.assert_allclose(mesh.extents, 2 * np.array(RADII), rtol=0.08)


def test_the_model_stands_on_the_floor_with_y_up(made: Path) -> None:
    model = trimesh.load_mesh(made / "B00000BALL/B00000BALL.glb")
    assert model.bounds[0][1] == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(sorted(model.extents), sorted(2 * np.array(RADII)), rtol=0.08)
    assert model.extents[1] == pytest.approx(2 * RADII[2], rel=0.08)


def test_a_second_run_makes_nothing(made: Path, sound: Path) -> None:
    before = contents(made)
    batch = run_batch([sound], made, SETTINGS)
    assert batch.products[0].made == 0
    assert contents(made) == before


def test_a_rerun_makes_only_what_changed(made: Path, folder: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(made, tmp_path / "out"))
    masks = out / "B00000BALL/masks"
    before = {path.name: path.stat().st_mtime_ns for path in masks.iterdir()}
    shutil.copy(folder / "images/cam00_036.png", folder / "images/cam00_000.png")
    run_batch([folder], out, HULL)
    changed = {path.name for path in masks.iterdir() if path.stat().st_mtime_ns != before[path.name]}
    assert changed == {"cam00_000.png"}


def test_a_corrected_mask_is_kept_and_the_hull_follows(made: Path, sound: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(made, tmp_path / "out"))
    path = out / "B00000BALL/masks/cam00_000.png"
    corrected = read_mask(path)
    corrected[:, :64] = False
    write_mask(path, corrected)
    hull = (out / "B00000BALL/hull.ply").read_bytes()
    run_batch([sound], out, HULL)
    np.testing.assert_array_equal(read_mask(path), corrected)
    assert (out / "B00000BALL/hull.ply").read_bytes() != hull


def test_another_setting_makes_only_what_depends_on_it(made: Path, sound: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(made, tmp_path / "out"))
    run_batch([sound], out, replace(HULL, resolution=48))
    before, after = contents(made / "B00000BALL"), contents(out / "B00000BALL")
    assert all(before[name] == after[name] for name in before if name.startswith("masks/"))
    assert before["hull.ply"] != after["hull.ply"]


def test_products_side_by_side_give_the_same_bytes(made: Path, sound: Path, folder: Path, tmp_path: Path) -> None:
    twin = Path(shutil.copytree(sound, tmp_path / "in/B00000TWIN"))
    (twin / "capture.json").write_text((twin / "capture.json").read_text().replace("B00000BALL", "B00000TWIN"))
    batch = run_batch([folder, twin], tmp_path / "out", HULL, jobs=2)
    assert [product.status for product in batch.products] == ["ok", "ok"]
    for name in ("hull.ply", "masks/cam00_000.png"):
        assert (tmp_path / "out/B00000TWIN" / name).read_bytes() == (made / "B00000BALL" / name).read_bytes()


def test_killed_at_random_and_taken_up_again_the_bytes_are_the_same(sound: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cleanplate", "run", str(sound), "--out", "out"]
    command += ["--model", "classical", "--resolution", "64"]
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    subprocess.run(command, cwd=tmp_path / "whole", check=True, capture_output=True)
    started = time.monotonic()
    subprocess.run(command, cwd=tmp_path / "whole", check=True, capture_output=True)
    idle = time.monotonic() - started
    rng = random.Random(0)
    for _ in range(4):
        process = subprocess.Popen(command, cwd=tmp_path / "killed", stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=idle + rng.uniform(-0.3, 1.0))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run(command, cwd=tmp_path / "killed", check=True, capture_output=True)
    results = [contents(tmp_path / name / "out/B00000BALL") for name in ("killed", "whole")]
    assert results[0] == results[1]


def test_json_on_stdout_and_nothing_else(made: Path, sound: Path, tmp_path: Path) -> None:
    out = shutil.copytree(made, tmp_path / "out")
    command = [sys.executable, "-m", "cleanplate", "run", str(sound), "--out", str(out), "--model", "classical"]
    done = subprocess.run([*command, "--resolution", "64", "--json"], check=True, capture_output=True, text=True)
    result = json.loads(done.stdout)
    assert result["exit_code"] == 0
    assert result["products"][0]["asin"] == "B00000BALL"


def test_usdz_lies_beside_the_glb_and_goes_when_no_longer_asked_for(made: Path, sound: Path, tmp_path: Path) -> None:
    pytest.importorskip("pxr", reason="needs the extra: pip install 'cleanplate[usd]'")
    out = Path(shutil.copytree(made, tmp_path / "out"))
    usdz = out / "B00000BALL/B00000BALL.usdz"
    assert run_batch([sound], out, replace(SETTINGS, usdz=True)).exit_code == 0
    assert usdz.read_bytes()[:2] == b"PK"
    assert 'href="B00000BALL.usdz"' in (out / "B00000BALL/report.html").read_text()
    assert (out / "B00000BALL/B00000BALL.glb").read_bytes() == (made / "B00000BALL/B00000BALL.glb").read_bytes()
    assert run_batch([sound], out, replace(SETTINGS, usdz=True)).products[0].made == 0
    run_batch([sound], out, SETTINGS)
    assert not usdz.exists()
    assert 'href="B00000BALL.usdz"' not in (out / "B00000BALL/report.html").read_text()


def test_further_profiles_and_a_vessel_are_made_and_go_when_no_longer_asked_for(
    made: Path, sound: Path, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(made, tmp_path / "out"))
    asked = replace(SETTINGS, also=("khronos-planner",), vessel=0.004)
    batch = run_batch([sound], out, asked)
    assert batch.products[0].problems == []
    folder, name = out / "B00000BALL", "B00000BALL.khronos-planner"
    assert json.loads((folder / f"{name}.json").read_text())["profile"] == "khronos-planner"
    solid, cup = (trimesh.load_mesh(folder / each) for each in ("hull.ply", "vessel.ply"))
    assert cup.is_watertight and cup.volume < 0.6 * solid.volume
    model = trimesh.load_mesh(folder / f"{name}.glb")
    model.merge_vertices(merge_tex=True, merge_norm=True)
    assert model.volume == pytest.approx(cup.volume, rel=0.05)
    assert "khronos-planner" in (folder / "report.html").read_text()
    assert run_batch([sound], out, asked).products[0].made == 0
    run_batch([sound], out, SETTINGS)
    names_folder = "result.json"
    again, first = contents(out / "B00000BALL"), contents(made / "B00000BALL")
    assert again.pop(names_folder) and first.pop(names_folder) and again == first


def test_without_the_extra_nothing_is_silent(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setitem(sys.modules, "pxr", None)
    assert not writes_usdz(None)
    assert "pip install 'cleanplate[usd]'" in capsys.readouterr().err
    assert not writes_usdz(False)
    assert capsys.readouterr().err == ""
    with pytest.raises(MissingExtra, match="pip install"):
        writes_usdz(True)


def test_another_front_turns_the_model(made: Path, sound: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(made, tmp_path / "out"))
    run_batch([sound], out, replace(SETTINGS, front_deg=0.0))
    before, after = (trimesh.load_mesh(folder / "B00000BALL/B00000BALL.glb").extents for folder in (made, out))
    np.testing.assert_allclose(after, before[[2, 1, 0]], rtol=1e-3)


def test_a_networks_hull_is_carved_with_what_may_be_foreground_but_an_edited_mask_as_it_is(
    sound: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out/B00000BALL"
    settings = replace(HULL, model="default")
    run_batch([sound], tmp_path / "out", settings)
    for mask in (out / "masks").iterdir():
        np.testing.assert_array_equal(read_probability(out / "refined" / mask.name) >= 0.5, read_mask(mask))
    before = (out / "hull.ply").read_bytes()
    mine = read_mask(sound / "masks/cam00_072.png")
    mine[:, :64] = False
    write_mask(out / "masks/cam00_072.png", mine)
    run_batch([sound], tmp_path / "out", settings)
    np.testing.assert_array_equal(read_mask(out / "masks/cam00_072.png"), mine)
    assert (out / "hull.ply").read_bytes() != before


def test_what_other_views_deny_leaves_a_mask_and_comes_back_without_refinement(folder: Path, tmp_path: Path) -> None:
    picture = folder / "images/cam00_072.png"
    image = read_image(picture)
    image[6:26, 6:26] = (30, 90, 160)
    write_image(picture, image)
    out = tmp_path / "out/B00000BALL"
    result = run_batch([folder], tmp_path / "out", HULL).products[0]
    assert result.status == "ok"
    first, refined = (read_probability(out / kind / "cam00_072.png") >= 0.5 for kind in ("probabilities", "refined"))
    assert not (refined & ~first).any()
    assert 380 <= (first & ~refined).sum() <= 400
    assert read_mask(out / "masks/cam00_072.png")[:30, :30].sum() < 20
    assert first[8:24, 8:24].all()
    assert "refined by what other views show" in (out / "report.html").read_text()
    assert run_batch([folder], tmp_path / "out", HULL).products[0].made == 0
    run_batch([folder], tmp_path / "out", replace(HULL, refine=False))
    assert read_mask(out / "masks/cam00_072.png")[8:24, 8:24].all()
    assert not (out / "refined").exists() or not list((out / "refined").iterdir())


def test_a_stage_of_another_version_is_made_again(
    made: Path, sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Path(shutil.copytree(made, tmp_path / "out"))
    run_batch([sound], out, SETTINGS)
    newer = [stage._replace(version=stage.version + (stage.name == "carve")) for stage in stages.STAGES]
    monkeypatch.setattr(stages, "STAGES", newer)
    batch = run_batch([sound], out, SETTINGS)
    assert batch.products[0].made == 2, "the hull and what is known of it; its bytes are the same, and all else stays"


def test_another_refiner_makes_masks_again(
    made: Path, sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Path(shutil.copytree(made, tmp_path / "out"))
    run_batch([sound], out, SETTINGS)
    monkeypatch.setattr("cleanplate.cards.refiner_digest", lambda: "of another file")
    count = len(list((out / "B00000BALL/masks").iterdir()))
    batch = run_batch([sound], out, SETTINGS)
    assert batch.products[0].made == 2 * count + 1, "masks, what they came from, and what was not heard; no more"


def test_a_mask_that_nobody_recorded_is_a_persons(sound: Path, tmp_path: Path) -> None:
    mine = np.zeros(SIZE[::-1], bool)
    mine[30:70, 40:90] = True
    write_mask(tmp_path / "B00000BALL/masks/cam00_036.png", mine)
    for _ in range(2):
        run_batch([sound], tmp_path, HULL)
        np.testing.assert_array_equal(read_mask(tmp_path / "B00000BALL/masks/cam00_036.png"), mine)
    (tmp_path / "B00000BALL/state.json").unlink()
    run_batch([sound], tmp_path, HULL)
    np.testing.assert_array_equal(read_mask(tmp_path / "B00000BALL/masks/cam00_036.png"), mine)
