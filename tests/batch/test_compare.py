"""Models and folders compared in one go, on a capture with real pictures."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

from cleanplate.batch.compare import compare, make_masks, turned_over
from cleanplate.capture import Capture, View, write_capture
from cleanplate.errors import CaptureError, ModelError
from cleanplate.evaluate import evaluate_masks
from cleanplate.geometry import Camera, look_at
from cleanplate.image import read_mask, write_image, write_mask
from cleanplate.segment import load_model

SIZE = (96, 128)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """A red box with a shadow below it, off the picture's middle, in two views."""
    rng = np.random.default_rng(0)
    truth = np.zeros(SIZE, bool)
    truth[20:50, 40:90] = True
    plate = rng.integers(196, 204, (*SIZE, 3)).astype(np.uint8)
    image = rng.integers(196, 204, (*SIZE, 3)).astype(np.uint8)
    image[50:70, 40:90] -= 40
    image[truth] = (190, 30, 30)
    folder = tmp_path / "set" / "B000000001"
    write_image(folder / "plate.png", plate)
    views = []
    for n in range(2):
        write_image(folder / f"v{n}.png", image)
        write_mask(folder / "masks" / f"v{n}.png", truth)
        pose = look_at(np.array([1.0, 0.0, 0.1 + n]), np.zeros(3))
        views.append(View(f"v{n}", "c", f"v{n}.png", "plate.png", f"masks/v{n}.png", pose=pose))
    camera = Camera(SIZE[1], SIZE[0], np.array([[100.0, 0, 64], [0, 100, 48], [0, 0, 1]]), np.zeros(5))
    write_capture(Capture(folder, "B000000001", {"c": camera}, tuple(views), ("thin",)))
    return tmp_path / "set"


def test_models_and_folders_in_one_go(box: Path, tmp_path: Path, browser: Browser) -> None:
    peer = tmp_path / "peer" / "B000000001"
    for n in range(2):
        write_mask(peer / f"v{n}.png", np.ones(SIZE, bool))
    out = tmp_path / "out"
    methods = {"classical": "classical", "difference": "difference", "peer": str(tmp_path / "peer")}
    comparison = compare(methods, [box], out, upside_down=True, command=f"compare {'/folder' * 40}")
    result = json.loads((out / "compare.json").read_text())
    assert result["methods"] == ["classical", "difference", "peer"]
    for name in ("classical", "difference"):
        measured = evaluate_masks(out / "masks" / name, [box]).mean()
        assert {each: value.mean for each, value in comparison.table()[name].items()} == pytest.approx(measured)
        assert measured["foreground_recall"] > 0.9
    seen = comparison.observations()
    assert seen["difference"]["shadow"].mean == pytest.approx(seen["difference, upside down"]["shadow"].mean, abs=0.05)
    assert seen["peer"]["clean"].mean == 1
    assert set(result["seconds_per_view"]) == {"classical", "difference"}
    html = (out / "compare.html").read_text()
    assert "classical, upside down" in html
    assert "large shadow: foreground_iou" not in html, "captions are in the pictures"
    for screen in (1400, 500):
        tab = browser.new_page(viewport={"width": screen, "height": 900})
        tab.goto((out / "compare.html").as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") <= screen
        wide = tab.evaluate("[...document.querySelectorAll('table')].filter(t => t.scrollWidth > t.clientWidth).length")
        assert wide == 0 or screen == 500, "small screens scroll within the table alone"
        tab.close()
    assert {"figure3.png", "figure4.pdf", "figure4-errors.png", "figure5.png"} <= {path.name for path in out.iterdir()}


def test_upside_down_masks_lie_as_the_truth_does(box: Path, tmp_path: Path) -> None:
    model = load_model("difference")
    for name, way in (("up", model), ("down", turned_over(model))):
        make_masks(way, [box], tmp_path / name)
    up, down = (read_mask(tmp_path / name / "B000000001" / "masks" / "v0.png") for name in ("up", "down"))
    assert (up ^ down).sum() <= 0.02 * up.sum()


def test_a_rerun_makes_only_what_is_missing_or_stale(box: Path, tmp_path: Path) -> None:
    first = make_masks(load_model("difference"), [box], tmp_path / "m")
    folder = tmp_path / "m" / "B000000001"
    times = {path.name: path.stat().st_mtime_ns for path in folder.glob("masks/*")}
    assert make_masks(load_model("difference"), [box], tmp_path / "m") == first, "the cost is remembered"
    assert {path.name: path.stat().st_mtime_ns for path in folder.glob("masks/*")} == times
    (folder / "masks" / "v1.png").unlink()
    make_masks(load_model("difference"), [box], tmp_path / "m")
    again = {path.name: path.stat().st_mtime_ns for path in folder.glob("masks/*")}
    assert again["v0.png"] == times["v0.png"]
    assert again["v1.png"] > times["v1.png"]
    make_masks(load_model("classical"), [box], tmp_path / "m")
    assert all(path.stat().st_mtime_ns > again[path.name] for path in folder.glob("masks/*"))


def test_a_bad_picture_is_named_and_stops_nothing(box: Path, tmp_path: Path) -> None:
    (box / "B000000001" / "plate.png").write_bytes(b"no picture")
    assert make_masks(turned_over(load_model("difference")), [box], tmp_path / "m") is None
    assert make_masks(load_model("difference"), [box], tmp_path / "m") is None
    assert not list((tmp_path / "m").rglob("*.png"))


def test_an_unknown_model_is_an_error(box: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not found"):
        compare({"a": str(tmp_path / "none.onnx")}, [box], tmp_path / "out")


def test_one_bad_capture_is_named_and_the_others_are_compared(box: Path, tmp_path: Path) -> None:
    shutil.copytree(box / "B000000001", box / "B000000002")
    (box / "B000000002" / "capture.json").write_text("{")
    comparison = compare({"difference": "difference"}, [box], tmp_path / "out")
    assert len(comparison.problems) == 1
    assert "B000000002" in comparison.problems[0]
    assert "not valid JSON" in comparison.problems[0]
    assert json.loads((tmp_path / "out/compare.json").read_text())["problems"] == comparison.problems
    (box / "B000000001" / "capture.json").write_text("{")
    with pytest.raises(CaptureError, match="not valid JSON"):
        compare({"difference": "difference"}, [box], tmp_path / "out")


def test_a_comparison_that_was_killed_amid_its_figures_is_taken_up_again(
    box: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(path: Path, *_: object) -> None:
        path.write_bytes(b"\x89PNG")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("cleanplate.evaluate.write.write_figure", killed)
        compare({"difference": "difference"}, [box], tmp_path / "out")
    assert not (tmp_path / "out/compare.html").exists()
    compare({"difference": "difference"}, [box], tmp_path / "out")
    assert (tmp_path / "out/compare.html").is_file()


def test_costs_that_were_damaged_are_not_believed(box: Path, tmp_path: Path) -> None:
    make_masks(load_model("difference"), [box], tmp_path / "m")
    for damage in ("{", "[]", '{"wall": "a", "cpu": 1}', '{"wall": 1}'):
        (tmp_path / "m/costs/B000000001.json").write_text(damage)
        assert make_masks(load_model("difference"), [box], tmp_path / "m") is None
