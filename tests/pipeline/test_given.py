"""`cleanplate refine`: masks of any tool, hard or soft, in both layouts; what cannot be refined is named and stays."""

import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from pipeline_support import SIZE, contents, edit

from cleanplate.batch.given import refine_given
from cleanplate.errors import CleanplateError
from cleanplate.image import read_mask, write_mask, write_probability

ASIN = "B00000BALL"
WRONG = "cam00_108"


@pytest.fixture
def masks(sound: Path, tmp_path: Path) -> Path:
    """The true masks with a patch in one of them that all other views deny."""
    folder = Path(shutil.copytree(sound / "masks", tmp_path / "masks"))
    mask = read_mask(folder / f"{WRONG}.png")
    mask[6:26, 6:26] = True
    write_mask(folder / f"{WRONG}.png", mask)
    return folder


def refined(folder: Path, masks: Path, out: Path) -> dict[str, np.ndarray]:
    assert refine_given(folder, masks, out) == []
    return {path.stem: read_mask(path) for path in (out / ASIN / "masks").iterdir()}


def wrong_pixels(masks: dict[str, np.ndarray], sound: Path) -> dict[str, int]:
    return {view: int((mask ^ read_mask(sound / f"masks/{view}.png")).sum()) for view, mask in masks.items()}


def test_masks_gain_by_the_other_views_hard_or_soft_in_both_layouts(sound: Path, masks: Path, tmp_path: Path) -> None:
    found = refined(sound, masks, tmp_path / "hard")
    wrong = wrong_pixels(found, sound)
    assert len(found) == 10
    assert wrong[WRONG] < 60, "a patch of 400 px"
    assert max(wrong.values()) < 60
    assert set(np.unique(cv2.imread(str(tmp_path / f"hard/{ASIN}/masks/{WRONG}.png"), cv2.IMREAD_UNCHANGED))) == {
        0,
        255,
    }
    (tmp_path / "theirs" / ASIN).mkdir(parents=True)
    shutil.copytree(masks, tmp_path / "theirs" / ASIN / "masks")
    refined(sound, tmp_path / "theirs", tmp_path / "nested")
    assert contents(tmp_path / "nested" / ASIN / "masks") == contents(tmp_path / "hard" / ASIN / "masks")
    soft = tmp_path / "soft"
    for path in masks.iterdir():
        write_probability(soft / path.name, cv2.GaussianBlur(read_mask(path).astype(np.float32), (0, 0), 1.5))
    assert wrong_pixels(refined(sound, soft, tmp_path / "from-soft"), sound)[WRONG] < 100


def test_exact_masks_stay_and_a_rerun_makes_nothing(sound: Path, tmp_path: Path) -> None:
    found = refined(sound, sound / "masks", tmp_path)
    for view, mask in found.items():
        true = read_mask(sound / f"masks/{view}.png")
        assert (mask & true).sum() >= 0.999 * (mask | true).sum()
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / ASIN / "masks").iterdir()}
    assert refine_given(sound, sound / "masks", tmp_path) == []
    assert times == {path: path.stat().st_mtime_ns for path in times}


def test_what_cannot_be_refined_is_named_and_stays_as_it_was(folder: Path, masks: Path, tmp_path: Path) -> None:
    edit(folder, lambda document: [view.pop(each) for view in document["views"][:2] for each in ("R", "t")])
    (masks / "cam00_324.png").unlink()
    write_mask(masks / "cam00_288.png", np.ones((5, 5), bool))
    command = [sys.executable, "-m", "cleanplate", "refine", str(folder), "--masks", str(masks), "--out"]
    done = subprocess.run([*command, str(tmp_path / "out")], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "view cam00_000: has no pose" in done.stderr
    assert "view cam00_324: no mask at" in done.stderr
    assert "288.png: mask is 5x5" in done.stderr
    assert "6 views have a pose" in done.stderr
    made = {path.stem: read_mask(path) for path in (tmp_path / "out" / ASIN / "masks").iterdir()}
    assert len(made) == 8
    for view, mask in made.items():
        np.testing.assert_array_equal(mask, read_mask(masks / f"{view}.png"))


def test_a_lost_photograph_is_named_and_its_mask_still_hears(folder: Path, masks: Path, tmp_path: Path) -> None:
    (folder / f"images/{WRONG}.png").write_bytes(b"no picture")
    (problem,) = refine_given(folder, masks, tmp_path / "out")
    assert problem.startswith(f"view {WRONG}: refined without its photograph")
    assert (tmp_path / f"out/{ASIN}/masks/{WRONG}.png").is_file()


def test_nothing_that_a_person_gave_or_made_is_written_over(sound: Path, masks: Path, tmp_path: Path) -> None:
    with pytest.raises(CleanplateError, match="lies in or over"):
        refine_given(sound, masks, masks)
    with pytest.raises(CleanplateError, match="no mask of B00000BALL"):
        refine_given(sound, sound / "plates", tmp_path / "none")
    mine = np.zeros(SIZE[::-1], bool)
    mine[30:60, 30:60] = True
    write_mask(tmp_path / f"out/{ASIN}/masks/{WRONG}.png", mine)
    assert any(f"view {WRONG}" in each and "stays" in each for each in refine_given(sound, masks, tmp_path / "out"))
    np.testing.assert_array_equal(read_mask(tmp_path / f"out/{ASIN}/masks/{WRONG}.png"), mine)


def test_two_masks_of_one_view_are_refused(sound: Path, masks: Path, tmp_path: Path) -> None:
    write_mask(masks / ASIN / "masks" / f"{WRONG}.png", np.ones(SIZE[::-1], bool))
    assert any("differ; leave the one" in each for each in refine_given(sound, masks, tmp_path / "out"))
