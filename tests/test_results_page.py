"""The committed pages say what the committed JSON says."""

import importlib
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_pages_are_written_from_the_json() -> None:
    pytest.importorskip("torch")  # the drivers, whose tables the page shows, train networks
    page = importlib.import_module("results_page")
    for path, text in page.render(ROOT).items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run python benchmarks/results_page.py"
    pictures = (ROOT / "docs" / "results").glob("*.jpg")
    assert sum(path.stat().st_size for path in pictures) < 1.5e6


def test_a_new_comparison_keeps_the_rows_of_networks_that_it_has_not() -> None:
    pytest.importorskip("torch")
    page = importlib.import_module("results_page")
    before = json.loads((ROOT / "docs" / "results" / "compare.json").read_bytes())
    only: dict[str, dict] = {table: {"default": {}} for table in page.PER_METHOD}
    found = before | only | {"methods": ["default"], "measured": {"date": "today"}}
    joined = page.with_earlier(found, before)
    assert set(joined["methods"]) == set(before["methods"])
    for name in set(before["methods"]) - {"default"}:
        assert joined["table"][name] == before["table"][name]
        assert joined["earlier"][name] == before.get("earlier", {}).get(name, before["measured"])
    assert joined["table"]["default"] == {}
    assert page.with_earlier(before, joined)["earlier"] == {}
    with pytest.raises(ValueError, match="views"):
        page.with_earlier(found | {"views": 1}, before)
