"""The manifest of a data set: one line of JSON per product, with its split and every file's SHA-256."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from cleanplate.capture import read_capture, readable_captures
from cleanplate.errors import CaptureError
from cleanplate.files import read_object, sha256_file, write_bytes
from cleanplate.untrusted import parse_json

FILE_NAME = "manifest.jsonl"
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Entry:
    """One product of a data set."""

    asin: str
    split: str
    views: int
    tags: tuple[str, ...]
    family: str
    """What kind of product, where the maker of the data says so; else empty."""
    files: dict[str, str]
    """Path relative to the capture's folder -> SHA-256, 64 hex digits."""


def split_of(asin: str, validation: float = 1 / 3, test: float = 0.0) -> str:
    """The split of a product, by a hash of its ASIN: all its views stay together, later additions move no one.

    Args:
        validation, test: shares, 0..1.
    """
    place = int(hashlib.sha256(asin.encode()).hexdigest()[:8], 16) / 16**8
    if place < validation:
        return "validation"
    return "test" if place < validation + test else "train"


def write_manifest(
    folder: Path, validation: float = 1 / 3, test: float = 0.0, refused: list[str] | None = None
) -> list[Entry]:
    """Write `folder`/manifest.jsonl over the captures side by side in it.

    Args:
        refused: gets a sentence for each capture that cannot be read and is left out; without it, that is an error.

    Raises:
        CaptureError: no captures there, or see `refused`.
    """
    entries = []
    captures, problems = readable_captures([folder])
    if problems and refused is None:
        raise CaptureError("; ".join(problems), problems)
    if refused is not None:
        refused += problems
    for capture_folder in captures:
        capture = read_capture(capture_folder)
        about = capture_folder / "product.json"
        family = str(read_object(about).get("family", ""))
        split = split_of(capture.asin, validation, test)
        entries.append(Entry(capture.asin, split, len(capture.views), capture.tags, family, _checksums(capture_folder)))
    lines = "".join(json.dumps(asdict(e), sort_keys=True) + "\n" for e in entries)
    write_bytes(folder / FILE_NAME, lines.encode())
    return entries


def has_manifest(folder: Path) -> bool:
    """Return whether a folder is a data set with a manifest."""
    return (folder / FILE_NAME).is_file()


def read_manifest(folder: Path) -> list[Entry]:
    """Read a data set's manifest.

    Raises:
        CaptureError: missing, or a line that is no entry; names the line.
    """
    path = folder / FILE_NAME
    if not has_manifest(folder):
        raise CaptureError(f"{path}: not found; write it with 'cleanplate dataset manifest {folder}'")
    entries = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        try:
            fields = parse_json(line.encode())
            entries.append(Entry(**{**fields, "tags": tuple(fields["tags"])}))
        except (ValueError, TypeError, KeyError) as error:
            raise CaptureError(f"{path}, line {number}: not a manifest entry ({error}); write it anew") from error
    return entries


def _checksums(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    return {str(p.relative_to(folder)): sha256_file(p) for p in files}
