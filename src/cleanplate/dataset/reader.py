"""Training pairs without decoding: a split's pictures as memory-mapped arrays of bytes.

Decoding a JPEG, a plate and a PNG mask costs milliseconds per view and per epoch; mapped bytes cost a copy.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cleanplate.capture import read_capture
from cleanplate.dataset.manifest import read_manifest
from cleanplate.errors import CaptureError
from cleanplate.files import atomic_path, write_json
from cleanplate.image import read_image, read_mask
from cleanplate.types import Image, Mask

Sample = tuple[Image, Image, Mask]


@dataclass(frozen=True)
class PackedSplit(Sequence[Sample]):
    """All views of a split: `split[i]` is (image, plate, mask), views into mapped files.

    Views of one camera and product share a plate. `products[i]` is the ASIN, `views[i]` the view's id.
    """

    images: np.ndarray
    plates: np.ndarray
    masks: np.ndarray
    plate_of: tuple[int, ...]
    products: tuple[str, ...]
    views: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.products)

    def __getitem__(self, index: int) -> Sample:  # type: ignore[override]
        return self.images[index], self.plates[self.plate_of[index]], self.masks[index]

    def __iter__(self) -> Iterator[Sample]:
        return (self[i] for i in range(len(self)))


def open_split(folder: Path, split: str) -> PackedSplit:
    """Map a split of a data set, packing it first where that has not been done.

    Args:
        folder: a data set with a manifest.
        split: "train", "validation" or "test".

    Raises:
        CaptureError: no manifest, no such views, or images of different sizes.
    """
    packed = folder / "packed" / split
    if not (packed / "index.json").exists():
        pack_split(folder, split, packed)
    index = json.loads((packed / "index.json").read_text())
    images, plates, masks = (np.load(packed / f"{n}.npy", mmap_mode="r") for n in ("images", "plates", "masks"))
    return PackedSplit(images, plates, masks, tuple(index["plate_of"]), tuple(index["products"]), tuple(index["views"]))


def pack_split(folder: Path, split: str, out: Path) -> None:
    """Decode a split's pictures into `out`: images, plates (n h w 3), masks (n h w) as .npy, and index.json.

    Raises:
        CaptureError: no views with plate and mask in the split, or images of different sizes.
    """
    captures = [read_capture(folder / e.asin) for e in read_manifest(folder) if e.split == split]
    views = [(c, v) for c in captures for v in c.views if v.plate is not None and v.mask is not None]
    sizes = {(c.camera_of(v).height, c.camera_of(v).width) for c, v in views}
    if len(sizes) != 1:
        found = ", ".join(f"{w}x{h}" for h, w in sorted(sizes)) or "none"
        raise CaptureError(
            f"{folder}, split {split!r}: packing needs views of one size with plate and mask; found {found}"
        )
    plates = list(dict.fromkeys((c.folder, v.plate) for c, v in views))
    row = {plate: i for i, plate in enumerate(plates)}
    (height, width) = sizes.pop()
    pictures = (read_image(c.image_path(v)) for c, v in views)
    _save(out / "images.npy", pictures, (len(views), height, width, 3), np.uint8)
    _save(out / "plates.npy", (read_image(f / str(p)) for f, p in plates), (len(plates), height, width, 3), np.uint8)
    _save(
        out / "masks.npy", (read_mask(c.folder / str(v.mask)) for c, v in views), (len(views), height, width), np.bool_
    )
    write_json(
        out / "index.json",
        {
            "plate_of": [row[(c.folder, v.plate)] for c, v in views],
            "products": [c.asin for c, v in views],
            "views": [v.id for c, v in views],
        },
    )


def _save(path: Path, pictures: Iterator[np.ndarray], shape: tuple[int, ...], dtype: type) -> None:
    with atomic_path(path) as temporary:
        rows = np.lib.format.open_memmap(temporary, mode="w+", dtype=dtype, shape=shape)
        for i, picture in enumerate(pictures):
            if picture.shape != shape[1:]:
                raise CaptureError(f"{path}: a picture is {picture.shape[:2]}, its camera says {shape[1:3]}")
            rows[i] = picture
        rows.flush()
