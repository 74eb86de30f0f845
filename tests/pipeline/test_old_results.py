"""A results folder that an earlier version wrote: recognised, made again, never misread."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from pipeline_support import contents

from cleanplate.batch import run_batch
from cleanplate.image import read_mask, write_mask
from cleanplate.settings import MASKS, Settings

SETTINGS = Settings(model="classical", resolution=48)
HULL = replace(SETTINGS, stages=(*MASKS, "carve", "report"))


def _as_version_1_wrote_it(target: Path) -> None:
    """Put the masks where version 1's stages had them, and its state.json (keys and doubts of its own) beside."""
    (target / "state.json").unlink()
    for folder in ("probabilities", "refined"):
        for path in (target / folder).glob("*"):
            path.unlink()
        (target / folder).rmdir()
    empty = np.zeros(read_mask(next((target / "masks").glob("*.png"))).shape, bool)
    for path in list((target / "masks").glob("*.png")):
        for folder in ("possible", "segmented"):
            write_mask(target / folder / path.name, empty)
        write_mask(path, empty)  # an older network's, which nobody may take for today's
    (target / "mended.json").write_text("{}")
    recorded = [
        path for path in target.rglob("*") if path.is_file() and path.name not in ("result.json", "report.html")
    ]
    items = {
        path.relative_to(target).as_posix(): {
            "key": "0" * 64,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "doubt": "0.0125",
        }
        for path in recorded
    }
    (target / "state.json").write_text(json.dumps({"format": "cleanplate-state/1", "items": items}))


def test_results_of_version_1_are_made_again(sound: Path, tmp_path: Path) -> None:
    made = run_batch([sound], tmp_path / "new", SETTINGS)
    assert made.exit_code == 0
    run_batch([sound], tmp_path / "old", SETTINGS)
    target = tmp_path / "old" / sound.name
    _as_version_1_wrote_it(target)
    again = run_batch([sound], tmp_path / "old", SETTINGS)
    assert (again.exit_code, again.products[0].problems) == (0, [])
    old, new = contents(target), contents(tmp_path / "new" / sound.name)
    for each in (old, new):
        each.pop("result.json")  # it names its folder
    assert old == new


def test_a_mask_that_a_person_changed_there_is_kept(sound: Path, tmp_path: Path) -> None:
    run_batch([sound], tmp_path, HULL)
    target = tmp_path / sound.name
    _as_version_1_wrote_it(target)
    theirs = sorted((target / "masks").glob("*.png"))[0]
    write_mask(theirs, np.tri(*read_mask(theirs).shape, dtype=bool))
    before = theirs.read_bytes()
    run_batch([sound], tmp_path, HULL)
    assert theirs.read_bytes() == before
