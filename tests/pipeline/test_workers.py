"""A worker that is killed costs nobody else's product."""

import os
import signal
from pathlib import Path

import pytest

from cleanplate.batch import run
from cleanplate.pipeline import ProductResult
from cleanplate.settings import Settings


def _worker(folder: Path, out: Path, _: Settings) -> ProductResult:
    """Die at the first try where the folder's name says so, or at each."""
    tried = out / folder.name
    if folder.name == "always" or (folder.name == "once" and not tried.exists()):
        tried.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return ProductResult(folder.name, str(folder), str(out))


@pytest.mark.parametrize("mortal", ["once", "always"])
def test_what_was_in_flight_is_tried_again_and_then_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mortal: str
) -> None:
    monkeypatch.setattr(run, "run_one", _worker)
    folders = [Path(name) for name in ("a", mortal, "b", "c")]
    results = dict(run._results(folders, tmp_path, Settings(), 2, lambda *_: None))
    assert sorted(results) == sorted(folders)
    failed = [str(folder) for folder, result in results.items() if result.status == "failed"]
    assert failed == ([] if mortal == "once" else ["always"])
    assert all("died twice" in results[Path(name)].problems[0] for name in failed)
