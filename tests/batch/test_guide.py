"""The guide to batches and clusters: its commands run as printed, and so do the lines of its schedulers' files."""

import ast
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from guides import run

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/how-to/run-at-scale.md").read_text()
Make = Callable[[int], list[Path]]


def block(kind: str) -> str:
    found = re.search(rf"^```{kind}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    assert found, kind
    return found[1]


@pytest.fixture
def shell(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., subprocess.CompletedProcess]:
    """Return what runs lines in a folder with `captures/` and lists of them, the command on its path."""
    make(4)
    (tmp_path / "in").rename(tmp_path / "captures")
    for name in ("captures.txt", "today.txt"):
        (tmp_path / name).write_text("".join(f"captures/B{n:09d}\n" for n in range(4)))
    command = tmp_path / "bin/cleanplate"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m cleanplate "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")

    def run(text: str, **environment: str) -> subprocess.CompletedProcess:
        done = subprocess.run(
            ["bash", "-e", "-c", text], cwd=tmp_path, capture_output=True, text=True, env=os.environ | environment
        )
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.mark.usefixtures("shell")
def test_a_batch_is_led_as_printed(tmp_path: Path) -> None:
    lines = block("bash").splitlines()
    assert len(lines) == 5
    for line in lines:
        run(shlex.split(line), tmp_path)
    assert {"overview.html", "accepted.jsonl", "review.jsonl"} <= {
        path.name for path in (tmp_path / "results").iterdir()
    }
    assert (tmp_path / "run.jsonl").is_file() and (tmp_path / "results.sqlite").is_file()


def test_the_slurm_script_runs_its_line_of_the_list(
    shell: Callable[..., subprocess.CompletedProcess], tmp_path: Path
) -> None:
    done = shell(block("bash slurm"), SLURM_ARRAY_TASK_ID="3", SLURM_CPUS_PER_TASK="1")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "results").glob("B*")] == ["B000000002"]


def test_the_shares_of_a_kubernetes_job_are_the_whole(
    shell: Callable[..., subprocess.CompletedProcess], tmp_path: Path
) -> None:
    job = yaml.safe_load(block("yaml kubernetes"))
    spec = job["spec"]["template"]["spec"]
    (text,) = spec["containers"][0]["args"]
    assert (job["apiVersion"], job["kind"], spec["restartPolicy"]) == ("batch/v1", "Job", "Never")
    assert f"/{job['spec']['completions']} " in text
    local = text.replace("s3://rig/captures", "captures").replace("s3://models/november", "results")
    for index in ("0", "63"):
        done = shell(local, JOB_COMPLETION_INDEX=index)
        assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "results").glob("B*")] == ["B000000000"]


def test_the_other_schedulers_call_the_unit_with_options_that_it_has() -> None:
    ast.parse(block("python airflow"))
    for kind in ("python airflow", "groovy nextflow"):
        assert re.search(r"cleanplate run-one '\$?\{capture\}' \S+ --cpus \S+ --timeout 600", block(kind)), kind
    assert max(len(block(kind).splitlines()) for kind in ("bash slurm", "yaml kubernetes", "groovy nextflow")) <= 10


def test_the_dockerfile_installs_extras_that_there_are() -> None:
    import tomllib

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    text = (ROOT / "Dockerfile").read_text()
    named = re.search(r"\.whl\)\[([a-z,]+)\]", text)
    assert named and set(named[1].split(",")) <= extras.keys()
    assert re.search(r"'(onnxruntime-gpu>=[0-9.]+)'", text)[1] in extras["gpu"]  # type: ignore[index]
