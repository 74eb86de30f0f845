"""Captures with maps of their materials -> training examples.

A map lies at `<capture>/materials/<view>.png`, beside the true masks (`benchmarks/material_maps.py` writes it of
rendered captures): an RGB picture of class, kind and roughness, whose red is NOTHING where no product is.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8

from cleanplate.asset.appearance import AROUND, SIDE, Square, cut, onto, square_about
from cleanplate.asset.materials import METAL
from cleanplate.capture import Capture, View
from cleanplate.errors import CaptureError
from cleanplate.files import atomic_path
from cleanplate.image import read_image, read_mask
from cleanplate.train.appearance.network import STRIDE

NOTHING = 255
ROUGHNESS_UNIT = 1 / 200
"""What one step of the map's blue means."""
KINDS = 16
STORED = 256
"""Pixels along the side of the stored squares, which examples are cut from."""
STORED_AROUND = 1.3
P_HUE, P_OUTLINE, P_BLUR, P_NO_PLATE = 0.25, 0.5, 0.3, 0.1
"""Chances that the product's colours change places, that its mask is too large or too small, that the photograph is out
of focus, and that there is no plate."""
NEAREST, FARTHEST = 0.72, 1.0
"""Sides of an example's square, in that of the stored one."""
SHIFT = 14.0
"""Pixels, at most, of the stored square by which an example's is off."""


@dataclass(frozen=True)
class Example:
    """What the network sees, -1..1, channels first, and what is true there: NOTHING, where no product is."""

    picture: Float[np.ndarray, "7 h w"]
    kind: Int[np.ndarray, "i j"]
    material: Int[np.ndarray, "i j"]
    roughness: Float[np.ndarray, "i j"]


def stored(capture: Capture, folder: Path) -> UInt8[np.ndarray, "v s s 10"]:
    """Return the squares about the product of a capture's views: photograph, plate, mask and map; kept below `folder`.

    Raises:
        CaptureError: a view has no true mask, no plate or no map.
    """
    target = folder / f"{capture.asin}.npy"
    if not target.is_file():
        squares = [found for view in capture.views if (found := _square(capture, view)) is not None]
        shape = (0, STORED, STORED, 10)
        with atomic_path(target) as temporary, temporary.open("wb") as stream:
            np.save(stream, np.stack(squares) if squares else np.zeros(shape, np.uint8), allow_pickle=False)
    return np.load(target, mmap_mode="r", allow_pickle=False)


def _square(capture: Capture, view: View) -> UInt8[np.ndarray, "s s 10"] | None:
    map_path = capture.folder / "materials" / f"{view.id}.png"
    mask_path, plate_path = (
        _there(path, f"{capture.folder}: view {view.id} has no {what}")
        for path, what in ((capture.mask_path(view), "true mask"), (capture.plate_path(view), "plate"))
    )
    _there(map_path, f"{capture.folder}: view {view.id} has no map of materials, {map_path}")
    mask = read_mask(mask_path)
    square = square_about(mask, STORED_AROUND)
    if square is None:
        return None
    pictures = read_image(capture.image_path(view)), read_image(plate_path), mask.astype(np.uint8) * 255
    truth = _cut_map(read_image(map_path), square, STORED)
    return np.dstack([*(cut(picture, square, STORED) for picture in pictures), truth])


def _cut_map(truth: UInt8[np.ndarray, "h w 3"], square: Square, side: int) -> UInt8[np.ndarray, "s s 3"]:
    """Do `cut` with a map of materials, between whose values nothing lies; beyond the picture is NOTHING."""
    import cv2

    return cv2.warpAffine(
        truth, onto(square, side), (side, side),
        flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=(NOTHING, 0, 0),
    )  # fmt: skip


def _there(path: Path | None, problem: str) -> Path:
    if path is None or not path.is_file():
        raise CaptureError(f"{problem}; materials are learned from true masks, plates and maps")
    return path


def example(square: UInt8[np.ndarray, "s s 10"], rng: np.random.Generator | None = None) -> Example:
    """Return an example of a stored square: as users' photographs are cut, or by chance otherwise, in other light."""
    part, mirror = _part(rng)
    image, plate, mask = (
        cut(np.ascontiguousarray(square[..., channels]), part).astype(np.float32) / 255
        for channels in (slice(3), slice(3, 6), 6)
    )
    truth = _cut_map(np.ascontiguousarray(square[..., 7:]), part, SIDE // STRIDE)
    if rng is not None:
        if rng.random() < P_HUE and not (truth[..., 0] == METAL).any():  # gold is told by its colour
            image = mask[..., None] * image[..., rng.permutation(3)] + (1 - mask[..., None]) * image
        image, plate, mask = _otherwise(image, plate, mask, rng)
    picture = (np.dstack([image, plate, mask]) * 2 - 1).transpose(2, 0, 1)
    turn = -1 if mirror else 1
    kind, material, rough = (np.ascontiguousarray(truth[:, ::turn, n]) for n in range(3))
    picture = np.ascontiguousarray(picture[..., ::turn], np.float32)
    return Example(picture, kind.astype(np.int64), material.astype(np.int64), rough * np.float32(ROUGHNESS_UNIT))


def _part(rng: np.random.Generator | None) -> tuple[Square, bool]:
    """Return which part of a stored square an example is, and whether it is mirrored."""
    middle = STORED / 2
    if rng is None:
        return Square(middle, middle, STORED * AROUND / STORED_AROUND), False
    side = STORED * rng.uniform(NEAREST, FARTHEST)
    room = min((STORED - side) / 2, SHIFT)
    column, row = middle + rng.uniform(-room, room, 2)
    return Square(float(column), float(row), side), bool(rng.random() < 0.5)


def _otherwise(
    image: np.ndarray, plate: np.ndarray, mask: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return both pictures in other light and, perhaps, the product blurred or wrongly cut out."""
    import cv2

    light = np.exp(rng.normal(0, 0.08) + rng.normal(0, 0.03, 3)).astype(np.float32)
    image, plate = np.clip(image * light, 0, 1), np.clip(plate * light, 0, 1)
    if rng.random() < P_OUTLINE:
        change = cv2.dilate if rng.random() < 0.5 else cv2.erode
        mask = change(mask, np.ones((3, 3), np.uint8), iterations=int(rng.integers(1, 3)))
    if rng.random() < P_BLUR:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.2))
    image = image + rng.normal(0, rng.uniform(0, 0.012), image.shape).astype(np.float32)
    return image, image if rng.random() < P_NO_PLATE else plate, mask
