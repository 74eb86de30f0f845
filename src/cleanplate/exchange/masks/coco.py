"""COCO instances JSON: one annotation per picture, its segmentation as RLE.

https://cocodataset.org/#format-data. Written with compressed or plain counts; polygons are read as well.
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.errors import ImageError
from cleanplate.exchange.masks.bundle import Bundle
from cleanplate.exchange.masks.frames import NamedMasks, Reading, Shape, Size, Style, bounding_box, painted, whole
from cleanplate.exchange.masks.polygon import fill_polygon
from cleanplate.exchange.masks.rle import as_counts, coco_counts, coco_counts_of_string, coco_mask, coco_string
from cleanplate.files import write_bytes
from cleanplate.types import Mask


def write_coco(masks: NamedMasks, out: Path, style: Style, compressed: bool = True) -> list[str]:
    """Write masks as one COCO file; an empty mask is an annotation of area 0.

    Args:
        masks: names and masks.
        out: the .json.
        style: the category's name.
        compressed: counts as a string, as pycocotools has them, or as a list.
    """
    images, annotations = [], []
    for number, (name, mask) in enumerate(masks, start=1):
        height, width = mask.shape
        counts = coco_counts(mask)
        images.append({"id": number, "file_name": name, "width": width, "height": height})
        annotations.append(
            {
                "id": number,
                "image_id": number,
                "category_id": 1,
                "segmentation": {
                    "size": [height, width],
                    "counts": coco_string(counts) if compressed else counts.tolist(),
                },
                "area": int(counts[1::2].sum()),
                "bbox": bounding_box(mask),
                # For pycocotools 1 means "a crowd", which evaluation ignores; RLE is read either way.
                "iscrowd": 0,
            }
        )
    categories = [{"id": 1, "name": style.label, "supercategory": ""}]
    document = {"info": {}, "licenses": [], "images": images, "categories": categories, "annotations": annotations}
    write_bytes(out, json.dumps(document).encode())
    return []


def read_coco(bundle: Bundle) -> Reading:
    """Read every COCO file of a bundle: RLE of both kinds and polygons."""
    reading = Reading([], [])
    for name in bundle.with_suffix(".json"):
        try:
            _collect(bundle.json(name), bundle.where(name), reading)
        except (KeyError, TypeError, AttributeError) as error:
            raise ImageError(f"{bundle.where(name)}: not COCO instances ({error!r}); export it again") from error
    return reading


def _collect(document: dict[str, Any], where: str, reading: Reading) -> None:
    labels = {str(category["id"]): str(category["name"]) for category in document.get("categories", [])}
    shapes = defaultdict(list)
    for annotation in document["annotations"]:
        label = labels.get(str(annotation.get("category_id")), "")
        shapes[str(annotation["image_id"])].append(_shape(label, annotation.get("segmentation")))
    seen = set()
    for image in document["images"]:
        try:
            size = Size(whole(image["width"], "a width"), whole(image["height"], "a height"))
            name, key = str(image["file_name"]), str(image["id"])
        except (KeyError, TypeError, ImageError) as error:
            reading.problems.append(f"{where}: image {image!r:.200} is incomplete ({error!r}); export it again")
            continue
        if key in seen:
            reading.problems.append(f"{where}: {name}: another image has its id {key!r:.60}; export it again")
            continue
        seen.add(key)
        drawn = shapes.get(key, [])
        reading.frames.append(painted(name, size, drawn, annotated=bool(drawn)))
    if unlisted := [key for key in shapes if key not in seen]:
        count = sum(len(shapes[key]) for key in unlisted)
        reading.problems.append(
            f"{where}: {count} annotations belong to pictures that it does not list (image_id "
            f"{', '.join(unlisted[:5])[:100]}); export pictures and annotations together"
        )


def _shape(label: str, segmentation: Any) -> Shape:
    def paint(canvas: Mask) -> None:
        if isinstance(segmentation, dict):
            canvas |= _decode(segmentation, canvas)
        elif isinstance(segmentation, list) and segmentation:
            for flat in segmentation:
                fill_polygon(canvas, _pairs(flat))
        else:
            raise ImageError("an annotation has no segmentation (a box alone?); draw its mask")

    return Shape(label, paint)


def _decode(segmentation: dict[str, Any], canvas: Mask) -> Mask:
    height, width = canvas.shape
    if segmentation.get("size") != [height, width]:
        raise ImageError(f"an RLE has size {segmentation.get('size')}, its picture [{height}, {width}]")
    counts = segmentation.get("counts")
    if isinstance(counts, str):
        return coco_mask(coco_counts_of_string(counts), width, height)
    if isinstance(counts, list):
        return coco_mask(as_counts(counts), width, height)
    raise ImageError(f"RLE counts are a {type(counts).__name__}; expected a string or a list")


def _pairs(flat: Any) -> Any:
    if not isinstance(flat, list) or len(flat) % 2:
        raise ImageError("a polygon is not a flat list of x and y; export it again")
    return np.array(flat, dtype=object).reshape(-1, 2).tolist()
