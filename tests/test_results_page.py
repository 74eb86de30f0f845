"""The committed pages say what the committed JSON says."""

import importlib
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
