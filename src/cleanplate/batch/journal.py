"""What a batch tells while it runs: how far it is, a log for machines, and the list of what did not go well."""

import json
import os
import socket
import time
from collections import Counter, deque
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from cleanplate import __version__
from cleanplate.batch.status import is_list
from cleanplate.batch.stores import is_uri
from cleanplate.clock import duration
from cleanplate.errors import CleanplateError, SettingsError
from cleanplate.files import atomic_path
from cleanplate.pipeline import ProductResult

RECENT = 50
"""Products that the time left is told from: a rerun skips fast what is done, and slows down where work begins."""


class Journal:
    """Counts what a batch has done. Use it as a context; on leaving, `failed` gets its name, also after Ctrl-C.

    Attributes:
        total: products of the batch.
        failed: where products that are not ok are listed, a JSON object a line; None where there is no place for it.
        counts: products by status so far.
    """

    def __init__(self, total: int, failed: Path | None, log: Path | None = None) -> None:
        self.total, self.failed, self.counts = total, failed, Counter[str]()
        self._log_path, self._log, self._list = log, None, None
        self._stack = ExitStack()
        self._ends = deque([time.monotonic()], maxlen=RECENT)

    _log: TextIO | None
    _list: TextIO | None

    def __enter__(self) -> "Journal":
        """Open the files.

        Raises:
            SettingsError: a file is in the place of one of them.
        """
        with ExitStack() as stack:
            if self.failed is not None:
                _check_own(self.failed, "capture")
            if self._log_path is not None:
                _check_own(self._log_path, "event")
                self._log_path.parent.mkdir(parents=True, exist_ok=True)
                self._log = stack.enter_context(self._log_path.open("a", encoding="utf-8"))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files; the list gets its name, whatever ended the batch."""
        self._stack.close()

    def start(self, **facts: Any) -> None:
        """Log that the batch begins."""
        self.log("start", version=__version__, products=self.total, **facts)

    def count(self, capture: str, result: ProductResult) -> None:
        """Count a product that ended, log it, and list it if it is not ok."""
        self.counts[result.status] += 1
        self._ends.append(time.monotonic())
        self.log("product", given=capture, **asdict(result))
        if result.status != "ok" and self.failed is not None:
            if self._list is None:
                temporary = self._stack.enter_context(atomic_path(self.failed))
                self._list = self._stack.enter_context(temporary.open("w", encoding="utf-8"))
            told = {key: getattr(result, key) for key in ("asin", "capture", "status", "problems")}
            self._list.write(json.dumps(told) + "\n")

    def finish(self) -> str:
        """Log that the batch ends, and return its closing line."""
        self.log("end", **self.counts)
        bad = sum(self.counts.values()) - self.counts["ok"]
        if self.failed is not None and not bad:
            self.failed.unlink(missing_ok=True)
        line = f"{self.counts['ok']} ok, {self.counts['partial']} partial, {self.counts['failed']} failed"
        return line + (f"; listed in {self.failed}" if bad and self.failed is not None else "")

    def log(self, event: str, **facts: Any) -> None:
        """Write a line of the log."""
        if self._log is not None:
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            where = {"time": now, "event": event, "host": socket.gethostname(), "pid": os.getpid()}
            self._log.write(json.dumps(where | facts) + "\n")
            self._log.flush()

    def position(self) -> str:
        """Return "i of n" and the time left, by the products that ended last; empty for a single product."""
        done = sum(self.counts.values())
        if self.total < 2:
            return ""
        if done == self.total:
            return f"{done} of {self.total}"
        pace = (self._ends[-1] - self._ends[0]) / (len(self._ends) - 1)
        return f"{done} of {self.total}, {duration(pace * (self.total - done))} left"


def _check_own(path: Path, key: str) -> None:
    """Refuse to write over, or append to, what is no such file of ours."""
    if not is_list(path, key):
        raise SettingsError(f"{path}: is there already, and not a list that cleanplate wrote; move it, or name another")


def failed_path(where: str, captures: list[str], part: str | None = None) -> Path | None:
    """Return where a batch lists what is not ok: beside its results, or in the working folder if they go to a store.

    None where `where` lies in a capture, or is the captures' own folder.
    """
    from cleanplate.capture import check_output

    name = "failed.jsonl" if part is None else f"failed-{part.replace('/', '-of-')}.jsonl"
    if is_uri(where):
        return Path(name)
    out, place = Path(where), Path(where).resolve()
    if any(not is_uri(each) and Path(each).resolve().parent == place for each in captures):
        return None
    try:
        check_output(out / name)
    except CleanplateError:
        return None
    return out / name
