"""Data sets -> training pairs (image, plate, mask) on disk, and which side of the split they belong to.

The capture format's libraries are imported where captures are read: packs are trained on without them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, UInt8

from cleanplate.errors import CleanplateError, ImageError
from cleanplate.image import read_image, read_mask
from cleanplate.image.alignment import match_plate
from cleanplate.train.pack import SUFFIX, read_pack

if TYPE_CHECKING:
    from cleanplate.capture import Capture, View


@dataclass(frozen=True)
class Pair:
    """One view with its plate and truth, all of one size: RGB of 8 bits, and True for foreground."""

    image: UInt8[np.ndarray, "h w 3"]
    plate: UInt8[np.ndarray, "h w 3"]
    mask: Bool[np.ndarray, "h w"]


@runtime_checkable
class StoredPair(Protocol):
    """A pair that is decoded when it is wanted: that takes milliseconds, a training step more."""

    @property
    def name(self) -> str:
        """Tell it from all others."""

    @property
    def split(self) -> str:
        """Say "train" or "validation"."""

    def read(self) -> Pair:
        """Decode the three pictures."""


@dataclass(frozen=True)
class PairFile:
    """A pair of a capture's files."""

    image: Path
    plate: Path
    mask: Path
    split: str

    @property
    def name(self) -> str:
        """The image's own path, whatever link leads to it."""
        return str(self.image.resolve())

    def read(self) -> Pair:
        """Decode the three pictures.

        Raises:
            ImageError: one cannot be read, or they differ in size.
        """
        image, plate, mask = read_image(self.image), read_image(self.plate), read_mask(self.mask)
        if not image.shape == plate.shape == (*mask.shape, 3):
            raise ImageError(
                f"{self.image}: image {image.shape[:2]}, plate {plate.shape[:2]} and mask {mask.shape} "
                f"(height, width) differ in size; export them again at the camera's size"
            )
        return Pair(image, plate, mask)


@dataclass(frozen=True)
class Matched:
    """A pair whose plate is brought to the image, as it is where masks are made."""

    pair: StoredPair

    @property
    def name(self) -> str:
        """As the pair's own."""
        return self.pair.name

    @property
    def split(self) -> str:
        """As the pair's own."""
        return self.pair.split

    def read(self) -> Pair:
        """Decode the three pictures and match the plate, see `match_plate`.

        Raises:
            ImageError: one cannot be read, or they differ in size.
        """
        pair = self.pair.read()
        return replace(pair, plate=match_plate(pair.image, pair.plate))


@dataclass
class Pairs:
    """Pairs of many products; `skipped` names what could not be read, one sentence each."""

    validation: float
    """Share of the products that is held out of data sets without a manifest; a manifest says it itself."""
    matched: bool = False
    """Whether plates are brought to their images."""
    pairs: list[StoredPair] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)

    def add(self, folders: Iterable[Path]) -> None:
        """List the captures and packs that are not listed yet; each capture's pictures are decoded once.

        A view without plate or mask is passed over, and so is a product of the test side.
        """
        for folder in folders:
            if folder in self.folders:
                continue
            self.folders.append(folder)
            if folder.suffix == SUFFIX:
                self.pairs.extend(read_pack(folder))
                continue
            self._add_capture(folder)

    def _add_capture(self, folder: Path) -> None:
        from cleanplate.capture import read_capture

        try:
            capture = read_capture(folder)
            split = assigned_split(folder.parent, capture.asin, self.validation)
        except CleanplateError as error:
            self.skipped.append(str(error))
            return
        for view in capture.views if split != "test" else ():
            try:
                self.pairs.extend(_checked(capture, view, split))
            except (CleanplateError, OSError) as error:
                self.skipped.append(str(error))

    def side(self, split: str) -> list[StoredPair]:
        """Return the pairs of "train", or those of "validation", each once though a link lists its folder again."""
        chosen: list[StoredPair] = [pair for pair in self.pairs if pair.split == split]
        chosen = [Matched(pair) for pair in chosen] if self.matched else chosen
        return chosen if split == "train" else list({pair.name: pair for pair in chosen}.values())


def _checked(capture: "Capture", view: "View", split: str) -> list[PairFile]:
    plate, mask = capture.plate_path(view), capture.mask_path(view)
    if plate is None or mask is None:
        return []
    pair = PairFile(capture.image_path(view), plate, mask, split)
    pair.read()
    return [pair]


def assigned_split(dataset: Path, asin: str, validation: float) -> str:
    """Return a product's split: the manifest's, or where none lists it, one by the share that is held out."""
    from cleanplate.dataset import has_manifest, split_of

    listed = _manifest(dataset) if has_manifest(dataset) else {}
    return listed.get(asin) or split_of(asin, validation)


@cache
def _manifest(dataset: Path) -> dict[str, str]:
    from cleanplate.dataset import read_manifest

    return {entry.asin: entry.split for entry in read_manifest(dataset)}


def capture_folders(dataset: Path) -> list[Path]:
    """Return the finished captures inside a folder, which may still be growing."""
    return sorted(path.parent for path in dataset.glob("*/capture.json"))


def sources(datasets: Sequence[Path]) -> list[Path]:
    """Return the packs and captures of data sets; each is a pack, or a folder that holds packs, captures, or both."""
    found: list[Path] = []
    for dataset in datasets:
        packs = [dataset] if dataset.suffix == SUFFIX else sorted(dataset.glob(f"*{SUFFIX}"))
        found += [*packs, *capture_folders(dataset)]
    return found
