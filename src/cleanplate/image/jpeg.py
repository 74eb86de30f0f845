"""JPEG -> pixels, refusing what other decoders pass over: holes, early ends, garbage between the scans.

libjpeg fills what it cannot decode with grey or garbage and goes on with a warning; here each warning is an error.
"""

import re

import numpy as np
from jaxtyping import UInt8

from cleanplate.errors import ImageError

ZEROS, REFINED_ZEROS = 64, 256
"""Zero bytes in a row that no pixels give, where `_longest_hole` says so."""
STRAY = re.compile(r"(\d+) extraneous bytes before marker 0xd9")
STRAY_LIMIT = 8
"""Bytes that some cameras leave between the last block and the end."""


def decode_jpeg(data: bytes, where: str, grey: bool = False) -> UInt8[np.ndarray, "h w 3"] | UInt8[np.ndarray, "h w"]:
    """Return the pixels of a JPEG in RGB (or grey), as stored: not turned, no profile applied, to its first end.

    Raises:
        ImageError: the data are damaged, though a decoder might go on.
    """
    import simplejpeg

    space = "GRAY" if grey else "RGB"
    try:
        pixels = simplejpeg.decode_jpeg(data, space, strict=True)
    except (ValueError, RuntimeError) as error:
        stray = STRAY.search(str(error))
        if not stray or int(stray[1]) > STRAY_LIMIT:
            raise ImageError(f"{where}: truncated or damaged JPEG ({error}); copy it again from the rig") from error
        pixels = simplejpeg.decode_jpeg(data, space, strict=False)
    check_scans(data, where)
    return pixels[..., 0] if grey else pixels


def check_scans(data: bytes, where: str) -> None:
    """Check what a decoder cannot see: zeros over part of the data, and progressive scans that are missing.

    Raises:
        ImageError: one of them.
    """
    tables: dict[int, int] = {}  # class and number of each Huffman table: what a code of zeros stands for
    progressive, left = False, {}  # bits of each component's coefficients that no scan has brought yet
    for marker, body, scan in _segments(data):
        if marker == 0xC4:
            tables |= _first_symbols(body)
        elif marker in (0xC0, 0xC1, 0xC2):
            progressive = marker == 0xC2
            left = {component: np.full(64, 14) for component in body[6::3]}
        elif marker == 0xDA and body:
            count = body[0]
            components, (first, last, bits) = body[1 : 1 + 2 * count], body[-3:]
            for component in components[::2]:
                if component in left:
                    left[component][first : last + 1] = bits & 15
            hole = _longest_hole(tables, components[1::2], progressive, first, bits >> 4)
            if hole is not None and bytes(hole) in scan:
                raise ImageError(f"{where}: damaged JPEG (zeros over part of its data); copy it again from the rig")
    if progressive and any(bits.any() for bits in left.values()):
        raise ImageError(f"{where}: truncated JPEG (its last scans are missing); copy it again from the rig")


def _longest_hole(tables: dict[int, int], used: bytes, progressive: bool, first: int, refined: int) -> int | None:
    """Return how many zero bytes a scan cannot hold in a row; None if pixels can be any number of zeros.

    They can where a code of zeros says "as the last block" (DC) or "no more" (AC); else it says "a coefficient of -1"
    (or less) thousands of times. In a refinement of AC (G.1.2.3 of ITU T.81) correction bits may all be zero, but
    encoders hold back no more than 1000 of them, and a code must follow.
    """
    if refined:
        return REFINED_ZEROS if first > 0 else None
    symbols = [tables.get(pair >> 4, 0) for pair in used] if first == 0 else []
    if not progressive or first > 0:
        symbols += [tables.get(16 + (pair & 15), 0) & 15 for pair in used]
    return ZEROS if any(symbols) else None


def _segments(data: bytes) -> list[tuple[int, bytes, bytes]]:
    """Return (marker, body, entropy coded data behind it) of each segment up to the end of the picture."""
    segments, place = [], 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:  # filling
            place += 1
            continue
        if marker == 0xD9:
            break
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        body, place = data[place + 4 : place + 2 + length], place + 2 + length
        end = place
        if marker == 0xDA:
            found = SCAN_END.search(data, place)
            end = found.start() if found else len(data)
        segments.append((marker, body, data[place:end]))
        place = end
    return segments


SCAN_END = re.compile(rb"\xff+[^\0\xd0-\xd7\xff]")
"""The next marker that is neither a stuffed byte nor a restart."""


def _first_symbols(body: bytes) -> dict[int, int]:
    """Return the symbol of each table's code of zeros: 0 means "equal to the last block" (DC) or "no more" (AC)."""
    symbols, place = {}, 0
    while place + 17 < len(body):
        symbols[body[place]] = body[place + 17]
        place += 17 + sum(body[place + 1 : place + 17])
    return symbols
