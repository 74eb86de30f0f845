"""Pose files as plain values: JSON, YAML and XML, bounded in size and nesting before anything is built of them.

What comes out are dicts, lists, strings and finite numbers. OpenCV's own reader is not used: nested YAML of 100 kB
makes it crash, and a matrix that announces 2^31 rows makes it allocate them.
"""

import math
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np
from jaxtyping import Float

from cleanplate.errors import CaptureError
from cleanplate.untrusted import parse_json

MOST_BYTES = 64_000_000
DEEPEST = 64
"""Levels of nesting; real pose files have fewer than ten."""


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """Return a pose file's bytes.

    Raises:
        CaptureError: not there, not a file, or larger than `most`.
    """
    if not path.is_file():
        kind = "a folder, not a file" if path.is_dir() else "not found"
        raise CaptureError(f"{path}: {kind}; name the file or folder that your calibration tool wrote")
    try:
        with path.open("rb") as stream:
            data = stream.read(most + 1)
    except OSError as error:
        raise CaptureError(f"{path}: cannot be read ({error})") from error
    if len(data) > most:
        raise CaptureError(f"{path}: more than {most // 1_000_000} MB, too large for a file of poses")
    return data


def read_text(path: Path, most: int = MOST_BYTES) -> str:
    """Return a pose file's text, without a byte order mark.

    Raises:
        CaptureError: as `read_bytes`, or it is not UTF-8.
    """
    try:
        return read_bytes(path, most).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CaptureError(f"{path}: cannot be read as text ({error}); save it as UTF-8") from error


def read_json(path: Path) -> Any:
    """Return a JSON file's value.

    Raises:
        CaptureError: not JSON, nested too deeply, or with NaN or Infinity.
    """
    try:
        return parse_json(read_text(path).encode())
    except ValueError as error:
        raise CaptureError(f"{path}: not JSON that can be read ({_short(error)}); export it again") from error


def read_yaml(path: Path) -> Any:
    """Return a YAML file's value; scalars stay strings, tags such as OpenCV's !!opencv-matrix are passed over.

    Raises:
        CaptureError: not YAML, nested too deeply, or with anchors (a few of which can stand for billions of values).
    """
    import yaml

    text = read_text(path, MOST_BYTES // 8)
    if text.startswith("%YAML:"):  # OpenCV's own spelling of the directive
        text = text.partition("\n")[2]
    tree = _Tree(path)
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise CaptureError(f"{path}: has anchors, which pose files do not need; export it again")
            if isinstance(event, yaml.MappingStartEvent):
                tree.open({})
            elif isinstance(event, yaml.SequenceStartEvent):
                tree.open([])
            elif isinstance(event, yaml.CollectionEndEvent):
                tree.close()
            elif isinstance(event, yaml.ScalarEvent):
                tree.add(event.value)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise CaptureError(f"{path}: not YAML that can be read ({_short(error)}); export it again") from error
    return tree.root


class _Tree:
    """Values built from events, without recursion."""

    def __init__(self, path: Path) -> None:
        self.path, self.root = path, None
        self._open: list[tuple[Any, list[str]]] = []

    def open(self, value: Any) -> None:
        if len(self._open) >= DEEPEST:
            raise CaptureError(f"{self.path}: nested deeper than {DEEPEST} levels; no pose file is")
        self.add(value)
        self._open.append((value, []))

    def close(self) -> None:
        self._open.pop()

    def add(self, value: Any) -> None:
        if not self._open:
            self.root = value
            return
        parent, key = self._open[-1]
        if isinstance(parent, list):
            parent.append(value)
        elif key:
            parent[key.pop()] = value
        elif isinstance(value, str):
            key.append(value)
        else:
            raise CaptureError(f"{self.path}: has a key that is no text; export it again")


class Element:
    """One element of an XML file: its tag, attributes, children and text."""

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag, self.attributes, self.children, self.text = tag, attributes, list["Element"](), ""

    def find(self, *tags: str) -> "Element | None":
        """Return the first child along a path of tags, None where there is none."""
        found: Element | None = self
        for tag in tags:
            found = next((child for child in found.children if child.tag == tag), None) if found else None
        return found

    def all(self, tag: str) -> "list[Element]":
        """Return every descendant of that tag, in the file's order."""
        found, waiting = [], [self]
        while waiting:
            element = waiting.pop()
            found += [element] if element.tag == tag else []
            waiting += reversed(element.children)
        return found


def read_xml(path: Path) -> Element:
    """Return an XML file's root.

    Raises:
        CaptureError: not XML, nested too deeply, or with a document type (whose entities can stand for gigabytes).
    """
    top = Element("", {})
    waiting = [top]

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(waiting) > DEEPEST:
            raise CaptureError(f"{path}: nested deeper than {DEEPEST} levels; no pose file is")
        waiting[-1].children.append(Element(tag, attributes))
        waiting.append(waiting[-1].children[-1])

    def refuse(*_: Any) -> None:
        raise CaptureError(f"{path}: has a document type, which pose files do not need; export it again")

    texts: dict[int, list[str]] = {}

    def end(_: str) -> None:
        element = waiting.pop()
        element.text = "".join(texts.pop(id(element), []))

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.StartDoctypeDeclHandler = start, end, refuse
    parser.CharacterDataHandler = lambda text: texts.setdefault(id(waiting[-1]), []).append(text)
    try:
        parser.Parse(read_bytes(path), True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise CaptureError(f"{path}: not XML that can be read ({_short(error)}); export it again") from error
    return top.children[0]


def number(value: Any) -> float:
    """Return a finite number.

    Raises:
        ValueError: it is none.
    """
    try:
        result = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except OverflowError as error:
        raise ValueError("a number too large for any use") from error
    if not math.isfinite(result):
        raise ValueError(f"{value!r:.40} is no finite number")
    return result


def matrix_of(value: Any, *shapes: tuple[int, ...]) -> Float[np.ndarray, "..."]:
    """Return finite numbers in one of the shapes.

    Raises:
        ValueError: other numbers, or in another shape.
    """
    rows = value if isinstance(value, list) else []
    lengths = {len(row) for row in rows if isinstance(row, list)}
    nested = all(isinstance(row, list) for row in rows)
    shape = (len(rows), *lengths) if nested else (len(rows),)
    if shape not in shapes:
        raise ValueError(f"expected {' or '.join('x'.join(map(str, wanted)) for wanted in shapes)} numbers")
    return np.array([number(item) for row in rows for item in (row if nested else [row])]).reshape(shape)


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
