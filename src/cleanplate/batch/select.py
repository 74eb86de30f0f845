"""Which captures a batch runs: from arguments, patterns and lists, a share of them, or those that failed."""

import fnmatch
import glob
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from cleanplate.batch.stores import folders, is_uri, read
from cleanplate.capture import find_captures
from cleanplate.errors import CaptureError, SettingsError

LIST_LIMIT = 1 << 30
"""Bytes of a list: some ten million captures."""


def find(given: Sequence[str], listed: Path | None = None) -> tuple[list[str], list[str]]:
    """Return the captures that arguments and a list name, each once, in their order, and what was odd about them.

    Args:
        given: captures, folders of captures, or patterns of them (`*`, `?`, `[`) that no shell has resolved.
        listed: a text file with one such a line; empty lines and lines that begin with # are skipped.

    Returns:
        What names no capture stays among the captures, so that whoever runs it names it.

    Raises:
        CaptureError: nothing that is named is a capture.
        SettingsError: the list cannot be read, or names nothing.
    """
    names = [*given, *([] if listed is None else _lines(listed))]
    found, errors = [], []
    for number, name in enumerate(names):
        try:
            # What a list names in a store is taken for a capture unseen: a look at each costs a request.
            found += [name] if number >= len(given) and is_uri(name) else _captures(name)
        except CaptureError as error:
            found.append(name)
            errors.append(error)
    if errors and len(errors) == len(names):
        raise errors[0]
    unique = list(dict.fromkeys(found))
    twice = len(found) - len(unique)
    where = f"{listed}: " if listed and not given else ""
    return unique, [f"{where}{_count(twice, 'capture is', 'captures are')} named more than once and run once"][
        : twice > 0
    ]


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _captures(name: str) -> list[str]:
    if is_uri(name):
        return _in_store(name.rstrip("/"))
    path = Path(name)
    if path.exists() or not re.search(r"[*?[]", name):
        return [str(each) for each in find_captures([path])]
    matches = sorted(glob.glob(name))  # noqa: PTH207 (the pattern may be absolute)
    if not matches:
        raise CaptureError(f"{name}: matches nothing; check the pattern")
    folders = [Path(each) for each in matches if Path(each).is_dir()]
    return [str(each) for folder in folders for each in find_captures([folder])]


def _in_store(uri: str) -> list[str]:
    parent, _, last = uri.rpartition("/")
    if re.search(r"[*?[]", last):
        found = [f"{parent}/{name}" for name in folders(parent) if fnmatch.fnmatchcase(name, last)]
        if not found:
            raise CaptureError(f"{uri}: matches nothing; check the pattern")
        return found
    if read(uri, "capture.json") is not None:
        return [uri]
    inside = [f"{uri}/{name}" for name in folders(uri) if not name.startswith(".")]
    if not inside:
        raise CaptureError(f"{uri}: neither a capture nor a folder of captures; check the URI")
    return inside


def _lines(path: Path) -> list[str]:
    try:
        if (size := path.stat().st_size) > LIST_LIMIT:
            raise SettingsError(f"{path}: {size} bytes, the limit is {LIST_LIMIT}; split the list")
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}; give a text file with one capture a line") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 text; give a text file with one capture a line") from error
    names = [line for line in lines if line and not line.startswith("#")]
    if not names:
        raise SettingsError(f"{path}: names no capture; give one a line")
    return names


def shard(captures: Sequence[str], part: str) -> list[str]:
    """Return the i-th of n shares of the captures, of nearly equal size; `part` is "i/n", i from 1 to n.

    Raises:
        SettingsError: it is not.
    """
    found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", part)
    index, count = map(int, found.groups()) if found else (0, 0)
    if not 1 <= index <= count:
        raise SettingsError(f"--shard {part}: give i/n with i from 1 to n, such as 1/8 to 8/8")
    return list(captures[index - 1 :: count])


def only_failed(captures: Iterable[str], out: str) -> list[str]:
    """Return the captures whose last result in `out` is not ok: failed, or partial."""
    from cleanplate.batch.status import records

    bad = {each["capture"] for each in records(out) if each["status"] != "ok"}
    return [each for each in captures if (each if is_uri(each) else str(Path(each).resolve())) in bad]
