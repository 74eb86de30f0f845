"""The page of a batch: every product with a thumbnail, sorted and filtered where it is read, one line a product."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cleanplate.batch.status import Record, measure
from cleanplate.errors import CleanplateError
from cleanplate.files import write_bytes

TEMPLATE = Path(__file__).parent / "overview.html"
MARK = "<!-- cleanplate overview -->"
TOLD = 300
"""Characters of a product's problems that the page shows; its report has all."""


def write_overview(path: Path, found: Sequence[Record], summary: Record) -> None:
    """Write the page; it links each product's report, relative to its own folder.

    Raises:
        CleanplateError: a file that is no such page has its place.
    """
    if path.exists() and MARK not in path.read_text(encoding="utf-8", errors="replace")[:1000]:
        raise CleanplateError(f"{path}: is there already, and no overview; move it away")
    base = path.parent
    data = {"summary": summary, "rows": [_row(each, base) for each in found]}
    # "<" is escaped so that no text of a product ends the script.
    text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    write_bytes(path, TEMPLATE.read_text(encoding="utf-8").replace("__DATA__", text, 1).encode())


def _row(record: Record, base: Path) -> list[Any]:
    """Return what the page shows, in the order of its columns."""
    folder = record["folder"] and os.path.relpath(record["folder"], base)
    report = f"{folder}/report.html" if folder and (Path(record["folder"]) / "report.html").is_file() else ""
    numbers = [measure(record, name) for name in ("agreement", "doubt_ml", "volume_ml", "seconds")]
    problems = "; ".join(map(str, record["problems"]))[:TOLD]
    return [record["asin"], record["status"], report, _thumbnail(record["folder"], folder), problems, *numbers]


def _thumbnail(folder: str, shown: str) -> str:
    try:
        with os.scandir(Path(folder) / "overlays") as entries:
            first = min((each.name for each in entries if each.name.endswith(".jpg")), default="")
    except OSError:
        return ""
    return f"{shown}/overlays/{first}" if first and folder else ""
