"""What is done: one small file per product, so that a rerun redoes only what changed.

Each item (a mask, the hull, ...) is recorded with the fingerprint of all that it was made from and the digest
of what was written. An output that a person has since changed is theirs: it counts as done, whatever its inputs.
"""

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cleanplate.errors import CleanplateError
from cleanplate.files import sha256_file, write_json

FILE_NAME = "state.json"


def fingerprint(*parts: str | Path | None) -> str:
    """Return one SHA-256 over texts and over the contents of files, in the order given."""
    digest = hashlib.sha256()
    for part in parts:
        text = f"file:{sha256_file(part)}" if isinstance(part, Path) else f"text:{part}"
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()


class Ledger:
    """The record of one output folder; each change is on disk when the call returns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / FILE_NAME
        try:
            self._items: dict[str, dict[str, str]] = json.loads(self._path.read_bytes())["items"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            self._items = {}  # no record: everything is made again, which gives the same bytes

    def is_done(self, output: Path, key: str) -> bool:
        """Tell whether `output` exists and was made from the inputs behind `key`, or was edited since."""
        entry = self._items.get(self._name(output))
        if entry is None or not output.is_file():
            return False
        return entry["key"] == key or sha256_file(output) != entry["sha256"]

    def record(self, output: Path, key: str, doubt: float | None = None) -> None:
        """Record that `output` was written from the inputs behind `key`, and its maker's own doubt, 0 to 1."""
        self._items[self._name(output)] = {"key": key, "sha256": sha256_file(output)}
        if doubt is not None:
            self._items[self._name(output)]["doubt"] = f"{doubt:.4f}"
        self._write()

    def is_edited(self, output: Path) -> bool:
        """Tell whether `output` was changed by someone else since it was recorded."""
        entry = self._items.get(self._name(output))
        return entry is not None and output.is_file() and sha256_file(output) != entry["sha256"]

    def move(self, output: Path, to: Path) -> None:
        """Rename an output, and its record with it."""
        to.parent.mkdir(parents=True, exist_ok=True)
        self._items[self._name(to)] = self._items[self._name(output)]
        self._write()
        output.replace(to)
        del self._items[self._name(output)]
        self._write()

    def forget(self, output: Path) -> None:
        """Delete an output and its record, if there is one."""
        if self._items.pop(self._name(output), None):
            output.unlink(missing_ok=True)
            self._write()

    def doubt(self, output: Path) -> float | None:
        """Return the doubt that was recorded with `output`; None if there is none, or `output` was edited since."""
        entry = self._items.get(self._name(output), {})
        if "doubt" not in entry or not output.is_file() or sha256_file(output) != entry["sha256"]:
            return None
        return float(entry["doubt"])

    def forget_all_but(self, outputs: set[Path]) -> None:
        """Delete recorded outputs that are no longer made, such as those of a view that left the capture."""
        stale = set(self._items) - {self._name(output) for output in outputs}
        for name in stale:
            (self.folder / name).unlink(missing_ok=True)
            del self._items[name]
        if stale:
            self._write()

    def _write(self) -> None:
        write_json(self._path, {"format": "cleanplate-state/1", "items": self._items})

    def _name(self, output: Path) -> str:
        return output.relative_to(self.folder).as_posix()


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold an output folder for this process alone, and clear temporaries that a killed run left.

    Raises:
        CleanplateError: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder.with_name(f".{folder.name}.lock")
    with lock.open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CleanplateError(f"{folder}: another cleanplate run is writing there; wait for it to end") from error
        for temporary in folder.rglob(".*"):
            if temporary.is_file():
                temporary.unlink()
        yield
        lock.unlink(missing_ok=True)
