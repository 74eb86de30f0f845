"""Data sets of tiny drawn captures: splits by product, checksums that notice, counts and card."""

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.capture import Capture, View, read_capture, write_capture
from cleanplate.dataset import (
    contact_sheet,
    dataset_stats,
    read_manifest,
    split_of,
    validate_dataset,
    write_card,
    write_manifest,
)
from cleanplate.errors import CaptureError
from cleanplate.geometry import Camera, look_at
from cleanplate.image import read_image, write_image, write_mask

SIZE = (32, 24)


def _capture(folder: Path, asin: str, rng: np.random.Generator) -> Capture:
    width, height = SIZE
    camera = Camera(width, height, np.array([[40.0, 0, 16], [0, 40, 12], [0, 0, 1]]))
    views = []
    for i, degrees in enumerate((5, 45, 85)):
        write_image(folder / asin / f"images/v{i}.png", rng.integers(0, 255, (height, width, 3), dtype=np.uint8))
        write_mask(folder / asin / f"masks/v{i}.png", rng.random((height, width)) < 0.25)
        e = np.radians(degrees)
        pose = look_at(np.array([0, -np.cos(e), np.sin(e)]), np.zeros(3))
        views.append(View(f"v{i}", "cam00", f"images/v{i}.png", "plates/cam00.png", f"masks/v{i}.png", 0.0, pose))
    write_image(folder / asin / "plates/cam00.png", rng.integers(0, 255, (height, width, 3), dtype=np.uint8))
    capture = Capture(folder / asin, asin, {"cam00": camera}, tuple(views), ("thin",) if asin[-1] in "02468" else ())
    write_capture(capture)
    return capture


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for i in range(12):
        _capture(tmp_path, f"B{i:09d}", rng)
    write_manifest(tmp_path)
    return tmp_path


@settings(max_examples=50)
@given(st.text("ABC0123456789", min_size=10, max_size=10), st.floats(0, 0.5), st.floats(0, 0.5))
def test_a_product_has_one_split_and_larger_shares_only_take(asin: str, validation: float, test: float) -> None:
    split = split_of(asin, validation, test)
    assert split == split_of(asin, validation, test)
    if split == "validation":
        assert split_of(asin, validation + 0.1, test) == "validation"


def test_shares_are_kept() -> None:
    names = [f"B{i:09d}" for i in range(3000)]
    share = np.mean([split_of(name, validation=1 / 3) == "validation" for name in names])
    assert share == pytest.approx(1 / 3, abs=0.03)


def test_a_fresh_data_set_is_sound(dataset: Path) -> None:
    assert validate_dataset(dataset) == []
    entries = read_manifest(dataset)
    assert [e.asin for e in entries] == sorted(p.name for p in dataset.iterdir() if p.is_dir())
    assert {e.views for e in entries} == {3}


def test_every_kind_of_harm_is_found(dataset: Path) -> None:
    one, two, three = (dataset / f"B{i:09d}" for i in range(3))
    (one / "images/v0.png").write_bytes((two / "images/v0.png").read_bytes())
    (two / "masks/v1.png").unlink()
    (three / "notes.txt").touch()
    _capture(dataset, "B000000099", np.random.default_rng(9))
    problems = validate_dataset(dataset)
    for needle in ("v0.png: changed", "v1.png: missing", "notes.txt: not in the manifest", "B000000099: not in the"):
        assert any(needle in p for p in problems), needle


def test_one_image_in_two_splits_is_found(dataset: Path) -> None:
    by_split = {e.split: dataset / e.asin for e in read_manifest(dataset)}
    assert len(by_split) == 2
    first, second = by_split.values()
    (second / "images/v2.png").write_bytes((first / "images/v2.png").read_bytes())
    write_manifest(dataset)
    assert any("at once" in p for p in validate_dataset(dataset))


def test_a_missing_or_torn_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"manifest\.jsonl: not found"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.jsonl").write_text('{"asin": "B0')
    with pytest.raises(CaptureError, match="line 1: not a manifest entry"):
        read_manifest(tmp_path)


def test_a_product_without_description_is_named_and_the_others_are_listed(dataset: Path) -> None:
    (dataset / "B000000003" / "capture.json").unlink()
    with pytest.raises(CaptureError, match="B000000003"):
        write_manifest(dataset)
    refused: list[str] = []
    assert len(write_manifest(dataset, refused=refused)) == 11
    assert len(refused) == 1 and "B000000003" in refused[0]
    words = [sys.executable, "-m", "cleanplate", "dataset", "manifest", str(dataset), "--overwrite"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "11 captures" in done.stderr and "B000000003" in done.stderr


def test_counts(dataset: Path) -> None:
    stats = dataset_stats(dataset)
    assert sum(stats.products.values()) == 12
    assert sum(stats.views.values()) == sum(stats.elevations) == stats.sizes["32x24"] == 36
    assert stats.elevations[0] == stats.elevations[4] == stats.elevations[8] == 12
    assert stats.tags == {"thin": 6, "none": 6}
    assert stats.coverage[1] == pytest.approx(0.25, abs=0.03)


def test_the_card_says_what_is_inside(dataset: Path) -> None:
    text = write_card(dataset, "tiny", "cleanplate dataset make tiny", ("drawn: CC0",)).read_text()
    for needle in ("# tiny", "12 products, 36 views", "| thin | 6 |", "drawn: CC0", "samples.jpg"):
        assert needle in text
    assert read_image(dataset / "samples.jpg").size > 0


def test_a_sheet_holds_every_capture(dataset: Path) -> None:
    captures = [read_capture(dataset / f"B{i:09d}") for i in range(3)]
    sheet = contact_sheet(captures, views=2, tile=(40, 30), columns=2)
    assert sheet.shape == (60, 160, 3)
    assert all(
        sheet[y : y + 30, x : x + 80].std() > 5 for y, x in itertools.islice(itertools.product((0, 30), (0, 80)), 3)
    )
    with pytest.raises(ValueError, match="at least one capture"):
        contact_sheet([])
