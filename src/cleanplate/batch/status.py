"""What became of a batch, from the results that lie there: for people, scripts and analysts."""

import json
import os
import re
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from cleanplate import notes
from cleanplate.batch.one import FAILED
from cleanplate.batch.published import manifests
from cleanplate.batch.stores import is_uri, listing, read
from cleanplate.errors import CleanplateError
from cleanplate.files import atomic_path, read_object, write_bytes
from cleanplate.pipeline import RESULT
from cleanplate.untrusted import parse_json

Record = dict[str, Any]
NOWHERE: Record = {"folder": "", "report": "", "thumbnail": ""}
"""Of a capture that failed before it had a result."""
SHOWN = 10
"""How many of each kind a summary names."""
SIZE_LIMIT = 1 << 22
"""Bytes of one result."""
_MEASURES = ("agreement", "worst_agreement", "views", "views_used", "volume_ml", "doubt_ml", "unknown")
MEASURES: tuple[str, ...] = (*_MEASURES, "watertight", "triangles", "bytes")
"""What `report.measures` tells of each product."""


def records(where: str) -> list[Record]:
    """Return what is known of each product of a folder, or a store, of results, by name.

    Each has `asin`, `capture`, `folder` ("" where a capture failed before it had one), `status` ("ok", "partial",
    "failed", or "unfinished": begun and cut short, or still running), `problems`, `measures`, and where this batch has
    noted it `seconds` and `cpu_seconds`; also `report` and `thumbnail`, places below `where` ("" without).

    Raises:
        CleanplateError: there is no such folder.
    """
    if is_uri(where):
        return _published(where)
    out = Path(where)
    if not out.is_dir():
        raise CleanplateError(f"{out}: no such folder; name what 'cleanplate run --out' was given")
    with os.scandir(out) as entries:
        names = sorted(each.name for each in entries if each.is_dir() and not each.name.startswith("."))
    failures = {each["capture"]: each for each in _failures(out)}
    found = [each for name in names if name != FAILED and (each := _record(out, name)) is not None]
    return [each for each in found if each["capture"] not in failures] + list(failures.values())


def _published(out: str) -> list[Record]:
    found = [
        each["result"] | {key: each[key] for key in ("seconds", "cpu_seconds")} | _pages(each["folder"], each["files"])
        for each in manifests(out)
    ]
    failures = {}
    for name in listing(out, FAILED):
        with suppress(ValueError):
            if _is_sound(each := parse_json(read(out, name) or b"")):
                failures[each["capture"]] = each | NOWHERE
    return [each for each in found if _is_sound(each) and each["capture"] not in failures] + list(failures.values())


def _pages(folder: str, files: Collection[str]) -> Record:
    """Return where the report and the first overlay of a product lie that has such files in its folder."""
    overlays = sorted(name for name in files if name.startswith("overlays/") and name.endswith(".jpg"))
    shown = {"report": ["report.html"] if "report.html" in files else [], "thumbnail": overlays[:1]}
    return {key: "".join(f"{folder}/{name}" for name in each) for key, each in shown.items()}


def _record(out: Path, name: str) -> Record | None:
    told = read_object(out / name / RESULT, SIZE_LIMIT)
    if not _is_sound(told):
        if not (out / name / "state.json").is_file():
            return None
        told = {"asin": name, "capture": "", "status": "unfinished", "problems": [], "measures": {}}
    cost = read_object(out / notes.FOLDER / f"{name}.json", notes.SIZE_LIMIT)
    taken = {key: cost[key] for key in ("seconds", "cpu_seconds") if isinstance(cost.get(key), float)}
    return told | {"folder": str(out / name)} | _pages(name, _shown(out / name)) | taken


def _shown(folder: Path) -> list[str]:
    """Return those of a result's files that people look at."""
    found = ["report.html"] * (folder / "report.html").is_file()
    with suppress(OSError), os.scandir(folder / "overlays") as entries:
        found += [f"overlays/{each.name}" for each in entries]
    return found


def _is_sound(told: Any) -> bool:
    """Tell whether a result's values have the kinds that are relied on; files are open to everybody."""
    if not isinstance(told, dict):
        return False
    kinds = {"asin": str, "capture": str, "status": str, "problems": list, "measures": dict}
    told.setdefault("measures", {})  # results of older versions have none
    return all(isinstance(told.get(name), kind) for name, kind in kinds.items())


def _failures(out: Path) -> Iterator[Record]:
    for path in sorted((out / FAILED).glob("*.json")):
        told = read_object(path, SIZE_LIMIT)
        if _is_sound(told):
            yield told | NOWHERE


def summarise(found: Sequence[Record]) -> Record:
    """Return counts by state, reasons grouped, and the slowest, worst and most doubtful products, as JSON values."""
    reasons: Counter[str] = Counter()
    samples: dict[str, str] = {}
    for each in found:
        for reason in {_reason(str(problem), each) for problem in each["problems"]}:
            reasons[reason] += 1
            samples.setdefault(reason, each["asin"])
    return {
        "products": len(found),
        "states": dict(Counter(each["status"] for each in found)),
        "reasons": [
            {"reason": reason, "products": count, "such as": samples[reason]} for reason, count in reasons.most_common()
        ],
        "seconds": round(sum(each.get("seconds", 0.0) for each in found), 3),
        "cpu_seconds": round(sum(each.get("cpu_seconds", 0.0) for each in found), 3),
        "doubt_ml": round(sum(measure(each, "doubt_ml") or 0.0 for each in found), 3),
        "slowest": _extreme(found, "seconds", largest=True),
        "worst agreement": _extreme(found, "agreement", largest=False),
        "most in doubt": _extreme(found, "doubt_ml", largest=True),
    }


def _reason(problem: str, record: Record) -> str:
    """Return a problem without what is this product's own, so that equal ones can be counted."""
    for own in (record["folder"], record["capture"], record["asin"]):
        problem = problem.replace(own, "...") if own else problem
    problem = re.sub(r"^(\S*\.\.\.\S*): ", "", problem)
    problem = re.sub(r"^views? [^:]*: ", "view: ", problem)
    return re.sub(r"\S*\.\.\.\S*", "...", re.sub(r"[0-9]+(\.[0-9]+)?", "N", problem))[:300]


def measure(record: Record, name: str) -> float | None:
    """Return a measure of a product, None where it has none."""
    value = record.get(name, record["measures"].get(name))
    return float(value) if isinstance(value, int | float) else None


def _extreme(found: Sequence[Record], name: str, largest: bool) -> list[Record]:
    known = [(value, each["asin"]) for each in found if (value := measure(each, name)) is not None]
    return [{"asin": asin, name: value} for value, asin in sorted(known, reverse=largest)[:SHOWN]]


def write_list(path: Path, found: Sequence[Record]) -> None:
    """Write records as lines of JSON.

    Raises:
        CleanplateError: what lies there is no such list.
    """
    if not is_list(path):
        raise CleanplateError(f"{path}: is there already, and not a list that cleanplate wrote; move it away")
    write_bytes(path, "".join(json.dumps(each) + "\n" for each in found).encode())


def is_list(path: Path, key: str = "capture") -> bool:
    """Tell whether a place is free, or holds lines of JSON objects that have a key."""
    if not path.exists():
        return True
    try:
        with path.open("rb") as stream:
            line = stream.readline(SIZE_LIMIT)
        return not line or key in json.loads(line)
    except (OSError, ValueError, TypeError, RecursionError):
        return False


def write_table(path: Path, found: Sequence[Record]) -> None:
    """Write the records as one table, `products`, to a .sqlite (or .db) file, or as lines to a .jsonl file.

    Raises:
        CleanplateError: another suffix.
    """
    rows = [_row(each) for each in found]
    if path.suffix in (".sqlite", ".db"):
        with atomic_path(path) as temporary, closing(sqlite3.connect(temporary)) as base:
            base.execute(f"create table products ({', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})")
            places = ", ".join(f":{name}" for name in COLUMNS)
            base.executemany(f"insert into products values ({places})", rows)
            base.commit()
    elif path.suffix == ".jsonl":
        with atomic_path(path) as temporary:
            temporary.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        raise CleanplateError(f"{path}: tables are .sqlite or .jsonl files; choose one of these suffixes")


COLUMNS = {"asin": "text", "status": "text", "capture": "text", "folder": "text", "problems": "text"}
COLUMNS |= {"seconds": "real", "cpu_seconds": "real"} | dict.fromkeys(MEASURES, "real")


def _row(record: Record) -> Record:
    texts = {name: record[name] for name in ("asin", "status", "capture", "folder")}
    numbers = {name: measure(record, name) for name in ("seconds", "cpu_seconds", *MEASURES)}
    return texts | {"problems": "\n".join(map(str, record["problems"]))} | numbers
