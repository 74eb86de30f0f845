"""What libtiff passes over in silence: it goes on behind a damaged part of a deflated strip."""

import zlib
from typing import Any

from cleanplate.errors import ImageError

DEFLATE = (8, 32946)
COMPRESSION = 259
STRIPS, TILES = (273, 279), (324, 325)
"""Tags of the offsets and lengths of the parts that a picture is stored in."""


def check_strips(tags: Any, data: bytes, limit: int, where: str) -> None:
    """Check that every deflated strip or tile unpacks to its end, checksum included.

    Args:
        tags: of the picture, by number.
        limit: bytes that all of them together may unpack to.

    Raises:
        ImageError: one does not.
    """
    if tags.get(COMPRESSION) not in DEFLATE:
        return
    offsets, lengths = next(((tags[a], tags[b]) for a, b in (STRIPS, TILES) if a in tags and b in tags), ((), ()))
    for offset, length in zip(offsets, lengths, strict=False):
        unpacker = zlib.decompressobj()
        try:
            limit -= len(unpacker.decompress(data[offset : offset + length], max(limit, 1)))
        except zlib.error as error:
            raise ImageError(f"{where}: damaged TIFF ({error}); copy it again from where it was made") from error
        if not unpacker.eof:
            raise ImageError(f"{where}: damaged TIFF (a part of it is cut off); copy it again from where it was made")
