"""Plain folders of PNGs named after the pictures; subfolders are kept."""

from pathlib import Path

from cleanplate.exchange.masks.bundle import Bundle, safe_name
from cleanplate.exchange.masks.frames import Frame, NamedMasks, Reading, Size, Style, check_size
from cleanplate.exchange.masks.names import SUFFIXES, stem_of
from cleanplate.image import decode_pixels, mask_of, write_mask
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
    """Read every PNG of a bundle; pictures of other kinds are problems."""
    others = [name for name in bundle.with_suffix(*SUFFIXES) if not name.lower().endswith(".png")]
    problems = [f"{bundle.where(name)}: not a PNG; masks are PNGs, for other kinds blur edges" for name in others]
    return Reading([_frame(bundle, name) for name in bundle.with_suffix(".png")], problems)


def _frame(bundle: Bundle, name: str) -> Frame:
    def decode(_: str | None, expected: Size | None) -> Mask:
        mask = mask_of(decode_pixels(bundle.read(name), "the mask"), "the mask")
        check_size(Size(mask.shape[1], mask.shape[0]), expected)
        return mask

    return Frame(name, frozenset(), decode)
