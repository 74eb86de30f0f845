"""Untrusted files: a folder or a zip read alike, nothing unpacked to disk, sizes checked first."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from cleanplate.errors import ImageError

FILE_LIMIT = 1 << 30
"""Bytes of one file after unpacking; a zip of a megabyte can hold a thousand times as much."""


@dataclass(frozen=True)
class Bundle:
    """Files below a folder, in a zip, or a single file.

    Attributes:
        path: of the folder, zip or file.
        names: relative, with "/", sorted.
        archive: the open zip, if it is one.
    """

    path: Path
    names: tuple[str, ...]
    archive: zipfile.ZipFile | None = None

    def with_suffix(self, *suffixes: str) -> list[str]:
        """Return the names that end so, in any case."""
        return [name for name in self.names if name.lower().endswith(suffixes)]

    def where(self, name: str) -> str:
        """Return how to name a member in a message."""
        return str(self.path / name) if self.path.is_dir() or self.archive else str(self.path)

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Yield one file as a stream.

        Raises:
            ImageError: larger than FILE_LIMIT, encrypted, or damaged.
        """
        if self.archive is None:
            path = self.path / name if self.path.is_dir() else self.path
            self._check_length(name, path.stat().st_size)
            with path.open("rb") as stream:
                yield stream
            return
        self._check_length(name, self.archive.getinfo(name).file_size)
        try:
            with self.archive.open(name) as stream:
                yield stream
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
            raise ImageError(f"{self.where(name)}: cannot be unpacked ({error}); export it again") from error

    def read(self, name: str) -> bytes:
        """Return one file's bytes; errors as in `open`."""
        with self.open(name) as stream:
            return stream.read()

    def json(self, name: str) -> Any:
        """Return one file's JSON.

        Raises:
            ImageError: as in `open`, or it is not JSON.
        """
        try:
            return json.loads(self.read(name))
        except (ValueError, RecursionError) as error:
            raise ImageError(f"{self.where(name)}: not valid JSON ({error}); export it again") from error

    def _check_length(self, name: str, length: int) -> None:
        if length > FILE_LIMIT:
            raise ImageError(f"{self.where(name)}: {length} bytes, the limit is {FILE_LIMIT}; export it in parts")


def open_bundle(path: Path) -> Bundle:
    """Open a folder, a zip or a single file for reading.

    Raises:
        ImageError: not there, not a sound zip, or with names that lead out of it.
    """
    if path.is_dir():
        root = path.resolve()
        files = (file for file in path.rglob("*") if file.is_file() and file.resolve().is_relative_to(root))
        return Bundle(path, tuple(sorted(file.relative_to(path).as_posix() for file in files)))
    if not path.is_file():
        raise ImageError(f"{path}: not found; give a tool's export, a zip of it or a folder of masks")
    if path.suffix.lower() != ".zip":
        return Bundle(path, (path.name,))
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise ImageError(f"{path}: not a sound zip ({error}); export it again") from error
    names = [name for name in archive.namelist() if not name.endswith("/")]
    for name in names:
        safe_name(name)
    return Bundle(path, tuple(sorted(names)), archive)


def safe_name(name: str) -> str:
    """Return a name from outside if it stays inside the folder it is written to.

    Raises:
        ImageError: absolute, with "..", a backslash, a drive or a NUL.
    """
    relative = PurePosixPath(name)
    unsafe = relative.is_absolute() or ".." in relative.parts or any(sign in name for sign in "\\\0:")
    if unsafe or not relative.name:
        raise ImageError(f"the name {name!r:.200} leads out of its folder; rename the picture and export again")
    return name
