"""A worker that is killed costs nobody else's product."""

import os
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from cleanplate.batch.executors import DIED_TWICE, Executor, execute

TWO = Executor("processes", jobs=2)


def _work(name: str, folder: Path) -> str:
    """Die at the first try where the name says so, or at each."""
    tried = folder / name
    if name == "always" or (name == "once" and not tried.exists()):
        tried.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return f"{name} {os.environ['CLEANPLATE_CPUS']}"


@pytest.mark.parametrize("mortal", ["once", "always"])
def test_what_was_in_flight_is_tried_again_and_then_named(tmp_path: Path, mortal: str) -> None:
    names = ["a", mortal, "b", "c"]
    results = list(execute(names, partial(_work, folder=tmp_path), TWO))
    assert sorted(name for name, _ in results) == sorted(names)
    cpus = max(1, len(os.sched_getaffinity(0)) // 2)
    expected: dict[str, object] = {name: f"{name} {cpus}" for name in names}
    assert dict(results) == expected | ({} if mortal == "once" else {"always": DIED_TWICE})


def test_work_is_asked_for_only_as_there_is_room(tmp_path: Path) -> None:
    asked: list[int] = []

    def names() -> Iterator[str]:
        for n in range(50):
            asked.append(n)
            yield str(n)

    for done, _ in enumerate(execute(names(), partial(_work, folder=tmp_path), TWO)):
        assert len(asked) <= done + 1 + TWO.jobs


def _slow(name: str, folder: Path) -> None:
    (folder / name).write_text(str(os.getpid()))
    time.sleep(60)


def test_closing_the_iterator_ends_the_workers(tmp_path: Path) -> None:
    def names() -> Iterator[str]:
        yield "a"
        while not (tmp_path / "a").exists():
            time.sleep(0.05)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(execute(names(), partial(_slow, folder=tmp_path), TWO))
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "a").read_text()), 0)
