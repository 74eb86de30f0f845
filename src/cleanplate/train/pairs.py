"""Training examples in memory: captures with true masks -> (image, plate, mask), and their split by product."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8

from cleanplate.capture import Capture, View, read_capture, read_image, read_mask
from cleanplate.errors import CleanplateError, ImageError


@dataclass(frozen=True)
class Pair:
    """One view with its plate and truth, all of one size.

    Attributes:
        image, plate: RGB, 8 bits.
        mask: True is foreground.
        product: the capture's ASIN.
        name: for messages: the image's path.
    """

    image: UInt8[np.ndarray, "h w 3"]
    plate: UInt8[np.ndarray, "h w 3"]
    mask: Bool[np.ndarray, "h w"]
    product: str
    name: str


@dataclass
class Pairs:
    """Pairs of many products; `skipped` names what could not be read, one sentence each."""

    pairs: list[Pair] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)

    def add(self, folders: Iterable[Path]) -> None:
        """Load the captures that are not loaded yet; a view without plate or mask is passed over."""
        for folder in folders:
            if folder in self.folders:
                continue
            self.folders.append(folder)
            try:
                capture = read_capture(folder)
            except CleanplateError as error:
                self.skipped.append(str(error))
                continue
            plates: dict[Path, np.ndarray] = {}
            for view in capture.views:
                try:
                    if view.plate and view.mask:
                        self.pairs.append(_load(capture, view, plates))
                except (CleanplateError, OSError) as error:
                    self.skipped.append(str(error))


def _load(capture: Capture, view: View, plates: dict[Path, np.ndarray]) -> Pair:
    plate_path, mask_path = capture.plate_path(view), capture.mask_path(view)
    if plate_path is None or mask_path is None:
        raise ImageError(f"{capture.folder}: view {view.id!r} has no plate or no mask")
    if plate_path not in plates:  # views of one camera share the array
        plates[plate_path] = read_image(plate_path)
    image, plate, mask = read_image(capture.image_path(view)), plates[plate_path], read_mask(mask_path)
    if not image.shape == plate.shape == (*mask.shape, 3):
        raise ImageError(
            f"{capture.image_path(view)}: image {image.shape[:2]}, plate {plate.shape[:2]} and mask {mask.shape} "
            f"(height, width) differ in size; export them again at the camera's size"
        )
    return Pair(image, plate, mask, capture.asin, str(capture.image_path(view)))


def is_validation(product: str, share: float) -> bool:
    """Return whether a product belongs to the validation side.

    By a hash of its name: products that are added later never move others across, and a product's views stay together.
    """
    return int(hashlib.sha256(product.encode()).hexdigest()[:8], 16) / 16**8 < share


def capture_folders(dataset: Path) -> list[Path]:
    """Return the finished captures inside a folder, which may still be growing."""
    return sorted(path.parent for path in dataset.glob("*/capture.json"))
