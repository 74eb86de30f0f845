"""Pictures on disk <-> arrays: the only place that decodes what a user sends."""

import os
import warnings
from pathlib import Path

import numpy as np

from cleanplate.errors import ImageError
from cleanplate.files import write_bytes
from cleanplate.types import Image, Mask

FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "BMP")
PIXEL_LIMIT = int(os.environ.get("CLEANPLATE_PIXEL_LIMIT", 64_000_000))
"""Pictures with more pixels are refused before they are decoded: a 17 kB PNG can hold 400 MB."""

ORIENTATION_TAG = 0x0112
TURNED = range(5, 9)
"""EXIF orientations that swap width and height."""


def image_size(path: Path) -> tuple[int, int]:
    """Return (width, height) after EXIF orientation, from the header alone.

    Raises:
        ImageError: not there, not a picture, or more than PIXEL_LIMIT pixels.
    """
    import PIL.Image

    if not path.is_file():
        raise ImageError(f"{path}: not found; put the picture there or correct its path in capture.json")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)
            with PIL.Image.open(path, formats=FORMATS) as picture:
                (width, height), kind = picture.size, picture.format
                # Pillow decodes a whole PNG to look for EXIF, so PNGs have no orientation here, nor in _decode.
                small = kind != "PNG" and width * height <= PIXEL_LIMIT
                orientation = picture.getexif().get(ORIENTATION_TAG, 1) if small else 1
    except PIL.Image.DecompressionBombError as error:
        raise ImageError(f"{path}: {error}; the limit is {PIXEL_LIMIT} pixels") from error
    except Exception as error:  # Pillow's parsers raise many kinds on hostile bytes
        raise ImageError(f"{path}: not a picture that can be read ({error}); use {', '.join(FORMATS)}") from error
    if width * height > PIXEL_LIMIT:
        raise ImageError(
            f"{path}: {width}x{height} pixels are more than the limit of {PIXEL_LIMIT}; scale it down, or raise the "
            f"limit with the environment variable CLEANPLATE_PIXEL_LIMIT"
        )
    return (height, width) if orientation in TURNED else (width, height)


def check_size(path: Path, kind: str, got: tuple[int, int], size: tuple[int, int]) -> None:
    """Check that a picture has its camera's size; both are (width, height).

    Raises:
        ImageError: it has not.
    """
    if got != size:
        raise ImageError(
            f"{path}: {kind} is {got[0]}x{got[1]}, its camera says {size[0]}x{size[1]}; "
            f"export it again at the camera's size"
        )


def read_image(path: Path) -> Image:
    """Read a photograph as RGB, 8 bits: 16 bits are cut, grey is spread, alpha is dropped, EXIF is applied.

    Raises:
        ImageError: as `image_size`, or the data is truncated.
    """
    import cv2

    return cv2.cvtColor(_decode(path, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def read_mask(path: Path) -> Mask:
    """Read a mask: foreground where the grey value is above 127.

    Raises:
        ImageError: as `read_image`.
    """
    import cv2

    return _decode(path, cv2.IMREAD_GRAYSCALE) > 127


def _decode(path: Path, flags: int) -> np.ndarray:
    import cv2

    image_size(path)
    data = path.read_bytes()
    if data[:2] == b"\xff\xd8" and b"\xff\xd9" not in data[-4096:]:
        raise ImageError(f"{path}: truncated JPEG (no end marker); copy it again from the rig")
    if data[:4] == b"\x89PNG":
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
    try:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise ImageError(f"{path}: cannot be decoded ({error.err}); copy it again from the rig") from error
    if decoded is None:
        raise ImageError(f"{path}: truncated or damaged; copy it again from the rig")
    return decoded


def _encode(path: Path, bgr: np.ndarray, parameters: list[int]) -> None:
    import cv2

    # Encoded in memory first: cv2.imwrite hides a full disk.
    done, data = cv2.imencode(path.suffix, bgr, parameters)
    if not done:
        raise ImageError(f"{path}: cannot be written as {path.suffix}; use .png or .jpg")
    write_bytes(path, data.tobytes())


def write_image(path: Path, image: Image, quality: int = 92) -> None:
    """Write a picture atomically; the suffix picks the format, `quality` (0..100) serves JPEG alone."""
    import cv2

    jpeg = path.suffix.lower() in (".jpg", ".jpeg")
    parameters = [cv2.IMWRITE_JPEG_QUALITY, quality] if jpeg else []
    _encode(path, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), parameters)


def write_mask(path: Path, mask: Mask) -> None:
    """Write a mask atomically as a PNG with one channel, 0 or 255."""
    import cv2

    # Masks are long runs: at 12 megapixels this takes a fifth of the default's time and makes smaller files.
    runs = [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE]
    _encode(path.with_suffix(".png"), mask.astype(np.uint8) * 255, runs)
