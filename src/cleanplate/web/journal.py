"""review.jsonl: who did what to which mask, and when. Lines are only ever added."""

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cleanplate.untrusted import parse_json

ACTIONS = ("save", "accept", "flag", "reopen")


@dataclass(frozen=True)
class Edit:
    """What a person says about an action.

    Attributes:
        who: the reviewer.
        seconds: active time on the mask since the last action.
        tools: how often each tool was used.
    """

    who: str
    seconds: float = 0.0
    tools: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """One line.

    Attributes:
        view: the view's id.
        action: one of ACTIONS.
        sha256: of the mask's file after the action, None where there is no mask.
        before: of the file that a save replaced.
        when: UTC, ISO 8601.
    """

    view: str
    action: str
    sha256: str | None
    before: str | None
    who: str
    when: str
    seconds: float
    tools: dict[str, int]


class Journal:
    """The journal of one product, `<folder>/review.jsonl`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "review.jsonl"

    def append(self, view: str, action: str, sha256: str | None, before: str | None, edit: Edit) -> None:
        """Add a line; it is on the disk when the call returns."""
        when = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = Entry(view, action, sha256, before, edit.who, when, round(edit.seconds, 1), edit.tools)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab+") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(size - 1, 0))
            torn = size > 0 and stream.read(1) != b"\n"  # a kill in the middle of a line
            stream.write((b"\n" if torn else b"") + json.dumps(asdict(entry), sort_keys=True).encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())

    def entries(self) -> list[Entry]:
        """Return all lines in order, without any that a kill tore."""
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        return [entry for entry in map(_parse, lines) if entry is not None]


def _parse(line: bytes) -> Entry | None:
    try:
        values: dict[str, Any] = parse_json(line)
        return Entry(**values)
    except (ValueError, TypeError):
        return None
