"""What every tool's file comes down to: named frames with labelled shapes, decoded one at a time."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool

from cleanplate.errors import ImageError
from cleanplate.image import PIXEL_LIMIT
from cleanplate.types import Mask

NUMBER_LIMIT = 1e6
"""Coordinates beyond this many pixels are refused."""
BACKGROUND = "background"
"""The one label that never counts as foreground."""


@dataclass(frozen=True)
class Size:
    """Of a frame in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True)
class Frame:
    """One picture's annotation in a tool's file.

    Attributes:
        name: the picture's name in the tool, often a path with "/".
        labels: those that its shapes bear.
        decode: (label or None for all, size that the picture must have or None) -> mask.
        annotated: False if nobody has looked at it yet, which is not the same as an empty mask.
    """

    name: str
    labels: frozenset[str]
    decode: Callable[[str | None, Size | None], Mask]
    annotated: bool = True


@dataclass(frozen=True)
class Shape:
    """An area that can paint itself: sets pixels of a canvas to True, and raises ImageError if it is damaged.

    Attributes:
        z_order: shapes of a higher one cover those of other labels below them, where a tool says so.
        has_area: False for points and lines, which raise when they are asked to paint.
    """

    label: str
    paint: Callable[[Mask], None]
    z_order: int = 0
    has_area: bool = True


class Reading(NamedTuple):
    """A file's frames, and one sentence for each part that could not be read."""

    frames: list[Frame]
    problems: list[str]


NamedMasks = Iterable[tuple[str, Bool[np.ndarray, "_ _"]]]
"""(name of the picture, mask of any size); decoded as they are drawn."""


def painted(name: str, size: Size | None, shapes: Iterable[Shape], annotated: bool = True) -> Frame:
    """Return a frame made of shapes on a canvas; without a size it takes the one it is asked for."""
    parts = tuple(shapes)

    def decode(label: str | None, expected: Size | None) -> Mask:
        canvas = blank(size or expected, expected)
        stacked = len({shape.z_order for shape in parts}) > 1
        for shape in parts:
            if shape.label == label or (label is None and shape.label != BACKGROUND):
                shape.paint(canvas)
            elif stacked and shape.has_area:
                covering = np.zeros_like(canvas)
                shape.paint(covering)
                canvas &= ~covering
        return canvas

    return Frame(name, frozenset(shape.label for shape in parts), decode, annotated)


def whole(value: Any, what: str) -> int:
    """Return an untrusted whole number, written as such or as text, such as a width.

    Raises:
        ImageError: it is none.
    """
    try:
        number = int(value) if not isinstance(value, bool) and len(str(value)) <= 25 else None
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or (isinstance(value, float) and value != number):
        raise ImageError(f"{what} is {value!r:.60}, not a whole number; export it again")
    return number


def number(value: Any, what: str) -> float:
    """Return an untrusted finite number of pixels or percent.

    Raises:
        ImageError: it is none, or beyond NUMBER_LIMIT.
    """
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not abs(found) <= NUMBER_LIMIT:
        raise ImageError(f"{what} is {value!r:.60}, not a number that can be; export it again")
    return found


def blank(size: Size | None, expected: Size | None = None) -> Mask:
    """Return an empty mask, after checking that the size is sane and the expected one.

    Raises:
        ImageError: it is not.
    """
    if size is None:
        raise ImageError("the file does not say how large the picture is; import it beside its captures")
    check_size(size, expected)
    return np.zeros((size.height, size.width), bool)


def check_size(size: Size, expected: Size | None = None) -> None:
    """Raise ImageError if a size is absurd or not the one expected."""
    if size.width < 1 or size.height < 1 or size.width * size.height > PIXEL_LIMIT:
        raise ImageError(f"a size of {size} is refused; the limit is {PIXEL_LIMIT} pixels (CLEANPLATE_PIXEL_LIMIT)")
    if expected is not None and size != expected:
        raise ImageError(f"the mask is {size}, its picture {expected}; annotate the picture at its own size")


def paste(canvas: Mask, mask: Bool[np.ndarray, "part_h part_w"], left: int, top: int) -> None:
    """Add a mask to a canvas at a place.

    Raises:
        ImageError: it does not lie inside.
    """
    height, width = mask.shape
    if left < 0 or top < 0 or top + height > canvas.shape[0] or left + width > canvas.shape[1]:
        raise ImageError(f"a mask of {width}x{height} at ({left}, {top}) leaves its picture; export it again")
    canvas[top : top + height, left : left + width] |= mask


def bounding_box(mask: Mask) -> tuple[int, int, int, int]:
    """Return (left, top, width, height) of the foreground; zeros if there is none."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if len(rows) == 0:
        return 0, 0, 0, 0
    return int(columns[0]), int(rows[0]), int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1)


def decoded(
    frames: Iterable[Frame], problems: list[str], decode: Callable[[Frame], Mask]
) -> Iterator[tuple[str, Bool[np.ndarray, "_ _"]]]:
    """Yield the masks that can be decoded; append a sentence for each that cannot."""
    for frame in frames:
        try:
            yield frame.name, decode(frame)
        except (ImageError, OSError) as error:
            problems.append(f"{frame.name}: {error}")


@dataclass(frozen=True)
class Style:
    """How masks are written.

    Attributes:
        label: the class that the foreground gets in the tool.
        predicted: a network made them; Label Studio then shows them as predictions to correct.
    """

    label: str = "product"
    predicted: bool = False
