"""`evaluate` and `compare` as a user meets them."""

import json
import subprocess
import sys
from pathlib import Path


def run(*arguments: str | Path) -> tuple[int, str]:
    """Run a command; return its exit code and stdout."""
    command = [sys.executable, "-m", "cleanplate", *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    return result.returncode, result.stdout


def test_folders_are_compared_by_name(collection: Path, predictions: Path, tmp_path: Path) -> None:
    out = tmp_path / "page"
    code, shown = run("compare", f"peer={predictions}", predictions, "--truth", collection, "--out", out, "--json")
    assert code == 0
    assert json.loads(shown)["methods"] == ["peer", "out"]
    assert "peer" in (out / "compare.html").read_text()


def test_two_methods_of_one_name_are_wrong_usage(collection: Path, predictions: Path, tmp_path: Path) -> None:
    code, _ = run("compare", predictions, predictions, "--truth", collection, "--out", tmp_path / "page")
    assert code == 2


def test_missing_masks_are_partial(collection: Path, predictions: Path) -> None:
    assert run("evaluate", predictions, "--truth", collection)[0] == 0
    (predictions / "B000000001" / "masks" / "v0.png").unlink()
    assert run("evaluate", predictions, "--truth", collection)[0] == 3


def test_a_product_without_description_is_named_and_the_others_are_measured(
    collection: Path, predictions: Path
) -> None:
    sound = json.loads(run("evaluate", predictions, "--truth", collection, "--json")[1])
    (collection / "B0LACKS001" / "images").mkdir(parents=True)
    code, shown = run("evaluate", predictions, "--truth", collection, "--json")
    assert code == 3
    found = json.loads(shown)
    assert len(found.pop("refused")) == 1 and "B0LACKS001" in json.loads(shown)["refused"][0]
    assert sound.pop("refused") == [] and found == sound
