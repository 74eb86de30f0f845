"""Is a data set whole, and are its splits clean?"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from cleanplate.capture import find_captures, validate_capture
from cleanplate.dataset.manifest import SPLITS, Entry, read_manifest
from cleanplate.files import sha256_file


def validate_dataset(folder: Path) -> list[str]:
    """Every problem of a data set, one sentence each; an empty list means that it is sound.

    Looks for captures that break the format, files that are missing, extra or changed since the manifest was
    written, unknown splits, products listed twice, and one image in two splits.

    Raises:
        CaptureError: no manifest that can be read, or no captures.
    """
    entries = read_manifest(folder)
    problems = _split_problems(entries)
    listed = {entry.asin for entry in entries}
    for capture in find_captures([folder]):
        if capture.name not in listed:
            problems.append(f"{capture}: not in the manifest; write the manifest anew")
    for entry in entries:
        problems += _entry_problems(folder / entry.asin, entry)
    return problems


def _entry_problems(capture: Path, entry: Entry) -> list[str]:
    if not capture.is_dir():
        return [f"{capture}: in the manifest, but not there; copy it again"]
    problems = validate_capture(capture)
    there = {str(p.relative_to(capture)) for p in capture.rglob("*") if p.is_file() and not p.name.startswith(".")}
    problems += [f"{capture / name}: not in the manifest" for name in sorted(there - entry.files.keys())]
    for name, digest in entry.files.items():
        if name not in there:
            problems.append(f"{capture / name}: missing; copy it again")
        elif sha256_file(capture / name) != digest:
            problems.append(f"{capture / name}: changed since the manifest was written; copy it again")
    return problems


def _split_problems(entries: list[Entry]) -> list[str]:
    problems = [
        f"{e.asin}: unknown split {e.split!r}, use {', '.join(SPLITS)}" for e in entries if e.split not in SPLITS
    ]
    seen: set[str] = set()
    splits_of_image: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.asin in seen:
            problems.append(f"{entry.asin}: listed twice; a product belongs to one split")
        seen.add(entry.asin)
        for name, digest in entry.files.items():
            if name.startswith("images/"):
                splits_of_image[digest].add(entry.split)
    for digest, splits in splits_of_image.items():
        if len(splits) > 1:
            problems.append(f"image {digest[:12]}: in the splits {', '.join(sorted(splits))} at once")
    return problems
