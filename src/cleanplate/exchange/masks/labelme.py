"""LabelMe: a JSON file of polygons per picture. Polygons have no holes, so these are lost on export.

Polygons are drawn as LabelMe itself draws them (Pillow's polygon with its outline, corners at pixel centres), so a
mask without holes comes back bit by bit. Read are polygons, rectangles, circles and masks.
"""

import base64
import binascii
import json
from collections.abc import Callable
from math import hypot
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from cleanplate.errors import ImageError
from cleanplate.exchange.masks.bundle import Bundle, safe_name
from cleanplate.exchange.masks.frames import (
    Frame,
    NamedMasks,
    Reading,
    Shape,
    Size,
    Style,
    number,
    painted,
    paste,
    whole,
)
from cleanplate.exchange.masks.names import stem_of
from cleanplate.files import write_bytes
from cleanplate.image import decode_pixels
from cleanplate.types import Mask


def write_labelme(masks: NamedMasks, out: Path, style: Style) -> list[str]:
    """Write one JSON file per picture, `<name>.json`; return a warning if masks lost their holes.

    Args:
        masks: names and masks.
        out: the folder.
        style: the label.
    """
    losses: dict[str, int] = {}
    for name, mask in masks:
        polygons = outlines(mask)
        filled = _filled(mask.shape, polygons)
        if lost := int((filled & ~mask).sum()):
            losses[name] = lost
        document = {
            "version": "5.0.1",
            "flags": {},
            "shapes": [_polygon(style.label, polygon) for polygon in polygons],
            "imagePath": PurePosixPath(name).name,
            "imageData": None,
            "imageHeight": mask.shape[0],
            "imageWidth": mask.shape[1],
        }
        write_bytes(out / f"{stem_of(safe_name(name))}.json", json.dumps(document).encode())
    if not losses:
        return []
    worst = max(losses, key=losses.__getitem__)
    return [
        f"LabelMe's polygons have no holes: {sum(losses.values())} background pixels of {len(losses)} masks are now "
        f"foreground (most in {worst}: {losses[worst]}); use coco, cvat-images, label-studio or png to keep them"
    ]


def outlines(mask: Mask) -> list[np.ndarray]:
    """Return the outer outline of each 8-connected part as (n, 2) integer pixels (x, y), at least three."""
    import cv2

    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    corners = [outline.reshape(-1, 2) for outline in found]
    return [np.concatenate([some, some[[-1, -1]]]) if len(some) < 3 else some for some in corners]


def _filled(shape: tuple[int, int], polygons: list[np.ndarray]) -> Mask:
    canvas = np.zeros(shape, bool)
    for polygon in polygons:
        _draw(canvas, "polygon", [tuple(corner) for corner in polygon.tolist()])
    return canvas


def _polygon(label: str, corners: np.ndarray) -> dict[str, Any]:
    points = corners.astype(float).tolist()
    return {"label": label, "points": points, "group_id": None, "shape_type": "polygon", "flags": {}}


def read_labelme(bundle: Bundle) -> Reading:
    """Read every JSON file of a bundle; one that is damaged is named among the problems."""
    reading = Reading([], [])
    for name in bundle.with_suffix(".json"):
        try:
            reading.frames.append(_frame(name, bundle.json(name)))
        except ImageError as error:
            reading.problems.append(str(error) if name in str(error) else f"{bundle.where(name)}: {error}")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reading.problems.append(f"{bundle.where(name)}: not a LabelMe file ({error!r}); save it again")
    return reading


def _frame(name: str, document: dict[str, Any]) -> Frame:
    size = Size(whole(document["imageWidth"], "a width"), whole(document["imageHeight"], "a height"))
    shapes = [Shape(str(shape["label"]), _painter(shape)) for shape in document["shapes"]]
    picture = PurePosixPath(str(document.get("imagePath") or name).replace("\\", "/")).name
    return painted(str(PurePosixPath(name).with_name(picture)), size, shapes)


def _painter(shape: dict[str, Any]) -> Callable[[Mask], None]:
    def paint(canvas: Mask) -> None:
        kind = shape.get("shape_type") or "polygon"
        try:
            points = [(number(x, "a corner"), number(y, "a corner")) for x, y in shape["points"]]
            if kind == "mask":
                _paste_mask(canvas, points, shape["mask"])
            else:
                _draw(canvas, kind, points)
        except (KeyError, ValueError, TypeError, IndexError, OverflowError) as error:
            raise ImageError(f"a {kind} is damaged ({error!r}); save it again in LabelMe") from error

    return paint


def _paste_mask(canvas: Mask, points: list[tuple[float, float]], encoded: str) -> None:
    """Add a shape of type "mask": a PNG whose first and last pixel `points` name."""
    try:
        pixels = decode_pixels(base64.b64decode(encoded, validate=True), "a mask").values
    except binascii.Error as error:
        raise ImageError(f"a mask is not base64 ({error}); save it again in LabelMe") from error
    if pixels.ndim != 2:
        raise ImageError("a mask has colours; save it again in LabelMe")
    paste(canvas, pixels > 0, int(points[0][0]), int(points[0][1]))


def _draw(canvas: Mask, kind: str, points: list[tuple[float, float]]) -> None:
    import PIL.Image
    import PIL.ImageDraw

    height, width = canvas.shape
    picture = PIL.Image.new("1", (width, height))
    draw = PIL.ImageDraw.Draw(picture)
    if kind == "polygon" and len(points) >= 3:
        draw.polygon(points, outline=1, fill=1)
    elif kind == "rectangle" and len(points) == 2:
        (x0, y0), (x1, y1) = points
        draw.rectangle((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)), outline=1, fill=1)
    elif kind == "circle" and len(points) == 2:
        (x, y), (edge_x, edge_y) = points
        radius = hypot(edge_x - x, edge_y - y)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=1, fill=1)
    else:
        raise ImageError(f"it holds a {kind} of {len(points)} points, which has no area; draw a polygon in LabelMe")
    canvas |= np.asarray(picture)
