"""Folders of captures."""

import shutil
from pathlib import Path

from cleanplate.capture import find_captures, validate_capture


def test_a_folder_without_description_among_captures_is_not_passed_over(folder: Path) -> None:
    broken, results, other = (folder.parent / name for name in ("B000000002", "B000000003", "notes"))
    shutil.copytree(folder, broken)
    (broken / "capture.json").unlink()
    results.mkdir()
    (results / "result.json").write_text("{}")
    other.mkdir()
    assert find_captures([folder.parent]) == [folder, broken]
    assert "capture.json: not found" in validate_capture(broken)[0]
