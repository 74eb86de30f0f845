"""The formats by name, and how a file tells which one it is."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from cleanplate.errors import ImageError
from cleanplate.exchange.masks.bundle import Bundle
from cleanplate.exchange.masks.coco import read_coco, write_coco
from cleanplate.exchange.masks.cvat_images import read_cvat_images, write_cvat_images
from cleanplate.exchange.masks.cvat_masks import CLASSES, read_cvat_masks, write_cvat_masks
from cleanplate.exchange.masks.frames import Reading
from cleanplate.exchange.masks.label_studio import read_label_studio, write_label_studio
from cleanplate.exchange.masks.labelme import read_labelme, write_labelme
from cleanplate.exchange.masks.png import read_png_folder, write_png


class Format(NamedTuple):
    """How masks are written and read.

    Attributes:
        write: (masks, out, style) -> notes for the user.
        read: bundle -> frames and problems.
        suffix: of the file; none for a folder.
        keeps_suffix: whether "a.jpg" and "a.png" are two names in it.
    """

    write: Callable[..., list[str]]
    read: Callable[[Bundle], Reading]
    suffix: str
    keeps_suffix: bool = True


FORMATS = {
    "coco": Format(write_coco, read_coco, ".json"),
    "coco-uncompressed": Format(partial(write_coco, compressed=False), read_coco, ".json"),
    "cvat-images": Format(write_cvat_images, read_cvat_images, ".xml"),
    "cvat-masks": Format(write_cvat_masks, read_cvat_masks, ".zip", False),
    "label-studio": Format(write_label_studio, read_label_studio, ".json"),
    "labelme": Format(write_labelme, read_labelme, "", False),
    "png": Format(write_png, read_png_folder, "", False),
}


def find_format(name: str) -> Format:
    """Return a format by name.

    Raises:
        ImageError: there is none of that name.
    """
    if name not in FORMATS:
        raise ImageError(f"{name!r} is not a mask format; choose one of {', '.join(FORMATS)}")
    return FORMATS[name]


def detect_format(bundle: Bundle) -> str:
    """Return the name of the format that a bundle holds, by its names and the first JSON's keys.

    Raises:
        ImageError: none of them, or a mixture that does not tell.
    """
    if any(CLASSES in name and name.lower().endswith(".png") for name in bundle.names):
        return "cvat-masks"
    if bundle.with_suffix(".xml"):
        return "cvat-images"
    for name in bundle.with_suffix(".json"):
        try:
            document = bundle.json(name)
        except ImageError:
            if len(bundle.names) == 1:
                raise
            continue
        if isinstance(document, list):
            return "label-studio"
        if isinstance(document, dict) and "shapes" in document:
            return "labelme"
        if isinstance(document, dict) and {"images", "annotations"} <= document.keys():
            return "coco"
    if bundle.with_suffix(".png") and not bundle.with_suffix(".json"):
        return "png"
    raise ImageError(f"{bundle.path}: holds no masks in a known format ({', '.join(FORMATS)}); say --from if it does")
