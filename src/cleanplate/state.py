"""What a result was built from: one small file in its folder, so that a rerun redoes only what changed.

Each output is recorded, before it gets its name, with the fingerprint of all that it was made from and the digest of
what was written. A file is cleanplate's own if its digest is recorded, and only such a file is ever replaced or
removed. Of any other file that is in an output's place:

- a recorded output that somebody changed since is a person's, and so is a mask that nothing is recorded of: it stays,
  and counts as done;
- one that is damaged or of numbers (.json), and any other that nothing is recorded of, is set aside and made again.
"""

import fcntl
import hashlib
import logging
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from cleanplate.errors import CleanplateError
from cleanplate.files import is_whole, json_text, read_object, sha256_file

FILE_NAME, FORMAT = "state.json", "cleanplate-state/1"
GIVEN = "given"
"""The key of files that a person had written: they are done whatever is asked for, and no run replaces them."""
BY_HAND = "masks"
"""The folder of a result that people put files of their own into."""
ASIDE = "set-aside"
"""Where files that are in the way, and not cleanplate's own, are moved to."""
LOCK, ROOM = ".cleanplate.lock", ".cleanplate-making-"
SIZE_LIMIT = 1 << 26
"""Bytes of a state.json; that of a product with 190 views has 150 thousand."""


def fingerprint(*parts: str | Path | None) -> str:
    """Return one SHA-256 over texts and over the contents of files, in the order given."""
    digest = hashlib.sha256()
    for part in parts:
        text = f"file:{sha256_file(part)}" if isinstance(part, Path) else f"text:{part}"
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()


class State:
    """The record of one output folder, which the caller holds (`exclusive`); each change is on disk on return."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / FILE_NAME
        self._items = _read_items(self._path)
        self._room_path: Path | None = None

    def is_done(self, key: str, *outputs: Path) -> bool:
        """Tell whether every output is there and whole, and was made from the inputs behind `key` or is a person's."""
        return all(self._is_done(key, output) for output in outputs)

    def is_edited(self, output: Path) -> bool:
        """Tell whether what is in an output's place is a person's: not cleanplate's own, and whole."""
        if self.is_own(output):
            return (self._entry(output) or {}).get("key") == GIVEN
        return self._digest(output) is not None and self._is_theirs(output)

    @contextmanager
    def making(self, key: str, *outputs: Path) -> Iterator[Path]:
        """Yield an empty folder; what is written there under the outputs' names takes their places at the end.

        An output that is not written leaves its place, if it was cleanplate's own. A person's file stays; the output
        is recorded all the same, so that the next run knows that it is theirs.

        Args:
            key: the fingerprint of all that the outputs are made from.
            outputs: files below the folder.

        Raises:
            CleanplateError: an output's place lies outside of the folder.
        """
        names = [self._name(output) for output in outputs]
        with self._room() as room:
            for name in names:
                (room / name).parent.mkdir(parents=True, exist_ok=True)
            yield room
            made = [name for name in names if (room / name).is_file()]
            self._publish(room, key, made)
        for name in set(names) - set(made):
            self.remove(self.folder / name)

    def outputs(self) -> list[Path]:
        """Return every output that is recorded."""
        return [self.folder / name for name in self._items]

    def is_all_own(self) -> bool:
        """Tell whether every recorded output is there as it was written: no person's, none damaged or on its way."""
        return all(self._digest(self.folder / name) == entry["sha256"] for name, entry in self._items.items())

    def write_result(self, name: str, value: dict[str, Any]) -> None:
        """Write a file of numbers that is not recorded, since every run writes it."""
        path = self.folder / name
        if path.exists() and read_object(path).keys() != value.keys() and is_whole(path):
            self._set_aside(path)
        made = self.folder / f"{ROOM}{secrets.token_hex(4)}"
        try:
            made.write_bytes(json_text(value).encode())
            made.replace(path)
        finally:
            made.unlink(missing_ok=True)

    def remove(self, output: Path) -> None:
        """Delete an output, if it is one's own, and its record."""
        name = self._name(output)
        if name in self._items:
            if self.is_own(output) and self._items[name]["key"] != GIVEN:
                output.unlink()
            del self._items[name]
            self._write()

    def remove_all_but(self, outputs: set[Path]) -> None:
        """Delete outputs that are no longer made, such as those of a view that left the capture."""
        for name in set(self._items) - {self._name(output) for output in outputs}:
            self.remove(self.folder / name)
        self._settle()

    def _publish(self, room: Path, key: str, names: list[str]) -> None:
        """Record what was made, then let it take its place; a kill in between leaves the old files, known as own."""
        moves = []
        for name in names:
            output, entry = self.folder / name, {"key": key, "sha256": sha256_file(room / name)}
            here = self._digest(output)
            own = here == entry["sha256"] or self.is_own(output)
            if own and here not in (None, entry["sha256"]):
                entry["was"] = str(here)
            if here != entry["sha256"] and (own or here is None or not self._is_theirs(output)):
                moves.append(name)
            if not own and here is not None and name in moves:
                self._make_way(output, room / name)
            self._items[name] = entry
        self._write()
        for name in moves:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (room / name).replace(self.folder / name)
        self._settle()

    def _settle(self) -> None:
        """Forget what stood in an output's place before, once it is there."""
        before = [name for name, entry in self._items.items() if "was" in entry]
        for name in before:
            if self._digest(self.folder / name) == self._items[name]["sha256"]:
                del self._items[name]["was"]
        if any("was" not in self._items[name] for name in before):
            self._write()

    def _make_way(self, output: Path, made: Path) -> None:
        """Move a file aside that is not one's own, unless it is the made one's beginning: then it was cut short."""
        if output.is_file() and not output.is_symlink() and made.read_bytes().startswith(output.read_bytes()):
            output.unlink()
        else:
            self._set_aside(output)

    def _set_aside(self, output: Path) -> None:
        digest = self._digest(output) or secrets.token_hex(4)
        place = self.folder / ASIDE / f"{output.stem[:100]}-{digest[:8]}{output.suffix}"
        place.parent.mkdir(exist_ok=True)
        output.replace(place)
        logging.getLogger(__name__).warning("%s: not what cleanplate wrote, or damaged; moved to %s", output, place)

    @contextmanager
    def _room(self) -> Iterator[Path]:
        """Yield a folder without files, beside the outputs, for what is being made; `exclusive` clears it away.

        It is the same each time: on many file systems to remove a folder takes longer than to write a view's files.
        """
        if self._room_path is None:
            self._room_path = Path(tempfile.mkdtemp(prefix=ROOM, dir=self.folder))
        try:
            yield self._room_path
        finally:
            for left in [path for path in self._room_path.rglob("*") if not path.is_dir() or path.is_symlink()]:
                left.unlink()

    def _is_done(self, key: str, output: Path) -> bool:
        entry, here = self._entry(output), self._digest(output)
        if entry is None or here is None or here == entry.get("was"):
            return False
        return entry["key"] in (key, GIVEN) if here == entry["sha256"] else self._is_theirs(output)

    def is_own(self, output: Path) -> bool:
        """Tell whether a file is one that was written here, by its digest."""
        entry, here = self._entry(output), self._digest(output)
        return entry is not None and here is not None and here in (entry["sha256"], entry.get("was"))

    def _is_theirs(self, output: Path) -> bool:
        """Tell whether a file that is not one's own is a person's, rather than damaged or left over."""
        name = self._name(output)
        if name not in self._items:
            return PurePosixPath(name).parts[0] == BY_HAND
        return output.suffix != ".json" and is_whole(output)

    def _entry(self, output: Path) -> dict[str, str] | None:
        return self._items.get(self._name(output))

    def _digest(self, output: Path) -> str | None:
        """Return a file's digest; None where there is none. A link is nobody's output: its digest is no file's."""
        if output.is_symlink():
            return "link"
        return sha256_file(output) if output.is_file() else None

    def _write(self) -> None:
        self.write_result(FILE_NAME, {"format": FORMAT, "items": self._items})

    def _name(self, output: Path) -> str:
        name = output.relative_to(self.folder).as_posix()
        if not _is_below(self.folder, name):
            raise CleanplateError(f"{output}: a link leads out of {self.folder}; remove it, or name another folder")
        return name


def _is_below(folder: Path, name: str) -> bool:
    """Tell whether a name leads to a place below a folder, also by way of the links that are there."""
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        return False
    return (folder / path).parent.resolve().is_relative_to(folder.resolve())


def _read_items(path: Path) -> dict[str, dict[str, str]]:
    """Return the sound entries of a state.json; none where it is lost, and then everything is made again."""
    items = read_object(path, SIZE_LIMIT).get("items")
    entries = items.items() if isinstance(items, dict) else ()
    return {name: entry for name, entry in entries if _is_sound(entry) and _is_below(path.parent, name)}


def _is_sound(entry: Any) -> bool:
    if not (isinstance(entry, dict) and all(isinstance(value, str) for value in entry.values())):
        return False
    digests = [entry.get("sha256", ""), entry.get("was", "0" * 64)]
    return "key" in entry and all(re.fullmatch("[0-9a-f]{64}", each) for each in digests)


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold an output folder for this process alone, and clear what a killed run was making, and this one at its end.

    Raises:
        CleanplateError: another process holds it, or the lock's place is taken by something else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / LOCK
    held = _locked(folder, lock)
    try:
        _clear(folder)
        try:
            yield
        finally:
            _clear(folder)
    finally:
        if os.fstat(held).st_size == 0:  # else it is no lock of ours
            lock.unlink(missing_ok=True)
        os.close(held)


def _clear(folder: Path) -> None:
    """Remove what was being made there; whoever was at it has ended."""
    for room in folder.glob(f"{ROOM}*"):
        if room.is_dir() and not room.is_symlink():
            shutil.rmtree(room, ignore_errors=True)
        else:
            room.unlink(missing_ok=True)


def _locked(folder: Path, lock: Path) -> int:
    """Return the open lock; it is the one that others find by its name, since a holder removes it when it ends."""
    while True:
        try:
            held = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
        except OSError as error:
            if lock.is_symlink() or lock.is_dir():
                raise CleanplateError(f"{lock}: is in the place of cleanplate's lock; remove it") from error
            raise
        if not stat.S_ISREG(os.fstat(held).st_mode):
            os.close(held)
            raise CleanplateError(f"{lock}: is in the place of cleanplate's lock; remove it")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            here = lock.stat(follow_symlinks=False)
        except FileNotFoundError:
            os.close(held)
            continue
        except OSError as error:
            os.close(held)
            raise CleanplateError(f"{folder}: another cleanplate run is writing there; wait for it to end") from error
        if (here.st_dev, here.st_ino) == (os.fstat(held).st_dev, os.fstat(held).st_ino):
            return held
        os.close(held)
