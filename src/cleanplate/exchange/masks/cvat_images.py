"""CVAT for images 1.1: one XML file with a `<mask>` per picture.

https://docs.cvat.ai/docs/dataset_management/formats/format-cvat/. Masks, polygons and upright boxes are read.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from cleanplate.errors import ImageError
from cleanplate.exchange.masks.bundle import Bundle
from cleanplate.exchange.masks.frames import (
    NamedMasks,
    Reading,
    Shape,
    Size,
    Style,
    bounding_box,
    number,
    painted,
    paste,
    whole,
)
from cleanplate.exchange.masks.polygon import box_corners, fill_polygon
from cleanplate.exchange.masks.rle import cvat_counts, cvat_mask
from cleanplate.files import atomic_path
from cleanplate.types import Mask

HEAD = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
<version>1.1</version>
<meta><task><labels><label><name>{label}</name><type>mask</type></label></labels></task></meta>
"""
AREAS = ("mask", "polygon", "box")
OTHER_SHAPES = ("polyline", "points", "ellipse", "cuboid", "skeleton")
SHAPE_LIMIT = 1_000_000
EMPTY = "cleanplate_empty"
"""CVAT cannot hold a mask without pixels; this attribute, which it ignores, tells ours from an untouched picture."""


def write_cvat_images(masks: NamedMasks, out: Path, style: Style) -> list[str]:
    """Write masks as CVAT's XML.

    Args:
        masks: names and masks.
        out: the .xml.
        style: the label's name; `predicted` becomes the source "auto".
    """
    label = quoteattr(style.label)
    source = "auto" if style.predicted else "manual"
    with atomic_path(out) as temporary, temporary.open("w", encoding="utf-8") as stream:
        stream.write(HEAD.format(label=escape_text(style.label)))
        for place, (name, mask) in enumerate(masks):
            left, top, width, height = bounding_box(mask)
            size = f'width="{mask.shape[1]}" height="{mask.shape[0]}"'
            empty = "" if width else f' {EMPTY}="1"'
            stream.write(f'<image id="{place}" name={quoteattr(name)} {size}{empty}>\n')
            if width:
                rle = cvat_counts(mask[top : top + height, left : left + width])
                stream.write(
                    f'<mask label={label} source="{source}" occluded="0" rle="{rle}" left="{left}" top="{top}" '
                    f'width="{width}" height="{height}" z_order="0"></mask>\n'
                )
            stream.write("</image>\n")
        stream.write("</annotations>\n")
    return []


def escape_text(text: str) -> str:
    """Return text as XML content."""
    return quoteattr(text)[1:-1]


def read_cvat_images(bundle: Bundle) -> Reading:
    """Read every XML file of a bundle; entities and document types are refused."""
    reading = Reading([], [])
    for name in bundle.with_suffix(".xml"):
        try:
            with bundle.open(name) as stream:
                _Parser(reading).parse(stream)
        except (ImageError, expat.ExpatError, LookupError, ValueError) as error:
            raise ImageError(f"{bundle.where(name)}: not CVAT for images 1.1 ({error}); export it again") from error
    return reading


class _Parser:
    """Collects what it needs from attributes alone, so that no tree is built."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._picture: dict[str, str] = {}
        self._shapes: list[Shape] = []
        self._count = 0

    def parse(self, stream: Any) -> None:
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.ParseFile(stream)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "track":
            raise ImageError("it holds tracks, as CVAT for video does; choose the export 'CVAT for images 1.1'")
        if tag == "image":
            self._picture, self._shapes = attributes, []
        elif self._picture and tag in AREAS + OTHER_SHAPES:
            self._count += 1
            if self._count > SHAPE_LIMIT:
                raise ImageError(f"it holds more than {SHAPE_LIMIT} shapes; export it in parts")
            z_order = whole(attributes.get("z_order", 0), "a z_order")
            self._shapes.append(Shape(attributes.get("label", ""), _painter(tag, attributes), z_order, tag in AREAS))

    def _end(self, tag: str) -> None:
        if tag == "image":
            picture, self._picture = self._picture, {}
            try:
                size = Size(whole(picture["width"], "a width"), whole(picture["height"], "a height"))
                annotated = bool(self._shapes) or picture.get(EMPTY) == "1"
                shapes = sorted(self._shapes, key=lambda shape: shape.z_order)  # as CVAT stacks them
                self._reading.frames.append(painted(picture["name"], size, shapes, annotated))
            except (KeyError, ImageError) as error:
                self._reading.problems.append(f"image {picture!s:.200}: incomplete ({error!r}); export it again")


def _refuse_doctype(*_: Any) -> None:
    raise ImageError("it declares a document type, which CVAT never writes and which can hide attacks")


def _painter(tag: str, attributes: dict[str, str]) -> Callable[[Mask], None]:
    def paint(canvas: Mask) -> None:
        if tag in OTHER_SHAPES:
            raise ImageError(f"it holds a {tag}, which has no pixels of its own; draw a mask or a polygon in CVAT")
        try:
            PAINT[tag](canvas, attributes)
        except (KeyError, ValueError) as error:
            raise ImageError(f"a <{tag}> is damaged ({error!r}); export it again") from error

    return paint


def _paint_mask(canvas: Mask, attributes: dict[str, str]) -> None:
    left, top, width, height = (whole(attributes[key], f"its {key}") for key in ("left", "top", "width", "height"))
    if not (0 <= width <= canvas.shape[1] and 0 <= height <= canvas.shape[0]):
        raise ImageError(f"a mask of {width}x{height} is larger than its picture; export it again")
    paste(canvas, cvat_mask(attributes["rle"], width, height), left, top)


def _paint_polygon(canvas: Mask, attributes: dict[str, str]) -> None:
    fill_polygon(
        canvas, [[number(value, "a corner") for value in pair.split(",")] for pair in attributes["points"].split(";")]
    )


def _paint_box(canvas: Mask, attributes: dict[str, str]) -> None:
    if number(attributes.get("rotation", 0), "a rotation"):
        raise ImageError("it holds a turned box; draw a polygon in CVAT")
    left, top, right, bottom = (number(attributes[key], f"its {key}") for key in ("xtl", "ytl", "xbr", "ybr"))
    fill_polygon(canvas, box_corners(left, top, right, bottom))


PAINT = {"mask": _paint_mask, "polygon": _paint_polygon, "box": _paint_box}
