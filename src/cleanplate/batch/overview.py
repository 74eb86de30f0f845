"""The page of a batch: every product with a thumbnail, sorted and filtered where it is read, one line a product."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cleanplate.batch import stores
from cleanplate.batch.status import Record, measure
from cleanplate.errors import CleanplateError
from cleanplate.files import write_bytes

TEMPLATE = Path(__file__).parent / "overview.html"
NAME = "overview.html"
MARK = "<!-- cleanplate overview -->"
TOLD = 300
"""Characters of a product's problems that the page shows; its report has all."""


def write_overview(out: str, found: Sequence[Record], summary: Record) -> str:
    """Write OUT/overview.html, in a folder or a store, and return where; it links each product's report from there.

    Raises:
        CleanplateError: what is no such page has its place.
        StoreError: see `stores.plainly`.
    """
    place = f"{out.rstrip('/')}/{NAME}"
    there = stores.read(out, NAME) if stores.is_uri(out) else Path(place).read_bytes() if Path(place).exists() else b""
    if there and MARK.encode() not in there[:1000]:
        raise CleanplateError(f"{place}: is there already, and no overview; move it away")
    data = {"summary": summary, "rows": [_row(each, out) for each in found]}
    # "<" is escaped so that no text of a product ends the script.
    text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    page = TEMPLATE.read_text(encoding="utf-8").replace("__DATA__", text, 1).encode()
    if stores.is_uri(out):
        stores.write(out, NAME, page)
    else:
        write_bytes(Path(place), page)
    return place


def _row(record: Record, out: str) -> list[Any]:
    """Return what the page shows, in the order of its columns."""
    if stores.is_uri(out):
        report, thumbnail = record["report"], record["thumbnail"]
    else:
        folder = record["folder"] and os.path.relpath(record["folder"], out)
        report = f"{folder}/report.html" if folder and (Path(record["folder"]) / "report.html").is_file() else ""
        thumbnail = _thumbnail(record["folder"], folder)
    numbers = [measure(record, name) for name in ("agreement", "doubt_ml", "volume_ml", "seconds")]
    problems = "; ".join(map(str, record["problems"]))[:TOLD]
    return [record["asin"], record["status"], report, thumbnail, problems, *numbers]


def _thumbnail(folder: str, shown: str) -> str:
    try:
        with os.scandir(Path(folder) / "overlays") as entries:
            first = min((each.name for each in entries if each.name.endswith(".jpg")), default="")
    except OSError:
        return ""
    return f"{shown}/overlays/{first}" if first and folder else ""
