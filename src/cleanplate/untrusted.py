"""JSON from elsewhere, read within bounds of memory and of the size of numbers."""

import json
import math
import re
from pathlib import Path
from typing import Any

TEXT_LIMIT = 1 << 28
"""Bytes of one JSON text."""
MEMORY_LIMIT = 3 << 29
"""Bytes that the values of one JSON text may take: `[[],[],...]` takes thirty times its length."""
LONG_NUMBER = re.compile(rb"[0-9]{26}|[eE]\+?[0-9]{3}")
DIGITS = 25


def parse_json(data: bytes, finite: bool = True) -> Any:
    """Return the value of a JSON text; its numbers have 25 digits at most.

    With `finite`, NaN and Infinity are refused; without, a schema that knows their place does so.

    Raises:
        ValueError: not JSON, too large, too deep, or with numbers that no field can mean.
    """
    if len(data) > TEXT_LIMIT:
        raise ValueError(f"{len(data)} bytes, the limit is {TEXT_LIMIT}")
    containers, strings = data.count(b"[") + data.count(b"{"), data.count(b'"') // 2
    if (needed := 100 * containers + 70 * strings + 36 * data.count(b",")) > MEMORY_LIMIT:
        raise ValueError(f"its values would take about {needed >> 20} MB, the limit is {MEMORY_LIMIT >> 20}")
    hooks: dict[str, Any] = {"parse_int": _whole, "parse_float": _finite} if LONG_NUMBER.search(data) else {}
    try:
        return json.loads(data, parse_constant=_no_constant if finite else float, **hooks)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def read_json(path: Path, finite: bool = True) -> Any:
    """Return the value of a JSON file; `finite` as in `parse_json`.

    Raises:
        ValueError: as `parse_json`, or not a regular file.
        OSError: it cannot be read.
    """
    if path.exists() and not path.is_file():
        raise ValueError("not a regular file")
    if (size := path.stat().st_size) > TEXT_LIMIT:
        raise ValueError(f"{size} bytes, the limit is {TEXT_LIMIT}")
    return parse_json(path.read_bytes(), finite)


def _whole(text: str) -> int:
    if len(text) > DIGITS + 1:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text:.40} is out of range")
    return value


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")
