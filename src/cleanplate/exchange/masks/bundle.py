"""Untrusted files: a folder or a zip read alike, nothing unpacked to disk, sizes checked first."""

import lzma
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from cleanplate.errors import ImageError
from cleanplate.untrusted import parse_json

FILE_LIMIT = 1 << 29
"""Bytes of one file after unpacking; a zip of a megabyte can hold a thousand times as much."""
TEXT_LIMIT = 1 << 24
"""Bytes of a plain text: lists of names, label maps."""
MEMBER_LIMIT = 1_000_000
"""Files in one zip or folder."""
DIRECTORY_LIMIT = 1 << 27
"""Bytes of a zip's list of contents."""
RESULTS = ("result.json", "state.json")
"""What marks a folder that `cleanplate run` or `segment` wrote."""
UNPACKING = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    RuntimeError,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
)
"""What zipfile and its decoders raise on damaged data."""


@dataclass(frozen=True)
class Bundle:
    """Files below a folder, in a zip, or a single file; what macOS and others hide among them is left out.

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
        except UNPACKING as error:
            raise ImageError(f"{self.where(name)}: cannot be unpacked ({error}); export it again") from error

    def read(self, name: str, limit: int = FILE_LIMIT) -> bytes:
        """Return one file's bytes; errors as in `open`."""
        with self.open(name) as stream:
            data = stream.read(limit + 1)  # a zip's list may name less than there is
        self._check_length(name, len(data), limit)
        return data

    def text(self, name: str) -> str:
        """Return a short text; errors as in `open`."""
        return self.read(name, TEXT_LIMIT).decode("utf-8", "replace")

    def json(self, name: str) -> Any:
        """Return one file's JSON.

        Raises:
            ImageError: as in `open`, or it is not JSON, or too large.
        """
        try:
            return parse_json(self.read(name))
        except ValueError as error:
            raise ImageError(f"{self.where(name)}: not valid JSON ({error}); export it again") from error

    def _check_length(self, name: str, length: int, limit: int | None = None) -> None:
        if length > (limit := FILE_LIMIT if limit is None else limit):
            raise ImageError(f"{self.where(name)}: {length} bytes, the limit is {limit}; export it in parts")


def open_bundle(path: Path) -> Bundle:
    """Open a folder, a zip or a single file for reading.

    Raises:
        ImageError: not there, not a sound zip, or with names that lead out of it.
    """
    if path.is_dir():
        root = path.resolve()
        files = (file for file in path.rglob("*") if file.is_file() and file.resolve().is_relative_to(root))
        return Bundle(path, _kept(path, (file.relative_to(path).as_posix() for file in files)))
    if not path.exists():
        raise ImageError(f"{path}: not found; give a tool's export, a zip of it or a folder of masks")
    if not path.is_file():
        raise ImageError(f"{path}: a device, not a file; give a tool's export, a zip of it or a folder of masks")
    if path.suffix.lower() != ".zip":
        return Bundle(path, (path.name,))
    _check_directory(path)
    try:
        archive = zipfile.ZipFile(path)
    except UNPACKING as error:
        raise ImageError(f"{path}: not a sound zip ({error}); export it again") from error
    names = [name for name in archive.namelist() if not name.endswith("/")]
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise ImageError(f"{path}: holds {twice!r:.200} twice; pack it again")
    for name in names:
        safe_name(name, f"{path}: ")
    return Bundle(path, _kept(path, names), archive)


def _kept(path: Path, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names without those that no tool means: "._x", ".DS_Store", "__MACOSX/x".

    Raises:
        ImageError: there are too many.
    """
    kept = []
    for name in names:
        if not any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts):
            kept.append(name)
        if len(kept) > MEMBER_LIMIT:
            raise ImageError(f"{path}: holds more than {MEMBER_LIMIT} files; give a folder of one export")
    return tuple(sorted(_masks_of_results(kept)))


def _masks_of_results(names: list[str]) -> list[str]:
    """Return the names without what a run leaves beside its masks: probabilities, overlays, hull, reports."""
    made = {str(PurePosixPath(name).parent) for name in names if PurePosixPath(name).name in RESULTS}
    if not made:
        return names
    return [name for name in names if not made & set(map(str, PurePosixPath(name).parents)) or _is_mask(name, made)]


def _is_mask(name: str, made: set[str]) -> bool:
    folder = PurePosixPath(name).parent
    return folder.name == "masks" and str(folder.parent) in made


def _check_directory(path: Path) -> None:
    """Check the length of a zip's list of contents before it is read: the end record has it (APPNOTE 4.3.16).

    Raises:
        ImageError: too long.
    """
    with path.open("rb") as stream:
        start = max(0, path.stat().st_size - (1 << 16) - 100)
        stream.seek(start)
        tail = stream.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) < at + 22:
        return  # zipfile says what is wrong
    length = int.from_bytes(tail[at + 12 : at + 16], "little")
    wide = tail.rfind(b"PK\6\6", 0, at)
    if length == 0xFFFFFFFF and wide >= 0:
        length = int.from_bytes(tail[wide + 40 : wide + 48], "little")
    if length > DIRECTORY_LIMIT:
        raise ImageError(f"{path}: its list of contents has {length} bytes, the limit is {DIRECTORY_LIMIT}")


def safe_name(name: str, where: str = "") -> str:
    """Return a name from outside if it stays inside the folder it is written to.

    Args:
        where: begins the message, where the caller's does not say whose name it is.

    Raises:
        ImageError: absolute, with "..", a backslash, a drive or a NUL.
    """
    relative = PurePosixPath(name)
    unsafe = relative.is_absolute() or ".." in relative.parts or any(sign in name for sign in "\\\0:")
    if unsafe or not relative.name:
        raise ImageError(f"{where}the name {name!r:.200} leads out of its folder; rename the picture and export again")
    return name
