"""Masks on the wire: one bit a pixel, row by row, the first pixel in the highest bit."""

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
    return np.unpackbits(np.frombuffer(data, np.uint8), count=width * height).reshape(height, width).astype(bool)
