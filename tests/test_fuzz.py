"""A little of `benchmarks/fuzz.py` in every run; longer by hand."""

from pathlib import Path

import fuzz
import pytest

NEEDS = {"network": "onnx", "checkpoint": "torch", "mesh": "mitsuba"}


@pytest.mark.parametrize("kind", fuzz.KINDS)
def test_mutants_are_read_or_refused(tmp_path: Path, kind: str) -> None:
    if kind in NEEDS:
        pytest.importorskip(NEEDS[kind])
    outcomes = [fuzz.try_one(kind, seed, tmp_path) for seed in range(60)]
    assert [(seed, outcome) for seed, outcome in enumerate(outcomes) if outcome not in ("read", "refused")] == []
    assert "refused" in outcomes
    assert "read" in outcomes
