"""A little of `benchmarks/fuzz.py` in every run; longer by hand."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "benchmarks/fuzz.py"
spec = importlib.util.spec_from_file_location("fuzz", SCRIPT)
assert spec is not None
assert spec.loader is not None
fuzz = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fuzz)


@pytest.mark.parametrize("kind", fuzz.KINDS)
def test_mutants_are_read_or_refused(tmp_path: Path, kind: str) -> None:
    outcomes = [fuzz.try_one(kind, seed, tmp_path) for seed in range(60)]
    assert [(seed, outcome) for seed, outcome in enumerate(outcomes) if outcome not in ("read", "refused")] == []
    assert "refused" in outcomes
    assert "read" in outcomes
