"""Captures with true masks <-> packs: the encoded pictures of many views in files that are mapped into memory.

A pack goes where captures do not: one file for thousands, read without the capture format's libraries. Its layout:
`MAGIC`, the index's length (8 bytes, little endian), the index as JSON, then the pictures' bytes as JPEG or PNG, at the
offsets that the index says, counted from the end of the index.
"""

import json
import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from cleanplate.errors import CleanplateError, ImageError
from cleanplate.files import atomic_path

if TYPE_CHECKING:
    from cleanplate.train.pairs import Pair

MAGIC = b"cleanplate-pack/1\n"
SUFFIX = ".pack"
SHARD = 60 << 20
"""Bytes of pictures in a shard, at most, unless one view alone has more."""
INDEX_LIMIT = 64 << 20
"""An index with more bytes is refused."""


@dataclass(frozen=True)
class PackedPair:
    """One view of a pack.

    Attributes:
        name: product and view.
        split: "train" or "validation".
        image, plate, mask: (offset, length) of each picture's bytes.
    """

    pack: Path
    name: str
    split: str
    image: tuple[int, int]
    plate: tuple[int, int]
    mask: tuple[int, int]

    def read(self) -> "Pair":
        """Decode the three pictures.

        Raises:
            ImageError: one cannot be decoded, or they differ in size.
        """
        from cleanplate.train.pairs import Pair

        image, plate = (
            cv2.cvtColor(self._decode(place, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB) for place in (self.image, self.plate)
        )
        mask = self._decode(self.mask, cv2.IMREAD_GRAYSCALE) > 127
        if not image.shape == plate.shape == (*mask.shape, 3):
            raise ImageError(f"{self.pack}: {self.name}: image, plate and mask differ in size; make the pack again")
        return Pair(image, plate, mask)

    def _decode(self, place: tuple[int, int], flag: int) -> np.ndarray:
        start, length = place
        picture = cv2.imdecode(np.frombuffer(_mapped(self.pack), np.uint8, length, start), flag)
        if picture is None:
            raise ImageError(f"{self.pack}: {self.name}: {length} bytes at {start} are no picture; make the pack again")
        return picture


@lru_cache(maxsize=64)
def _mapped(pack: Path) -> mmap.mmap:
    with pack.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


def read_pack(pack: Path) -> list[PackedPair]:
    """Return a pack's pairs, from its index alone.

    Raises:
        CleanplateError: not a pack, cut short, or an index that points outside of it.
    """
    size = pack.stat().st_size
    head = len(MAGIC) + 8
    with pack.open("rb") as stream:
        start = stream.read(head)
        length = int.from_bytes(start[len(MAGIC) :], "little")
        if not start.startswith(MAGIC) or length > min(INDEX_LIMIT, size - head):
            raise CleanplateError(f"{pack}: not a pack, or cut short; make it again with 'cleanplate dataset pack'")
        index = stream.read(length)
    first = head + length
    try:
        rows = json.loads(index)
        pairs = [
            PackedPair(pack, str(row["name"]), str(row["split"]), *(_place(row[k], first) for k in _PICTURES))
            for row in rows
        ]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise CleanplateError(f"{pack}: its index cannot be read ({error}); make the pack again") from error
    ends = [start + length for pair in pairs for start, length in (pair.image, pair.plate, pair.mask)]
    if max(ends, default=0) > size:
        raise CleanplateError(f"{pack}: cut short: {size} bytes of {max(ends)}; copy it again")
    return pairs


_PICTURES = ("image", "plate", "mask")


def _place(value: Any, first: int) -> tuple[int, int]:
    start, length = value
    if not (isinstance(start, int) and isinstance(length, int) and start >= 0 and length > 0):
        raise ValueError(f"{value!r} is no place of a picture")
    return first + start, length


def write_packs(datasets: Sequence[Path], out: Path, validation: float = 0.1, shard: int = SHARD) -> list[Path]:
    """Write the training pairs of data sets as `out`-000.pack, `out`-001.pack, ...; return their paths.

    A product's pictures are copied as they are; what OpenCV would decode otherwise than cleanplate does (turned by
    EXIF, another colour space, another kind of file) is stored as PNG. Views without plate or truth, and products of
    the test side, are left out.

    Args:
        validation: share of the products that is held out of data sets without a manifest.
        shard: bytes of pictures in a file, at most.

    Raises:
        CleanplateError: a shard is there already and is not one of these, or there are no pairs.
    """
    written: list[Path] = []
    rows: list[dict[str, Any]] = []
    blobs: list[bytes] = []
    known: dict[bytes, tuple[int, int]] = {}
    used = 0
    for row in _rows(datasets, validation):
        pictures = {kind: row.pop(kind) for kind in _PICTURES}
        fresh = sum(len(data) for data in pictures.values() if data not in known)
        if rows and used + fresh > shard:
            written.append(_write(out, len(written), rows, blobs))
            rows, blobs, known, used = [], [], {}, 0
        for kind, data in pictures.items():
            if data not in known:
                known[data] = (used, len(data))
                blobs.append(data)
                used += len(data)
            row[kind] = known[data]
        rows.append(row)
    if not rows:
        raise CleanplateError(f"{', '.join(map(str, datasets))}: no views with plate and true mask to pack")
    return [*written, _write(out, len(written), rows, blobs)]


def _write(out: Path, number: int, rows: list[dict[str, Any]], blobs: list[bytes]) -> Path:
    path = out.with_name(f"{out.name}-{number:03d}{SUFFIX}")
    index = json.dumps(rows).encode()
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        stream.write(MAGIC + len(index).to_bytes(8, "little") + index)
        stream.writelines(blobs)
    return path


def _rows(datasets: Sequence[Path], validation: float) -> Iterator[dict[str, Any]]:
    from cleanplate.image import read_image, read_mask
    from cleanplate.train.pairs import PairFile, Pairs, capture_folders

    for dataset in datasets:
        for folder in capture_folders(dataset):
            pairs = Pairs(validation)
            pairs.add([folder])
            for pair in pairs.pairs:
                if not isinstance(pair, PairFile):
                    continue
                mask = cv2.imencode(".png", read_mask(pair.mask).astype(np.uint8) * 255)[1].tobytes()
                pictures = {kind: _encoded(getattr(pair, kind), read_image) for kind in ("image", "plate")}
                yield {"name": f"{folder.name}/{pair.image.stem}", "split": pair.split, **pictures, "mask": mask}


def _encoded(path: Path, read_image: Any) -> bytes:
    data, wanted = path.read_bytes(), cv2.cvtColor(read_image(path), cv2.COLOR_RGB2BGR)
    got = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if path.suffix != ".gif" else None
    if got is not None and got.shape == wanted.shape and np.array_equal(got, wanted):
        return data
    return cv2.imencode(".png", wanted)[1].tobytes()
