"""What is told of a batch afterwards: records, the summary, tables, the gate, and the page in a browser."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser

from cleanplate.batch.accept import NAMES, export, gate, parse_rule
from cleanplate.batch.overview import write_overview
from cleanplate.batch.status import Record, records, summarise, write_list, write_table
from cleanplate.errors import CleanplateError, SettingsError

EVIL = "</script><img src=x onerror=\"document.title='taken'\">"


def record(n: int, status: str = "ok", **measures: float) -> Record:
    told = {"asin": f"B{n:09d}", "capture": f"/in/{n}", "folder": f"/out/B{n:09d}", "status": status}
    problems = [] if status == "ok" else [f"/in/{n}/images/v{n}.png: not found; put the picture there"]
    return told | {"problems": problems, "measures": measures, "report": "", "thumbnail": ""}


def write(out: Path, told: Record, **more: Any) -> Path:
    folder = out / told["asin"]
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(json.dumps(told | more))
    return folder


def test_records_are_read_with_care(tmp_path: Path) -> None:
    folder = write(tmp_path, record(0, agreement=0.9))
    (folder / "overlays").mkdir()
    for name in ("report.html", "overlays/v1.jpg", "overlays/v0.jpg", "overlays/other.txt"):
        (folder / name).touch()
    (write(tmp_path, record(1)) / "result.json").write_text("{")
    (tmp_path / "B000000001/state.json").write_text("{}")
    write(tmp_path, record(2), problems="no list")
    (tmp_path / "other").mkdir()
    (tmp_path / ".hidden").mkdir()
    assert [(each["asin"], each["status"]) for each in records(str(tmp_path))] == [
        ("B000000000", "ok"),
        ("B000000001", "unfinished"),
    ]
    assert [(each["report"], each["thumbnail"]) for each in records(str(tmp_path))] == [
        ("B000000000/report.html", "B000000000/overlays/v0.jpg"),
        ("", ""),
    ]
    with pytest.raises(CleanplateError, match="no such folder"):
        records(str(tmp_path / "none"))


def test_equal_reasons_are_counted_once_a_product() -> None:
    found = [record(n, "partial" if n < 3 else "ok", agreement=0.9 + n / 100, doubt_ml=float(n)) for n in range(5)]
    summary = summarise(found)
    assert summary["states"] == {"partial": 3, "ok": 2}
    assert summary["reasons"] == [
        {"reason": "not found; put the picture there", "products": 3, "such as": "B000000000"}
    ]
    assert summary["doubt_ml"] == 10
    assert summary["worst agreement"][0] == {"asin": "B000000000", "agreement": 0.9}
    assert summary["most in doubt"][0] == {"asin": "B000000004", "doubt_ml": 4.0}


def test_tables_hold_every_product(tmp_path: Path) -> None:
    found = [record(0, agreement=0.98), record(1, "failed")]
    for name in ("t.sqlite", "t.jsonl"):
        write_table(tmp_path / name, found)
    with closing(sqlite3.connect(tmp_path / "t.sqlite")) as base:
        rows = base.execute("select asin, status, agreement from products order by asin").fetchall()
    assert rows == [("B000000000", "ok", 0.98), ("B000000001", "failed", None)]
    assert [json.loads(line)["agreement"] for line in (tmp_path / "t.jsonl").read_text().splitlines()] == [0.98, None]
    with pytest.raises(CleanplateError, match=r"\.sqlite or \.jsonl"):
        write_table(tmp_path / "t.csv", found)


@given(st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_rules_mean_what_they_say(agreement: float, limit: float, closed: bool) -> None:
    each = record(0, agreement=agreement, watertight=int(closed))
    assert parse_rule(f"agreement>={limit!r} and watertight == 1")(each) == (agreement >= limit and closed)
    assert parse_rule(f"not (agreement >= {limit!r} or watertight==1)")(each) == (agreement < limit and not closed)
    assert parse_rule(f"agreement < {limit!r} or not agreement < {limit!r}")(each)
    assert parse_rule("status == ok and problems == 0")(each)
    assert not parse_rule("volume_ml >= 0")(each), "a measure that is missing passes nothing"
    assert parse_rule("agreement <= 100%")(each)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "agreement",
        "agreement >= ",
        "agreement => .9",
        "agrement >= .9",
        "(agreement > .9",
        "agreement > .9)",
        "agreement > .9 volume_ml > 1",
        "agreement > volume_ml",
        "status > 1",
        "status == good",
        "__import__('os').system('true')",
        "agreement.__class__ == 1",
        "agreement > 1e",
        "not",
        "(" * 900,
        "agreement > .9 and " * 100,
        "\0",
    ],
)
def test_what_is_no_rule_is_wrong_usage(text: str) -> None:
    with pytest.raises(SettingsError, match="cannot read"):
        parse_rule(text)


@given(st.lists(st.sampled_from([*"()<>=!&.19%e -+", "and ", "or ", "not ", *NAMES]), max_size=40))
def test_any_text_is_a_rule_or_refused(words: list[str]) -> None:
    try:
        rule = parse_rule("".join(words))
    except SettingsError:
        return
    assert rule(record(0, agreement=0.5)) in (True, False)


def test_the_queue_is_in_the_order_of_what_is_in_doubt(tmp_path: Path) -> None:
    found = [record(n, agreement=0.9, doubt_ml=float(n % 4)) for n in range(6)]
    found += [record(6, "failed"), record(7, agreement=0.99, doubt_ml=50.0)]
    passed, queue = gate(found, parse_rule("agreement >= .97"))
    assert [each["asin"][-1] for each in passed] == ["7"]
    assert [each["asin"][-1] for each in queue] == list("3215046")
    write_list(tmp_path / "review.jsonl", queue)
    assert len((tmp_path / "review.jsonl").read_text().splitlines()) == 7
    (tmp_path / "review.jsonl").write_text("mine")
    with pytest.raises(CleanplateError, match="not a list"):
        write_list(tmp_path / "review.jsonl", queue)


def test_export_replaces_nothing_unasked(tmp_path: Path) -> None:
    folder = write(tmp_path / "out", record(0))
    (folder / "B000000000.glb").write_bytes(b"new")
    passed = records(str(tmp_path / "out"))
    assert [export(passed, tmp_path / "shop") for _ in range(2)] == [1, 0]
    (tmp_path / "shop/B000000000.glb").write_bytes(b"old")
    with pytest.raises(CleanplateError, match="--overwrite"):
        export(passed, tmp_path / "shop")
    assert export(passed, tmp_path / "shop", overwrite=True) == 1
    assert (tmp_path / "shop/B000000000.glb").read_bytes() == b"new"


def test_the_page_shows_sorts_and_finds_products_and_obeys_no_text_of_theirs(tmp_path: Path, browser: Browser) -> None:
    found = [record(n, "ok" if n % 3 else "partial", agreement=n / 3000, doubt_ml=float(n)) for n in range(3000)]
    found = [each | {"folder": ""} for each in found]
    folder = write(tmp_path, record(5000), problems=[EVIL], status="partial")
    (folder / "report.html").write_text("<title>the report</title></html>")
    found.append(next(each for each in records(str(tmp_path)) if each["asin"] == "B000005000"))
    write_overview(str(tmp_path), found, summarise(found))
    write_overview(str(tmp_path), found, summarise(found))
    page = browser.new_page(viewport={"width": 1400, "height": 800})
    page.goto((tmp_path / "overview.html").as_uri())
    first = page.locator("#rows .row").first
    assert first.locator("span").first.inner_text() == "B000002999", "the most in doubt first"
    assert page.locator("#rows .row").count() < 40
    page.get_by_role("button", name="agreement").click()
    assert first.locator("span").first.inner_text() == "B000000000"
    page.get_by_role("button", name="partial").click()
    assert page.locator("#count").inner_text() == "1001 of 3001"
    page.get_by_label("search").fill("onerror")
    assert page.locator("#count").inner_text() == "1 of 3001"
    assert EVIL in first.inner_text()
    assert page.title() == "Batch overview - cleanplate"
    first.get_by_role("link").click()
    assert page.title() == "the report"
    page.close()
    (tmp_path / "overview.html").write_text("mine")
    with pytest.raises(CleanplateError, match="no overview"):
        write_overview(str(tmp_path), found, summarise(found))
