"""Writing files so that a kill at any moment leaves the old file or the new one, and telling whether one is whole."""

import hashlib
import io
import json
import os
import re
import secrets
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that becomes `path` if the block succeeds.

    The temporary keeps the suffix, since encoders choose their format by it. Parent folders are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}-{secrets.token_hex(4)}{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def json_text(value: Any) -> str:
    """Return `value` as indented JSON with sorted keys, so that equal values give equal bytes."""
    return json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write `value` as `json_text`, atomically."""
    write_bytes(path, json_text(value).encode())


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_object(path: Path, limit: int = 1 << 25) -> dict[str, Any]:
    """Return a JSON object; an empty one where the file is missing, damaged, no object or above `limit` bytes."""
    try:
        if not path.is_file() or path.stat().st_size > limit:
            return {}
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def is_whole(path: Path) -> bool:
    """Tell whether a file of the kinds that results hold is complete, by its structure; other kinds if not empty."""
    data = path.read_bytes()
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _is_whole_png(data)
    if data.startswith(b"\xff\xd8"):
        return b"\xff\xd9" in data[-64:]
    if data.startswith(b"glTF"):
        return len(data) >= 12 and int.from_bytes(data[8:12], "little") == len(data)
    if data.startswith(b"ply\n"):
        return len(data) >= _ply_length(data)
    if data.startswith(b"PK"):
        return _is_whole_zip(data)
    if path.suffix == ".json":
        return bool(read_object(path))
    if path.suffix == ".html":
        return b"</html>" in data[-64:].lower()
    return bool(data.strip(b"\0")) and path.suffix not in {".png", ".jpg", ".glb", ".ply", ".usdz"}


def _is_whole_png(data: bytes) -> bool:
    """Tell whether all chunks are there with their checksums (PNG 1.2, section 5), up to IEND."""
    at = 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if zlib.crc32(data[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big") or end + 4 > len(data):
            return False
        if data[at + 4 : at + 8] == b"IEND":
            return True
        at = end + 4
    return False


def _ply_length(data: bytes) -> int:
    """Return the least length of a binary PLY of triangles with scalar vertices; of others, 1."""
    header, end, _ = data.partition(b"end_header\n")
    if not end:
        return len(data) + 1
    sizes = {b"char": 1, b"uchar": 1, b"short": 2, b"ushort": 2, b"int": 4, b"uint": 4, b"float": 4, b"double": 8}
    if b"format binary" not in header:
        return 1
    length = len(header) + len(end)
    for _, count, properties in re.findall(rb"element (\w+) (\d+)\n((?:property .*\n)*)", header):
        scalars = re.findall(rb"property (\w+) \w+\n", properties)
        lists = re.findall(rb"property list (\w+) (\w+) \w+\n", properties)
        row = sum(sizes.get(kind, 0) for kind in scalars)
        row += sum(sizes.get(number, 0) + 3 * sizes.get(kind, 0) for number, kind in lists)
        length += int(count) * row
    return length


def _is_whole_zip(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError, EOFError, OSError, zlib.error):
        return False
