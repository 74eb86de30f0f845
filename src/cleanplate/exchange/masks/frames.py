"""What every tool's file comes down to: named frames with labelled shapes, decoded one at a time."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool

from cleanplate.errors import ImageError
from cleanplate.image import PIXEL_LIMIT
from cleanplate.types import Mask

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
    """An area that can paint itself: sets pixels of a canvas to True, and raises ImageError if it is damaged."""

    label: str
    paint: Callable[[Mask], None]


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
        for shape in parts:
            if shape.label == label or (label is None and shape.label != BACKGROUND):
                shape.paint(canvas)
        return canvas

    return Frame(name, frozenset(shape.label for shape in parts), decode, annotated)


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


def decoded(frames: Iterable[Frame], label: str | None, problems: list[str]) -> Iterator[tuple[str, Mask]]:
    """Yield the masks that can be decoded; append a sentence for each that cannot."""
    for frame in frames:
        try:
            yield frame.name, frame.decode(label, None)
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
