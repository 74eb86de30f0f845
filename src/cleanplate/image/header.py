"""What a picture says of itself before it is decoded: kind, size, which way is up, colour profile."""

import os
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, BytesIO
from typing import TYPE_CHECKING

from cleanplate.errors import ImageError

if TYPE_CHECKING:
    import PIL.Image

FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "BMP")
KINDS = ", ".join(FORMATS)
PIXEL_LIMIT = int(os.environ.get("CLEANPLATE_PIXEL_LIMIT", 64_000_000))
"""Pictures with more pixels are refused before they are decoded: a 17 kB PNG can hold 400 MB."""
BYTE_LIMIT = 1 << 30
"""Files beyond this size are no photographs."""

ORIENTATION = 0x0112
TURNED = range(5, 9)
"""EXIF orientations that swap width and height."""
UNREAD = {b"ftyp": "HEIC or AVIF", b"jP  ": "JPEG 2000", b"8BPS": "Photoshop", b"\0\0\0\x0c": "JPEG XL"}
"""What else people send, by its first or next four bytes."""


Stream = BufferedReader | BytesIO


@dataclass(frozen=True)
class Header:
    """What is known of a picture without decoding it.

    Attributes:
        kind: one of FORMATS.
        size: (width, height) when upright, in pixels.
        orientation: EXIF's, 1 to 8: how the stored rows must be turned. JPEG and WebP have it in their EXIF block, TIFF
            among its tags, PNG in its eXIf chunk; XMP is not asked, as browsers do not ask it.
        profile: the ICC profile's bytes; empty where there is none.
        deep: whether there are 16 bits in each of several channels.
    """

    kind: str
    size: tuple[int, int]
    orientation: int
    profile: bytes
    deep: bool


@contextmanager
def opened(stream: Stream, where: str) -> Iterator[tuple["PIL.Image.Image", Header]]:
    """Yield a picture that is not decoded yet, and its header; errors of the block become ImageErrors as well.

    Raises:
        ImageError: not a picture, damaged, or more than PIXEL_LIMIT pixels.
    """
    import PIL.Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow about odd files: what matters here is refused
            with PIL.Image.open(stream, formats=FORMATS) as picture:
                header = _header(picture, stream, where)
                yield picture, header
    except ImageError:
        raise
    except PIL.Image.DecompressionBombError as error:
        raise ImageError(f"{where}: {error}; the limit is {PIXEL_LIMIT} pixels") from error
    except PIL.UnidentifiedImageError as error:
        raise ImageError(f"{where}: not a picture that can be read{_guess(stream)}; use {KINDS}") from error
    except Exception as error:  # Pillow's parsers raise many kinds on hostile bytes
        raise ImageError(f"{where}: damaged or truncated ({error}); copy it again from where it was made") from error


def check_pixels(where: str, width: int, height: int) -> None:
    """Raise ImageError if a picture has too many pixels, or none."""
    if width < 1 or height < 1:
        raise ImageError(f"{where}: {width}x{height} pixels; copy it again from where it was made")
    if width * height > PIXEL_LIMIT:
        raise ImageError(
            f"{where}: {width}x{height} pixels are more than the limit of {PIXEL_LIMIT}; scale it down, or raise the "
            f"limit with the environment variable CLEANPLATE_PIXEL_LIMIT"
        )


def _header(picture: "PIL.Image.Image", stream: Stream, where: str) -> Header:
    kind = "JPEG" if picture.format == "MPO" else str(picture.format)
    stored, orientation = picture.size, 1
    check_pixels(where, *stored)
    if kind == "TIFF":
        tags = picture.tag_v2  # type: ignore[attr-defined]
        stored, orientation = (int(tags[256]), int(tags[257])), tags.get(ORIENTATION, 1)
        check_pixels(where, *stored)
        picture.info.pop("xmp", None)  # or Pillow turns by it while it decodes
    elif block := _png_exif(stream) if kind == "PNG" else picture.info.get("exif"):
        orientation = _orientation_of(block)
    orientation = orientation if orientation in range(1, 9) else 1
    size = stored[::-1] if orientation in TURNED else stored
    return Header(kind, size, orientation, picture.info.get("icc_profile") or b"", _is_deep(picture, kind, stream))


def _is_deep(picture: "PIL.Image.Image", kind: str, stream: Stream) -> bool:
    """Tell whether Pillow would cut 16 bits to 8: it does so for all but a single grey channel."""
    if kind == "TIFF":
        bits = picture.tag_v2.get(258, ())  # type: ignore[attr-defined]
        return len(bits) > 1 and max(bits) > 8
    place = stream.tell()
    stream.seek(24)
    bits, colour = stream.read(2).ljust(2, b"\0")
    stream.seek(place)
    return kind == "PNG" and bits == 16 and colour != 0


def _orientation_of(block: bytes) -> int:
    import PIL.Image

    exif = PIL.Image.Exif()
    try:
        exif.load(block)
        return int(exif.get(ORIENTATION, 1))
    except Exception:  # a garbled block turns nothing, in browsers too
        return 1


def _png_exif(stream: Stream) -> bytes | None:
    """Return a PNG's eXIf chunk, which may stand behind the pixels, without reading these."""
    place = stream.tell()
    stream.seek(8)
    found = None
    while found is None and len(head := stream.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if name == b"eXIf":
            found = stream.read(min(length, 1 << 16))
        stream.seek(length + 4, os.SEEK_CUR)
    stream.seek(place)
    return found


def _guess(stream: Stream) -> str:
    stream.seek(0)
    head = stream.read(12)
    known = UNREAD.get(head[4:8]) or UNREAD.get(head[:4])
    return f" (it is {known})" if known else ""
