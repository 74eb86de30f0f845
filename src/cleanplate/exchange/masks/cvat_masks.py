"""CVAT segmentation mask 1.1: a zip of colour PNGs in the layout of Pascal VOC.

https://docs.cvat.ai/docs/dataset_management/formats/format-smask/:

    labelmap.txt                           label:r,g,b:parts:actions
    ImageSets/Segmentation/default.txt     the pictures' names without suffix
    SegmentationClass/<name>.png           the label's colour
    SegmentationObject/<name>.png          a colour per object
"""

import zipfile
from pathlib import Path

import numpy as np

from cleanplate.errors import ImageError
from cleanplate.exchange.masks.bundle import Bundle, safe_name
from cleanplate.exchange.masks.frames import BACKGROUND, Frame, NamedMasks, Reading, Size, Style, check_size, painted
from cleanplate.exchange.masks.names import stem_of
from cleanplate.files import atomic_path
from cleanplate.image import decode_pixels
from cleanplate.types import Mask

CLASSES, OBJECTS, LISTS = "SegmentationClass/", "SegmentationObject/", "ImageSets/Segmentation/"
COLOUR = (128, 0, 0)
"""Of the product, and of the first object: the first colour of Pascal VOC's palette."""


def write_cvat_masks(masks: NamedMasks, out: Path, style: Style) -> list[str]:
    """Write masks as a zip that CVAT imports as "Segmentation mask 1.1".

    Args:
        masks: names and masks.
        out: the .zip.
        style: the label's name.

    Raises:
        ImageError: the label holds what labelmap.txt cannot (":", "#" or a line end).
    """
    import cv2

    if any(sign in style.label for sign in ":#\r\n") or style.label in ("", BACKGROUND):
        raise ImageError(f"{style.label!r} cannot be a label in labelmap.txt; choose a plain word with --label")
    labelmap = f"# label:color_rgb:parts:actions\n{BACKGROUND}:0,0,0::\n{style.label}:{','.join(map(str, COLOUR))}::\n"
    # Lines that equal the one above become runs of zeros: a third of the time of the default, and smaller.
    runs = [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP]
    stems = []
    with atomic_path(out) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, mask in masks:
            stem = stem_of(safe_name(name))
            stems.append(stem)
            painted_mask = cv2.merge([mask.view(np.uint8) * np.uint8(value) for value in COLOUR[::-1]])
            done, png = cv2.imencode(".png", painted_mask, runs)
            if not done:
                raise ImageError(f"{out}: the mask of {name} cannot be encoded as PNG")
            for folder in (CLASSES, OBJECTS):
                archive.writestr(_entry(f"{folder}{stem}.png"), png.tobytes())
        archive.writestr(_entry("labelmap.txt"), labelmap)
        archive.writestr(_entry(f"{LISTS}default.txt"), "".join(f"{stem}\n" for stem in stems))
    return []


def _entry(name: str) -> zipfile.ZipInfo:
    """Return a zip entry without the present time, so that equal masks give equal files."""
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o644 << 16
    return entry


def read_cvat_masks(bundle: Bundle) -> Reading:
    """Read the class masks of a bundle; pictures that are listed without a mask are not annotated."""
    root = next(name.split(CLASSES)[0] for name in bundle.names if CLASSES in name)
    labelmap = root + "labelmap.txt"
    colours = _colours(bundle.text(labelmap)) if labelmap in bundle.names else {}
    stems = {
        name.removeprefix(root + CLASSES).removesuffix(".png"): name
        for name in bundle.with_suffix(".png")
        if name.startswith(root + CLASSES)
    }
    frames = [_frame(bundle, stem, name, colours) for stem, name in stems.items()]
    for name in bundle.with_suffix(".txt"):
        if name.startswith(root + LISTS):
            listed = (line.strip() for line in bundle.text(name).splitlines())
            missing = dict.fromkeys(stem for stem in listed if stem and stem not in stems)
            where = f"{bundle.where(name)}: "
            frames += [painted(safe_name(stem, where), None, (), annotated=False) for stem in missing]
    return Reading(frames, [])


def _colours(text: str) -> dict[str, int]:
    """Return the packed colour of each label of labelmap.txt, in its order; where none is given, Pascal VOC's."""
    colours: dict[str, int] = {}
    for line in text.splitlines():
        label, _, rest = line.partition(":")
        if not line.strip() or line.startswith("#"):
            continue
        if not (colour := rest.split(":")[0].strip()):
            colours[label.strip()] = _voc_colour(len(colours))
            continue
        try:
            red, green, blue = (int(value) for value in colour.split(","))
        except ValueError as error:
            raise ImageError(f"labelmap.txt: {line!r:.100} is not 'label:r,g,b:parts:actions'; export again") from error
        colours[label.strip()] = red << 16 | green << 8 | blue
    return colours


def _voc_colour(place: int) -> int:
    """Return the packed colour of a place in Pascal VOC's palette: its bits dealt to r, g and b, high ones first."""
    packed = 0
    for step in range(8):
        for channel in range(3):
            packed |= (place >> (3 * step + channel) & 1) << (7 - step) << (16 - 8 * channel)
    return packed


def _frame(bundle: Bundle, stem: str, name: str, colours: dict[str, int]) -> Frame:
    def decode(label: str | None, expected: Size | None) -> Mask:
        pixels = decode_pixels(bundle.read(name), "the mask").values
        check_size(Size(pixels.shape[1], pixels.shape[0]), expected)
        if not colours:
            return np.asarray(pixels > 0 if pixels.ndim == 2 else pixels.any(axis=2))
        # A single channel holds the labels' places in labelmap.txt, three hold their colours.
        known = {key: place for place, key in enumerate(colours)} if pixels.ndim == 2 else colours
        values = pixels if pixels.ndim == 2 else pixels.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32)
        strange = np.isin(values, list(known.values()), invert=True)
        if strange.any():
            raise ImageError(f"{strange.sum()} pixels have a colour that labelmap.txt does not list; export it again")
        wanted = [value for key, value in known.items() if key == label or (label is None and key != BACKGROUND)]
        return np.isin(values, wanted)

    return Frame(stem, frozenset(colours), decode)
