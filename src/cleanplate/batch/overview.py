"""The page of a batch: every product with a thumbnail, sorted and filtered where it is read, one line a product."""

import json
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
    data = {"summary": summary, "rows": [_row(each) for each in found]}
    # "<" is escaped so that no text of a product ends the script.
    text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    page = TEMPLATE.read_text(encoding="utf-8").replace("__DATA__", text, 1).encode()
    if stores.is_uri(out):
        _check(place, stores.read(out, NAME))
        stores.write(out, NAME, page)
    else:
        path = Path(place)
        _check(place, path.read_bytes() if path.exists() else None)
        write_bytes(path, page)
    return place


def _check(place: str, there: bytes | None) -> None:
    if there and MARK.encode() not in there[:1000]:
        raise CleanplateError(f"{place}: is there already, and no overview; move it away")


def _row(record: Record) -> list[Any]:
    """Return what the page shows, in the order of its columns."""
    numbers = [measure(record, name) for name in ("agreement", "doubt_ml", "volume_ml", "seconds")]
    problems = "; ".join(map(str, record["problems"]))[:TOLD]
    return [record["asin"], record["status"], record["report"], record["thumbnail"], problems, *numbers]
