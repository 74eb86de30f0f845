"""Run-length encodings of masks, one section per tool; all bit-exact, all checked before anything is allocated.

Every one of them is built from `counts`: the lengths of alternating runs of background and foreground, background
first, so that a mask whose first pixel is foreground starts with a run of length 0. The lengths add up to the
number of pixels. What differs is the order of the pixels and how the counts are packed:

| tool         | order of pixels                        | packing                                             |
|--------------|----------------------------------------|-----------------------------------------------------|
| COCO         | down the columns, whole frame          | list of counts, or a string of 6-bit characters     |
| CVAT         | along the rows, bounding box alone     | counts joined by commas                             |
| Label Studio | along the rows, whole frame, RGBA      | a stream of bits: (run?, length, value) per chunk   |
"""

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, UInt8

from cleanplate.errors import ImageError
from cleanplate.types import Mask

Counts = Int[np.ndarray, " n"]
"""Run lengths, background first."""


def to_counts(flat: Bool[np.ndarray, " p"]) -> Counts:
    """Return the run lengths of at least one pixel in sequence."""
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    first = [0, 0] if flat[0] else [0]
    return np.diff(np.concatenate([first, edges, [len(flat)]]).astype(np.int64))


def from_counts(counts: Counts, pixels: int) -> Bool[np.ndarray, " p"]:
    """Return the pixels in sequence.

    Raises:
        ImageError: the counts are negative or do not add up to `pixels`.
    """
    if len(counts) > pixels + 2 or (len(counts) and (counts.min() < 0 or counts.max() > pixels)):
        raise ImageError(f"{len(counts)} runs of {counts.min()} to {counts.max()} pixels cannot be; export it again")
    if counts.sum() != pixels:
        raise ImageError(f"the run lengths add up to {counts.sum()}, the mask has {pixels} pixels; export it again")
    return np.repeat(np.arange(len(counts)) % 2 == 1, counts)


# COCO: the format of Lin et al. 2014, as the COCO API (rleToString, rleFrString) defines it. From the fourth count
# on, what is stored is the difference to the count two places before, that is to the last run of the same kind.
# Each number is cut into groups of 5 bits, low ones first, in two's complement; a group that is followed by another
# has bit 0x20 set; the last group's bit 0x10 is the sign. A group is written as the character 48 + group.


def coco_counts(mask: Mask) -> Counts:
    """Return COCO's uncompressed counts of a mask."""
    return to_counts(mask.T.ravel())


def coco_string(counts: Counts) -> str:
    """Compress COCO's counts; equal to what pycocotools writes, character by character."""
    numbers = counts.copy()
    numbers[3:] -= counts[1:-2]
    groups = numbers[:, None] >> np.arange(0, 40, 5)
    # A number ends at the first group whose sign bit, extended, gives back all that is above it.
    ends = (groups >> 4 == 0) | (groups >> 4 == -1)
    length = ends.argmax(axis=1)
    place = np.arange(groups.shape[1])
    codes = (groups & 0x1F) | np.where(place < length[:, None], 0x20, 0)
    return (codes[place <= length[:, None]] + 48).astype(np.uint8).tobytes().decode("ascii")


def coco_counts_of_string(text: str) -> Counts:
    """Undo `coco_string`.

    Raises:
        ImageError: characters out of range, or the string ends within a number.
    """
    codes = np.frombuffer(text.encode("utf-8"), np.uint8).astype(np.int64) - 48
    if len(codes) == 0 or codes.min() < 0 or codes.max() > 63 or codes[-1] & 0x20:
        raise ImageError("the RLE string is damaged or cut off; export the mask again")
    ends = np.flatnonzero(codes & 0x20 == 0)
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if lengths.max() > 8:
        raise ImageError("the RLE string holds a number beyond 40 bits; export the mask again")
    shift = 5 * (np.arange(len(codes)) - np.repeat(starts, lengths))
    numbers = np.add.reduceat((codes & 0x1F) << shift, starts)
    numbers -= np.where(codes[ends] & 0x10, 1 << (5 * lengths), 0)
    numbers[1::2] = np.cumsum(numbers[1::2])
    numbers[2::2] = np.cumsum(numbers[2::2])
    return numbers


def coco_mask(counts: Counts, width: int, height: int) -> Mask:
    """Undo `coco_counts`.

    Raises:
        ImageError: the counts do not fit the size.
    """
    return from_counts(counts, width * height).reshape(width, height).T


# CVAT: the counts of the mask's bounding box along its rows, "0, 3, 5", beside left, top, width and height.


def cvat_counts(mask: Mask) -> str:
    """Return CVAT's text for a mask cut to its bounding box."""
    return ", ".join(map(str, to_counts(mask.ravel()).tolist()))


def cvat_mask(text: str, width: int, height: int) -> Mask:
    """Undo `cvat_counts`.

    Raises:
        ImageError: not numbers, or they do not fit the size.
    """
    return from_counts(as_counts(text.split(",")), width * height).reshape(height, width)


def as_counts(values: Sequence[Any]) -> Counts:
    """Return untrusted run lengths as an array.

    Raises:
        ImageError: not whole numbers.
    """
    try:
        return np.array([int(value) if isinstance(value, str) else index(value) for value in values], np.int64)
    except (ValueError, TypeError, OverflowError) as error:
        raise ImageError(f"the run lengths are not whole numbers ({error}); export the mask again") from error


# Label Studio: thi.ng/rle-pack on the RGBA bytes of the frame, here 0 or 255 in all four channels. Bits, high ones
# first: 32 for the number of bytes, 5 for the bits of a value less 1, four times 4 for the four possible sizes of a
# length less 1. Then chunks: 1 bit "run", 2 bits choosing the size of the length, the length less 1, and the
# value once (run) or length times (no run). Zeros pad the last byte.

SIZES = np.array([3, 4, 8, 16])
LONGEST = 1 << 16


def brush_bytes(mask: Mask) -> bytes:
    """Return Label Studio's brush RLE of a mask."""
    counts = 4 * to_counts(mask.ravel())
    pieces = -(-counts // LONGEST)
    lengths = np.full(pieces.sum(), LONGEST)
    filled = pieces > 0
    lengths[np.cumsum(pieces)[filled] - 1] = counts[filled] - LONGEST * (pieces[filled] - 1)
    values = np.repeat(np.where(np.arange(len(counts)) % 2, 255, 0), pieces)
    choice = np.searchsorted(1 << SIZES, lengths)
    size = SIZES[choice]
    codes = (((4 + choice) << size | (lengths - 1)) << 8) | values
    bits = 3 + size + 8
    place = np.arange(27)
    table = codes[:, None] >> np.maximum(bits[:, None] - 1 - place, 0) & 1
    head = 4 * mask.size << 21 | (8 - 1) << 16 | 2 << 12 | 3 << 8 | 7 << 4 | 15
    head_bits = np.unpackbits(np.frombuffer(head.to_bytes(7, "big"), np.uint8))[3:]
    return np.packbits(np.concatenate([head_bits, table[place < bits[:, None]].astype(np.uint8)])).tobytes()


def brush_mask(data: bytes, width: int, height: int) -> Mask:
    """Undo `brush_bytes`: foreground where alpha is above 127, as Label Studio reads it.

    Raises:
        ImageError: another size, another kind of value, or cut off.
    """
    total = int.from_bytes(data[:4], "big")
    if total != 4 * width * height:
        raise ImageError(f"the brush holds {total} values, {width}x{height} RGBA has {4 * width * height}")
    head = int.from_bytes(data[4:7], "big") >> 3
    if head >> 16 != 7:
        raise ImageError(f"the brush has values of {(head >> 16) + 1} bits; only 8 are known")
    sizes = [(head >> shift & 15) + 1 for shift in (12, 8, 4, 0)]
    rgba = np.zeros(total, np.uint8)
    place, bit = 0, 53
    while place < total:
        word = int.from_bytes(data[bit >> 3 : (bit >> 3) + 8].ljust(8, b"\0"), "big") << (bit & 7)
        size = sizes[word >> 61 & 3]
        length = (word >> (61 - size) & (1 << size) - 1) + 1
        is_run = word >> 63 & 1
        bit += 3 + size
        end = bit + (8 if is_run else 8 * length)
        if place + length > total or end > 8 * len(data):
            raise ImageError("the brush is cut off or runs over its end; export it again")
        rgba[place : place + length] = word >> (53 - size) & 255 if is_run else _bytes_at(data, bit, length)
        place, bit = place + length, end
    return rgba.reshape(height, width, 4)[..., 3] > 127


def _bytes_at(data: bytes, bit: int, length: int) -> UInt8[np.ndarray, " n"]:
    """Return `length` bytes that start at any bit."""
    covering = np.frombuffer(data[bit >> 3 : (bit >> 3) + length + 1], np.uint8)
    return np.packbits(np.unpackbits(covering)[bit & 7 : (bit & 7) + 8 * length])
