"""Masks on the wire: one bit a pixel, row by row, the first pixel in the highest bit; gzip where both sides know it."""

import zlib

import numpy as np

from cleanplate.errors import ImageError
from cleanplate.types import Mask


def packed_size(width: int, height: int) -> int:
    """Return how many bytes a mask takes."""
    return (width * height + 7) // 8


def pack(mask: Mask) -> bytes:
    """Pack a mask."""
    return np.packbits(mask).tobytes()


def unpack(data: bytes, width: int, height: int) -> Mask:
    """Unpack a mask.

    Raises:
        ImageError: the data has another length than a mask of that size.
    """
    if len(data) != packed_size(width, height):
        raise ImageError(
            f"{len(data)} bytes are no mask of {width}x{height} pixels, which takes {packed_size(width, height)}; "
            f"send one bit per pixel"
        )
    return np.unpackbits(np.frombuffer(data, np.uint8), count=width * height).reshape(height, width).view(bool)


GZIP = 31
"""zlib's number for gzip with the largest window."""


def gzip(data: bytes) -> bytes:
    """Compress, quickly; a mask's bits shrink by thirty or more."""
    squeeze = zlib.compressobj(1, wbits=GZIP)
    return squeeze.compress(data) + squeeze.flush()


def gunzip(data: bytes, limit: int) -> bytes | None:
    """Decompress; None if there are more than `limit` bytes, of which no more are ever made.

    Raises:
        ImageError: it is no gzip, or is cut off.
    """
    stretch = zlib.decompressobj(GZIP)
    try:
        found = stretch.decompress(data, limit + 1)
    except zlib.error as error:
        raise ImageError(f"the body is not gzip ({error}); send it anew") from error
    if len(found) > limit:
        return None
    if not stretch.eof or stretch.unused_data:
        raise ImageError("the body is cut off, or goes on after its end; send it anew")
    return found
