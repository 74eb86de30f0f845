"""Pictures' names in a tool <-> views of captures."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from urllib.parse import unquote

from cleanplate.capture import Capture, View
from cleanplate.capture.schema import ASIN_PATTERN
from cleanplate.errors import ImageError

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp")
UPLOAD_PREFIX = re.compile(r"^[0-9a-f]{8}-")
"""Label Studio puts this before the name of an uploaded file."""
URL_HOST = re.compile(r"^[a-z0-9]+://[^/]*")

Parts = tuple[str, ...]


def view_names(captures: Sequence[Capture]) -> list[tuple[str, Capture, View]]:
    """Return every view with its picture's name: the file's name where all differ, else `<asin>/<image's path>`.

    The bare file name is what an upload by browser gives a picture in every tool.
    """
    views = [(capture, view) for capture in captures for view in capture.views]
    stems = [PurePosixPath(view.image).stem for _, view in views]
    if len(set(stems)) == len(stems):
        return [(PurePosixPath(view.image).name, capture, view) for capture, view in views]
    return [(f"{capture.asin}/{view.image}", capture, view) for capture, view in views]


class ViewIndex:
    """Finds the view that a tool's name means: the one that shares the longest end of its path.

    A picture's whole name comes first, then without suffix; COLMAP's masks are called <picture's whole name>.png.
    """

    def __init__(self, captures: Iterable[Capture]) -> None:
        self._ends: dict[Parts, dict[tuple[str, str], tuple[Capture, View]]] = defaultdict(dict)
        for capture in captures:
            for view in capture.views:
                whole = (capture.asin, *PurePosixPath(view.image).parts)
                for parts in (whole, (capture.asin, *name_parts(view.image)), (capture.asin, "masks", view.id)):
                    for start in range(len(parts)):
                        self._ends[parts[start:]][capture.asin, view.id] = (capture, view)

    def find(self, name: str) -> tuple[Capture, View]:
        """Return the view that a name means.

        Raises:
            ImageError: none, or several.
        """
        parts = name_parts(name)
        if not parts:
            raise ImageError(f"the name {name!r:.200} is empty; name the picture in the tool's file")
        uploaded = (*parts[:-1], UPLOAD_PREFIX.sub("", parts[-1]))
        full = PurePosixPath(path_of(name)).parts
        found = next(filter(None, map(self._longest, (full, parts, uploaded))), [])
        asins = {part for part in parts[:-1] if re.match(ASIN_PATTERN, part)}
        matching = [(capture, view) for capture, view in found if not asins or capture.asin in asins]
        if not matching:
            raise ImageError("no view of these captures has a picture of that name; check which captures are given")
        if len(matching) > 1:
            products = ", ".join(sorted(capture.asin for capture, _ in matching)[:5])
            raise ImageError(
                f"{len(matching)} views have a picture of that name ({products}); import one capture at a time, or "
                f"name the pictures <asin>/<file> in the tool"
            )
        return matching[0]

    def _longest(self, parts: Parts) -> list[tuple[Capture, View]]:
        for start in range(len(parts)):
            if parts[start:] in self._ends:
                return list(self._ends[parts[start:]].values())
        return []


def name_parts(name: str) -> Parts:
    """Split a name or URL into folders and the file's name without a picture's suffix."""
    return PurePosixPath(stem_of(path_of(name))).parts


def path_of(name: str) -> str:
    """Return the relative path that a name or URL holds, as in "https://host/path", "/path" and "/?d=path&key=1"."""
    local = URL_HOST.sub("", name)
    path = local.split("?d=", 1)[1].split("&", 1)[0] if "?d=" in local else local.split("?", 1)[0]
    return unquote(path).replace("\\", "/").lstrip("/")


def stem_of(name: str) -> str:
    """Return a name without a picture's suffix; other dots stay, since view ids may hold them."""
    return name[: -len(PurePosixPath(name).suffix)] if name.lower().endswith(SUFFIXES) else name
