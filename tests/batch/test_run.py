"""Batches that can be led: what is told, listed, skipped, shared out, and what a failure leaves behind."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cleanplate.batch import run_batch, run_each
from cleanplate.batch.executors import Executor
from cleanplate.batch.one import run_one
from cleanplate.batch.run import exit_code
from cleanplate.batch.status import records
from cleanplate.cli import app
from cleanplate.errors import CleanplateError
from cleanplate.image import read_mask, write_mask
from cleanplate.pipeline import STAGES
from cleanplate.settings import MASKS, Settings

Make = Callable[[int], list[Path]]
TINY = Settings("classical", resolution=16, refine=False, stages=MASKS)
OPTIONS = ["--model", "classical", "--no-refine"]


def segment(*arguments: object) -> tuple[int, str]:
    """Run the command in this process; return its code and what it said."""
    done = CliRunner().invoke(app, ["segment", *map(str, arguments), *OPTIONS])
    if done.exception and not isinstance(done.exception, SystemExit | CleanplateError):
        raise done.exception
    return done.exit_code, done.stderr


def statuses(out: Path) -> dict[str, str]:
    return {each["asin"]: each["status"] for each in records(str(out))}


def test_failures_are_named_listed_and_run_again_alone(make: Make, tmp_path: Path) -> None:
    folders, out = make(4), tmp_path / "out"
    text = (folders[1] / "capture.json").read_text()
    (folders[1] / "capture.json").write_text("{")
    (folders[2] / "images/v0.png").unlink()
    code, said = segment(*folders, "--out", out, "--log", tmp_path / "log.jsonl")
    assert code == 3
    assert f"2 ok, 1 partial, 1 failed; listed in {out / 'failed.jsonl'}" in said.splitlines()
    assert "[4 of 4]" in said
    listed = [json.loads(line) for line in (out / "failed.jsonl").read_text().splitlines()]
    assert {each["asin"]: each["status"] for each in listed} == {"B000000001": "failed", "B000000002": "partial"}
    events = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [each["event"] for each in events] == ["start", *["product"] * 4, "end"]
    assert statuses(out) == dict(zip((f.name for f in folders), ("ok", "failed", "partial", "ok"), strict=True))

    (folders[1] / "capture.json").write_text(text)
    code, said = segment(tmp_path / "in", "--out", out, "--only-failed", "--quiet")
    assert (code, said.splitlines()[-1]) == (3, f"1 ok, 1 partial, 0 failed; listed in {out / 'failed.jsonl'}")
    assert "B000000001" not in said, "what is ok is not told of"
    assert Counter(statuses(out).values()) == {"ok": 3, "partial": 1}
    assert not list((out / "failed").iterdir())


def test_shares_make_the_same_as_one_run(make: Make, tmp_path: Path) -> None:
    make(5)
    for part in ("1/2", "2/2"):
        assert segment(tmp_path / "in", "--out", tmp_path / "shares", "--shard", part)[0] == 0
    assert segment(tmp_path / "in", "--out", tmp_path / "whole")[0] == 0
    assert statuses(tmp_path / "shares") == statuses(tmp_path / "whole")
    assert len(statuses(tmp_path / "shares")) == 5
    code, said = segment(tmp_path / "in", "--out", tmp_path / "whole", "--shard", "9/9")
    assert (code, "nothing to do" in said) == (0, True)


def test_a_capture_that_broke_no_longer_says_ok(make: Make, tmp_path: Path) -> None:
    (folder,), out = make(1), tmp_path / "out"
    run_batch([folder], out, TINY)
    (folder / "capture.json").write_text("{")
    assert run_batch([folder], out, TINY).exit_code == 1
    told = json.loads((out / folder.name / "result.json").read_text())
    assert (told["status"], "not valid JSON" in told["problems"][0]) == ("failed", True)
    assert (out / folder.name / "masks/v0.png").is_file(), "what was made stays"
    assert statuses(out) == {folder.name: "failed"}


@pytest.mark.parametrize(
    ("error", "said"),
    [(OSError(errno.ENOSPC, "No space left", "x.png"), "No space left"), (ZeroDivisionError("a bug"), "a bug")],
)
def test_result_json_is_written_after_any_error(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def broken(*_: object) -> None:
        raise error

    (folder,) = make(1)
    monkeypatch.setattr("cleanplate.pipeline.stages.STAGES", (STAGES[0]._replace(make=broken),))
    assert run_batch([folder], tmp_path / "out", TINY).exit_code == 1
    told = json.loads((tmp_path / "out" / folder.name / "result.json").read_text())
    assert (told["status"], said in told["problems"][0]) == ("failed", True)


def test_nothing_is_written_where_outputs_have_no_place(make: Make, tmp_path: Path) -> None:
    (folder,) = make(1)
    before = sorted(tmp_path.rglob("*"))
    for out in (tmp_path / "in", folder, folder / "images"):
        code, said = segment(folder, "--out", out)
        assert (code, "name" in said) == (1, True)
        assert sorted(tmp_path.rglob("*")) == before


def test_a_product_that_takes_too_long_fails_by_name(make: Make, tmp_path: Path) -> None:
    def slow(*_: object) -> None:
        time.sleep(60)

    (folder,) = make(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cleanplate.pipeline.stages.STAGES", (STAGES[0]._replace(make=slow),))
        result = run_one(str(folder), str(tmp_path / "out"), TINY, timeout=0.5)
    assert (result.status, result.problems) == (
        "failed",
        ["it took longer than the 0.5 s of --timeout; give it more, or look why it is slow"],
    )
    assert statuses(tmp_path / "out") == {folder.name: "failed"}
    assert run_one(str(folder), str(tmp_path / "out"), TINY, timeout=60).status == "ok"


CHANGES: dict[str, Callable[[Path, Path], object]] = {
    "a photograph": lambda capture, _: (capture / "images/v1.png").write_bytes(
        (capture / "images/v0.png").read_bytes()
    ),
    "capture.json": lambda capture, _: (capture / "capture.json").write_text(
        (capture / "capture.json").read_text().replace('"tags": []', '"tags": ["x"]')
    ),
    "a mask, by hand": lambda _, made: write_mask(made / "masks/v0.png", ~read_mask(made / "masks/v0.png")),
    "a mask, gone": lambda _, made: (made / "masks/v0.png").unlink(),
    "a probability, cut": lambda _, made: os.truncate(made / "probabilities/v0.png", 40),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_skipped_unseen_is_what_a_look_would_skip(make: Make, tmp_path: Path, what: str) -> None:
    """The note that nothing changed never hides a change: with it and without it a rerun makes the same."""
    (folder,), names = make(1), ("with", "without")
    for name in names:
        run_batch([folder], tmp_path / name, TINY)
    given = [folder / "images/v1.png", folder / "capture.json"]
    times = [path.stat().st_mtime_ns for path in given]
    for name in names:
        CHANGES[what](folder, tmp_path / name / folder.name)
    for path, time_ns in zip(given, times, strict=True):
        os.utime(path, ns=(time_ns, time_ns))  # a copy that keeps the times
    (tmp_path / "without/.cleanplate" / f"{folder.name}.json").unlink()
    made = [run_batch([folder], tmp_path / name, TINY).products[0].made for name in names]
    assert made[0] == made[1] > 0


@pytest.mark.parametrize("now", [0, 2**32])
def test_a_clock_that_jumps_costs_a_look_and_nothing_else(make: Make, tmp_path: Path, now: int) -> None:
    (folder,), out = make(1), tmp_path / "out"
    run_batch([folder], out, TINY)
    before = {path: path.read_bytes() for path in (out / folder.name).rglob("*") if path.is_file()}
    for path in [*folder.rglob("*"), *out.rglob("*")]:
        os.utime(path, (now, now))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: float(now))
        assert run_batch([folder], out, TINY).products[0].made == 0
    assert before == {path: path.read_bytes() for path in (out / folder.name).rglob("*") if path.is_file()}


def test_a_rerun_clears_up_after_a_kill_at_the_very_end(make: Make, tmp_path: Path) -> None:
    (folder,) = make(1)
    run_batch([folder], tmp_path, TINY)
    whole = sorted(path.name for path in (tmp_path / folder.name).iterdir())
    (tmp_path / folder.name / ".cleanplate-making-x").mkdir()
    (tmp_path / folder.name / ".cleanplate.lock").touch()
    assert run_batch([folder], tmp_path, TINY).products[0].made == 0
    assert sorted(path.name for path in (tmp_path / folder.name).iterdir()) == whole


def test_other_settings_are_another_question(make: Make, tmp_path: Path) -> None:
    (folder,) = make(1)
    run_batch([folder], tmp_path, TINY)
    assert run_batch([folder], tmp_path, TINY).products[0].made == 0
    assert run_batch([folder], tmp_path, replace(TINY, model="difference")).products[0].made > 0


def test_results_stream_and_twins_are_named(make: Make, tmp_path: Path) -> None:
    folders = make(3)
    (folders[2] / "capture.json").write_text((folders[0] / "capture.json").read_text())
    found = list(run_each(map(str, folders), str(tmp_path / "out"), TINY, Executor("processes", 2)))
    assert sorted(capture for capture, _ in found) == list(map(str, folders))
    assert dict(found)[str(folders[2])].status == "failed"
    assert "also that of" in dict(found)[str(folders[2])].problems[0]
    assert Counter(each["status"] for each in records(str(tmp_path / "out"))) == {"ok": 2, "failed": 1}


def test_exit_codes() -> None:
    assert [exit_code(Counter(each)) for each in (["ok"], ["failed"], ["ok", "failed"], ["partial"], [])] == [
        0,
        1,
        3,
        3,
        0,
    ]


def test_run_one_has_the_codes_of_a_batch(make: Make, tmp_path: Path) -> None:
    (folder,) = make(1)
    command = [sys.executable, "-m", "cleanplate", "run-one", str(folder), str(tmp_path / "out"), "--json"]
    command += ["--model", "classical", "--resolution", "16", "--no-refine", "--no-usdz"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "ok")
    assert statuses(tmp_path / "out") == {folder.name: "ok"}
    (folder / "images/v0.png").write_bytes(b"no picture")
    assert subprocess.run(command, capture_output=True).returncode == 3
    (folder / "capture.json").unlink()
    assert subprocess.run(command, capture_output=True).returncode == 1
    assert subprocess.run([*command, "--timeout", "0"], capture_output=True).returncode == 2


@pytest.mark.parametrize("name", ["failed.jsonl", "log.jsonl"])
def test_a_persons_file_is_not_written_over(make: Make, tmp_path: Path, name: str) -> None:
    (folder,) = make(1)
    (tmp_path / name).write_text("mine\n")
    code, said = segment(folder, "--out", tmp_path, "--log", tmp_path / "log.jsonl")
    assert (code, (tmp_path / name).read_text()) == (1, "mine\n")
    assert said == ""


def test_ctrl_c_leaves_a_batch_that_goes_on_where_it_was(make: Make, tmp_path: Path) -> None:
    folders, out = make(30), tmp_path / ("out" * 80)
    command = [sys.executable, "-m", "cleanplate", "segment", str(tmp_path / "in"), "--out", str(out), "-j", "2"]
    # So long lines do not fit into so small a pipe: it waits with the rest, however long the signal takes.
    with subprocess.Popen([*command, *OPTIONS], stderr=subprocess.PIPE, text=True, pipesize=4096) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert "[1 of 30" in first
    assert process.returncode == 130
    assert "interrupted: " in rest.splitlines()[-1]
    assert "Traceback" not in rest
    done = list(records(str(out)))
    assert {each["status"] for each in done} <= {"ok", "unfinished"}
    assert run_batch(folders, out, replace(TINY, stages=(*MASKS, "report"))).exit_code == 0
    assert statuses(out) == {folder.name: "ok" for folder in folders}
