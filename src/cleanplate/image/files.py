"""Pictures and masks on disk <-> arrays."""

from pathlib import Path

import numpy as np

from cleanplate.errors import ImageError
from cleanplate.files import write_bytes
from cleanplate.image.decode import decode_image, decode_pixels
from cleanplate.image.foreground import FEW, mask_of
from cleanplate.image.header import BYTE_LIMIT, Header, opened
from cleanplate.types import Image, Mask, Probability


def read_header(path: Path) -> Header:
    """Return what a picture says of itself.

    Raises:
        ImageError: not there, not a picture, or more than PIXEL_LIMIT pixels.
    """
    _check_file(path)
    with path.open("rb") as stream, opened(stream, str(path)) as (_, header):
        return header


def image_size(path: Path) -> tuple[int, int]:
    """Return (width, height) after EXIF orientation, from the header alone; errors as in `read_header`."""
    return read_header(path).size


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
    """Read a photograph as RGB, 8 bits, sRGB, upright: 16 bits are cut, grey is spread, alpha is dropped.

    Raises:
        ImageError: as `read_header`, or the data are damaged, or have colours that cannot be converted.
    """
    _check_file(path)
    return decode_image(path.read_bytes(), str(path))


def read_mask(path: Path) -> Mask:
    """Read a mask by the rules of `mask_of`.

    Raises:
        ImageError: as `read_image`, or a picture that is no mask, or one that can be read in several ways.
    """
    _check_file(path)
    return mask_of(decode_pixels(path.read_bytes(), str(path)), str(path))


def read_soft_mask(path: Path) -> Probability:
    """Read a mask of any tool as probabilities of foreground, float32: soft if it is grey of 8 bits in many steps.

    Raises:
        ImageError: as `read_mask`.
    """
    _check_file(path)
    pixels = decode_pixels(path.read_bytes(), str(path))
    grey = pixels.alpha is None and pixels.indices is None and not pixels.lossy
    if grey and pixels.values.ndim == 2 and pixels.values.dtype == np.uint8 and len(np.unique(pixels.values)) > FEW:
        return pixels.values.astype(np.float32) / 255
    return mask_of(pixels, str(path)).astype(np.float32)


def _check_file(path: Path) -> None:
    if not path.exists():
        raise ImageError(f"{path}: not found; put the picture there, or correct what names it")
    if not path.is_file():
        raise ImageError(f"{path}: a folder or a device, not a picture; put the picture there")
    if path.stat().st_size > BYTE_LIMIT:
        raise ImageError(f"{path}: {path.stat().st_size} bytes, the limit is {BYTE_LIMIT}; save it compressed")


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


def read_probability(path: Path) -> Probability:
    """Read what `write_probability` wrote, as float32; a mask of 0 and 255 too.

    Raises:
        ImageError: as `read_image`.
    """
    _check_file(path)
    values = decode_pixels(path.read_bytes(), str(path)).values
    if values.ndim != 2 or values.dtype != np.uint8:
        raise ImageError(f"{path}: no probabilities, which are grey of 8 bits; delete it and run again")
    return values.astype(np.float32) / 255


def write_probability(path: Path, probability: Probability) -> None:
    """Write probabilities atomically as a PNG of one channel, 0 to 255: from 128 on a pixel is foreground."""
    _encode(path.with_suffix(".png"), np.rint(255 * probability).astype(np.uint8), [])
