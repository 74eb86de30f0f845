"""Plain folders of PNGs named after the pictures; subfolders are kept."""

from pathlib import Path

import numpy as np

from cleanplate.exchange.masks.bundle import Bundle, read_png, safe_name
from cleanplate.exchange.masks.frames import Frame, NamedMasks, Reading, Size, Style, check_size
from cleanplate.exchange.masks.names import stem_of
from cleanplate.image import write_mask
from cleanplate.types import Mask


def write_png(masks: NamedMasks, out: Path, style: Style) -> list[str]:  # noqa: ARG001
    """Write `<out>/<name>.png` for each mask: one channel, 0 or 255.

    Args:
        masks: names and masks.
        out: the folder.
        style: not used; a plain PNG has no label.
    """
    for name, mask in masks:
        write_mask(out / f"{stem_of(safe_name(name))}.png", mask)
    return []


def read_png_folder(bundle: Bundle) -> Reading:
    """Read every PNG of a bundle."""
    return Reading([_frame(bundle, name) for name in bundle.with_suffix(".png")], [])


def _frame(bundle: Bundle, name: str) -> Frame:
    def decode(_: str | None, expected: Size | None) -> Mask:
        mask = foreground(read_png(bundle.read(name)))
        check_size(Size(mask.shape[1], mask.shape[0]), expected)
        return mask

    return Frame(name, frozenset(), decode)


def foreground(pixels: np.ndarray) -> Mask:
    """Return the foreground of a picture of a mask: all that is not black if there are at most two colours.

    Tools write 0 and 1, 0 and 255, or a palette's first colour. With more than two colours, such as soft edges,
    foreground is where the largest channel is above 127.
    """
    grey = pixels if pixels.ndim == 2 else pixels.max(axis=2)
    used = np.flatnonzero(np.bincount(grey.ravel(), minlength=256))
    return grey > 0 if len(used) <= 2 and used[0] == 0 else grey > 127
