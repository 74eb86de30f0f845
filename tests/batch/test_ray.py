"""Products as tasks of Ray: the same as elsewhere, and what is lost is named."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from cleanplate.batch import run_each
from cleanplate.batch.executors import DIED_TWICE, Executor, execute
from cleanplate.batch.on_ray import OtherVersion, _result, _same_version
from cleanplate.errors import CleanplateError, MissingExtra
from cleanplate.settings import MASKS, Settings

TINY = Settings("classical", resolution=16, refine=False, stages=MASKS)


@pytest.fixture(scope="module")
def cluster() -> None:
    """A cluster on this machine, started once for the tests, of which only some are about that."""
    ray = pytest.importorskip("ray", reason="needs the extra: pip install 'cleanplate[scale]'")
    environment = {"env_vars": {"CLEANPLATE_CPUS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}}
    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=100_000_000, runtime_env=environment)
    yield
    ray.shutdown()


def _work(name: str, folder: str) -> str:
    tried = Path(folder, name)
    if name == "always" or (name == "once" and not tried.exists()):
        tried.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return name


@pytest.mark.usefixtures("cluster")
def test_lost_workers_are_tried_again_and_then_named(tmp_path: Path) -> None:
    names = ["a", "once", "always", "b"]
    results = dict(execute(names, partial(_work, folder=str(tmp_path)), Executor("ray", jobs=2)))
    assert results == {"a": "a", "once": "once", "b": "b", "always": DIED_TWICE}


@pytest.mark.usefixtures("cluster")
def test_ray_makes_the_same_bytes_and_names_what_fails(make: Callable[[int], list[Path]], tmp_path: Path) -> None:
    folders = make(3)
    (folders[1] / "capture.json").write_text("{")
    results = {}
    for executor in (Executor(), Executor("ray")):
        out = tmp_path / executor.name
        found = run_each(map(str, folders), str(out), TINY, executor, timeout=300)
        results[executor.name] = {Path(capture).name: result.status for capture, result in found}
    assert results["ray"] == results["serial"] == {"B000000000": "ok", "B000000001": "failed", "B000000002": "ok"}
    for name in ("B000000000", "B000000002"):
        files = [path for path in (tmp_path / "serial" / name).rglob("*") if path.is_file()]
        assert len(files) > 8
        for path in files:
            other = tmp_path / "ray" / path.relative_to(tmp_path / "serial")
            assert other.read_bytes().replace(b"/ray/", b"/serial/") == path.read_bytes()


def test_a_worker_of_another_version_is_refused() -> None:
    with pytest.raises(OtherVersion, match=r"has cleanplate .*, this machine 0\.0\.0; install the same"):
        _same_version(str, "0.0.0", "x")


@pytest.mark.parametrize(("what", "said"), [("memory", "ran out of memory"), ("module", "cannot import cleanplate")])
def test_workers_without_memory_or_cleanplate_are_named(what: str, said: str) -> None:
    ray = pytest.importorskip("ray")
    missing = ModuleNotFoundError("No module named 'cleanplate'")
    errors = {
        "memory": ray.exceptions.OutOfMemoryError("killed"),
        "module": ray.exceptions.RayTaskError("work", f"ModuleNotFoundError: {missing}", missing),
    }

    class Answer:
        exceptions = ray.exceptions

        def get(self, _: object) -> None:
            raise errors[what]

    if what == "memory":
        assert said in _result(Answer(), None).reason
        return
    with pytest.raises(CleanplateError, match=said):
        _result(Answer(), None)


def test_without_ray_its_install_command_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"pip install 'cleanplate\[scale\]'"):
        list(execute(["a"], str, Executor("ray")))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--executor", "ray", "--address", "127.0.0.1:1"], "127.0.0.1:1"),
        (["--address", "127.0.0.1:1"], "--executor ray"),
        (["--jobs", "0"], "--jobs 0"),
        (["--executor", "serial", "--jobs", "2"], "one product at a time"),
    ],
)
def test_wrong_executors_are_named(make: Callable[[int], list[Path]], options: list[str], said: str) -> None:
    pytest.importorskip("ray")
    (folder,) = make(1)
    command = [sys.executable, "-m", "cleanplate", "segment", str(folder), "--out", str(folder.parent.parent / "out")]
    done = subprocess.run([*command, "--model", "classical", *options], capture_output=True, text=True, timeout=300)
    assert done.returncode == (1 if "ray" in options else 2)
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
