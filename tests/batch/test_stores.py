"""Captures from a store, results to a store: an S3 server, and a folder; whole or not at all, whoever else is at it."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cleanplate.batch import published, run_batch, run_each, select, stores
from cleanplate.batch.one import run_one
from cleanplate.batch.published import fetch, newest, publish
from cleanplate.batch.status import records
from cleanplate.cli.batch import apply_gate
from cleanplate.errors import CleanplateError, MissingExtra, SettingsError
from cleanplate.pipeline import ProductResult
from cleanplate.settings import MASKS, Settings

from .conftest import assert_whole, put

pytest.importorskip("obstore", reason="needs the extra: pip install 'cleanplate[scale]'")
TINY = Settings("classical", resolution=16, refine=False, stages=MASKS)
Make = Callable[[int], list[Path]]
ROUNDS = int(os.environ.get("CLEANPLATE_ROUNDS", "3"))
"""Of two workers and a kill; more by hand."""

WORKER = """
import random, sys, time
from cleanplate.batch import stores
from cleanplate.batch.one import run_one
from cleanplate.settings import MASKS, Settings
rng, create = random.Random(int(sys.argv[3])), stores.create
def slow(*arguments):
    time.sleep(rng.uniform(0, 0.15))
    return create(*arguments)
stores.create = slow
print("ready", flush=True)
result = run_one(sys.argv[1], sys.argv[2], Settings("classical", resolution=16, refine=False, stages=MASKS))
sys.exit("; ".join(result.problems) or 0)
"""


@pytest.fixture(params=["s3", "file"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty place in a store."""
    if request.param == "file":
        return (tmp_path / "store").as_uri()
    return f"{request.getfixturevalue('s3')}/{tmp_path.name}"


def test_a_batch_between_stores_is_that_of_folders(place: str, make: Make, tmp_path: Path) -> None:
    folders = make(4)
    (folders[2] / "images/v1.png").unlink()
    (folders[3] / "capture.json").write_text("{")
    uris = [put(folder, f"{place}/in/{folder.name}") for folder in folders]
    assert select.find([f"{place}/in"]) == (uris, [])
    assert select.find([f"{place}/in/B00000000[01]"]) == (uris[:2], [])
    run_batch(folders, tmp_path / "truth", TINY)
    shutil.rmtree(tmp_path / "truth/failed")
    expected = {"ok": 2, "partial": 1, "failed": 1}
    for _ in range(2):
        results = dict(run_each(uris, f"{place}/out", TINY))
        assert Counter(each.status for each in results.values()) == expected
        assert Counter(each["status"] for each in records(f"{place}/out")) == expected
    assert [results[uri].made for uri in uris[:3]] == [0, 0, 0]
    assert f"{uris[2]}/images/v1.png" in results[uris[2]].problems[0]
    assert select.only_failed(uris, f"{place}/out") == uris[2:]
    for name in ("B000000000", "B000000001"):
        assert newest(f"{place}/out", name)[0] == 1
    shutil.rmtree(tmp_path / "truth/B000000002"), stores.delete(f"{place}/out", ["manifests/B000000002/00000001.json"])
    assert_whole(f"{place}/out", tmp_path / "truth")

    put(make_sound(folders), uris[3])
    assert run_one(uris[3], f"{place}/out", TINY).status == "ok"
    assert Counter(each["status"] for each in records(f"{place}/out")) == {"ok": 3}
    assert fetch(f"{place}/out", tmp_path / "got", []) == {}
    assert fetch(f"{place}/out", tmp_path / "got", []) == {}
    told = json.loads((tmp_path / "got/B000000000/result.json").read_text())
    assert (told["capture"], told["folder"]) == (uris[0], f"{place}/out/B000000000")


def make_sound(folders: list[Path]) -> Path:
    text = (folders[0] / "capture.json").read_text()
    (folders[3] / "capture.json").write_text(text.replace("B000000000", "B000000003"))
    return folders[3]


def test_captures_of_a_store_into_a_folder_and_back(place: str, make: Make, tmp_path: Path) -> None:
    (folder,) = make(1)
    uri = put(folder, f"{place}/in")
    first = run_one(uri, str(tmp_path / "out"), TINY)
    assert (first.status, first.capture, first.made > 0) == ("ok", uri, True)
    assert run_one(uri, str(tmp_path / "out"), TINY).made == 0
    assert run_one(str(folder), f"{place}/out", TINY).made > 0
    assert run_one(str(folder), f"{place}/out", TINY).made == 0
    (folder / "images/v0.png").write_bytes((folder / "images/v1.png").read_bytes())
    assert run_one(str(folder), f"{place}/out", TINY).made > 0
    assert newest(f"{place}/out", folder.name)[0] == 2


def test_two_workers_pauses_and_kills_publish_once_and_whole(place: str, make: Make, tmp_path: Path) -> None:
    (folder,) = make(1)
    run_batch([folder], tmp_path / "truth", TINY)
    rng = random.Random(ROUNDS)
    for round in range(ROUNDS):
        here = f"{place}/{round}"
        command = [sys.executable, "-c", WORKER, str(folder), here]
        workers = [subprocess.Popen([*command, str(2 * round + n)], stdout=-1, text=True) for n in range(2)]
        for worker in workers:
            assert worker.stdout is not None and worker.stdout.readline() == "ready\n"
        for mortal in rng.sample(workers, round % 3):
            time.sleep(rng.uniform(0, 1.2))
            mortal.send_signal(signal.SIGKILL)
        for worker in workers:
            worker.communicate(timeout=120)
        assert {worker.returncode for worker in workers} <= {0, -signal.SIGKILL}
        if round % 3 < 2:
            assert_whole(here, tmp_path / "truth")  # one of the two lived
        assert run_one(str(folder), here, TINY).status == "ok"
        assert_whole(here, tmp_path / "truth")
        assert newest(here, folder.name)[0] == 1


def test_a_late_worker_loses_and_takes_its_files_with_it(place: str, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made/hull.ply").write_text("hull")
    result = ProductResult("B000000000", "/in", "")
    assert publish(place, tmp_path / "made", "f" * 64, 1, result) is None
    before = stores.listing(place)
    (tmp_path / "made/hull.ply").write_text("another")
    late = publish(place, tmp_path / "made", "f" * 64, 1, result)
    assert late is not None and late["files"]["hull.ply"]["size"] == 4
    assert publish(place, tmp_path / "made", "e" * 64, 1, result) == late, "so does one with other settings"
    assert stores.listing(place) == before


def test_an_answer_that_was_lost_is_no_defeat(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store did what was asked, the connection broke, and the repeated request finds its own object."""
    create = stores.create
    monkeypatch.setattr(stores, "create", lambda *arguments: create(*arguments) and False)
    (tmp_path / "made").mkdir()
    (tmp_path / "made/hull.ply").write_text("hull")
    assert publish(place, tmp_path / "made", "f" * 64, 1, ProductResult("B000000000", "/in", "")) is None


def test_other_settings_meanwhile_and_twins_are_named(place: str, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = make(2)
    (second / "capture.json").write_text((first / "capture.json").read_text())
    run_one(str(first), place, TINY)
    twin = run_one(str(second), place, TINY)
    assert (twin.status, "also that of" in twin.problems[0]) == ("failed", True)
    assert newest(place, "B000000000")[0] == 1

    def meanwhile(*arguments: object) -> None:
        monkeypatch.undo()
        assert run_one(str(first), place, Settings("difference", stages=MASKS)).status == "ok"
        return publish(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("cleanplate.batch.remote.publish", meanwhile)
    late = run_one(str(first), place, Settings("classical", resolution=32, stages=MASKS))
    assert (late.status, "another batch published" in late.problems[0]) == ("failed", True)


def test_damage_in_a_store_is_found_on_the_way_out(place: str, make: Make, tmp_path: Path) -> None:
    (folder,) = make(1)
    run_one(str(folder), place, TINY)
    base = newest(place, folder.name)[1]["folder"]  # type: ignore[index]
    stores.write(place, f"{base}/masks/v0.png", b"cut")
    stores.delete(place, [f"{base}/masks/v1.png"])
    problems = fetch(place, tmp_path / "got", [])[folder.name]
    assert ["is damaged" in problems[0], "is not there" in problems[1], len(problems)] == [True, True, 2]
    assert not (tmp_path / "got" / folder.name / "masks/v0.png").exists()
    assert "B0NOWHERE0" in fetch(place, tmp_path / "got", ["B0NOWHERE0"])
    stores.write(place, f"manifests/{folder.name}/00000002.json", b"{}")
    assert records(place) == [], "what is no manifest is not followed"


@pytest.mark.usefixtures("s3")
def test_stores_that_fail_say_so(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder,) = make(1)
    with pytest.raises(SettingsError, match="no store is called 'ftp'"):
        stores.open_store("ftp://host/x")
    result = run_one(str(folder), "s3://no-such-bucket/x", TINY)
    assert (result.status, "s3://no-such-bucket/x" in result.problems[0]) == ("failed", True)
    monkeypatch.setattr(stores, "PATIENCE", stores.timedelta(seconds=1))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    result = run_one(str(folder), "s3://cleanplate/down", TINY)
    assert (result.status, "does not answer" in result.problems[0]) == ("failed", True)
    result = run_one("s3://cleanplate/down-too", str(tmp_path / "out"), TINY)
    assert (result.status, "does not answer" in result.problems[0]) == ("failed", True)
    assert [each["status"] for each in records(str(tmp_path / "out"))] == ["failed"]
    assert "Debug source" not in result.problems[0]


def test_refused_credentials_are_told_apart() -> None:
    errors = pytest.importorskip("obstore.exceptions")
    with pytest.raises(stores.StoreError, match="refuses these credentials"), stores.plainly("s3://x"):
        raise errors.PermissionDeniedError("403 Forbidden\nDebug")


def test_without_the_package_its_install_command_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(MissingExtra, match=r"pip install 'cleanplate\[scale\]'"):
        stores.open_store("s3://bucket/for-this-test")


def test_the_commands_take_uris(place: str, make: Make, tmp_path: Path) -> None:
    (folder,) = make(1)
    uri = put(folder, f"{place}/in")

    def cleanplate(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cleanplate", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, env=os.environ, cwd=tmp_path)

    done = cleanplate("segment", uri, f"{uri}-none/x", "--out", f"{place}/out", "--model", "classical")
    assert (done.returncode, "1 ok, 0 partial, 1 failed; listed in failed.jsonl" in done.stderr) == (3, True)
    status = cleanplate("status", f"{place}/out", "--json")
    assert json.loads(status.stdout)["states"] == {"ok": 1, "failed": 1}
    assert cleanplate("status", f"{place}/out", "--html", "--accept", "status == ok").returncode == 0
    (row, failed) = sorted(rows(f"{place}/out"), key=lambda each: each[1] == "failed")
    assert [failed[2], failed[3]] == ["", ""]
    assert all(stores.read(f"{place}/out", each) for each in row[2:4]), "report and thumbnail"
    assert (tmp_path / "accepted.jsonl").read_text().count("\n") == 1
    assert cleanplate("fetch", f"{place}/out", "--out", "got").returncode == 0
    assert (tmp_path / "got" / folder.name / "masks/v0.png").is_file()


def rows(out: str) -> list[list[Any]]:
    """Return what the overview in a store shows."""
    page = (stores.read(out, "overview.html") or b"").decode()
    return json.loads(page.partition('type="application/json">')[2].partition("</script>")[0])["rows"]


def test_accepted_models_come_out_of_a_store(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where the lists go
    for n, asin in enumerate(("B000000000", "B000000001")):
        made = tmp_path / asin
        (made / "overlays").mkdir(parents=True)
        for name in (f"{asin}.glb", f"{asin}.amazon.glb", "hull.ply", "overlays/x.glb"):
            (made / name).write_text(f"{n} {name}")
        assert (
            publish(place, made, "f" * 64, 1, ProductResult(asin, "/in", "", measures={"agreement": 0.9 + n})) is None
        )
    shop = tmp_path / "shop"
    assert [apply_gate(place, "agreement > 1", shop)["exported"] for _ in range(2)] == [2, 0]
    assert sorted(path.name for path in shop.iterdir()) == ["B000000001.amazon.glb", "B000000001.glb"]
    (shop / "B000000001.glb").write_text("mine")
    with pytest.raises(CleanplateError, match="--overwrite"):
        published.export(place, ["B000000001"], shop)
    assert published.export(place, ["B000000001"], shop, overwrite=True) == 1
    assert (shop / "B000000001.glb").read_text() == "1 B000000001.glb"
    (name,) = [each for each in stores.listing(place) if each.endswith("0.glb")]
    stores.write(place, name, b"damaged")
    with pytest.raises(CleanplateError, match="is damaged"):
        published.export(place, ["B000000000"], shop)


def test_pages_in_a_bucket_open_in_a_browser(s3: str) -> None:
    stores.write(s3, "report.html", b"<p>")
    client = pytest.importorskip("boto3").client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    assert client.head_object(Bucket="cleanplate", Key="report.html")["ContentType"] == "text/html"


def test_an_object_out_of_bounds_is_not_read(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stores.write(place, "x", b"12345")
    monkeypatch.setattr(stores, "LARGEST", 4)
    with pytest.raises(CleanplateError, match="5 bytes, the limit is 4"):
        stores.read(place, "x")
