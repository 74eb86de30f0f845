"""What each photograph by itself tells of the materials that it shows: a network's word, at the points of a surface.

The network (`train.appearance`) sees a square about the product: photograph, plate and mask. `materials` takes the mean
over the views.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, UInt8

from cleanplate.asset.photos import Photo
from cleanplate.cards import APPEARANCE, open_network
from cleanplate.geometry import project
from cleanplate.types import Mask, Pixels, Points

if TYPE_CHECKING:
    import onnxruntime

SIDE = 192
"""Pixels of the square that the network sees."""
AROUND = 1.15
"""The square's side, in longer sides of the product's bounding box."""
CHANNELS = 5
"""Of the network's map: logarithms of the probabilities of matt, gloss, metal and glass, and the roughness."""
MOST_VIEWS = 24
"""More photographs of one product tell nothing new, and cost time."""
FEWEST_PIXELS = 100
"""A mask of fewer shows nothing that could be judged."""


@dataclass(frozen=True)
class Square:
    """A square of a picture, in pixels; pixel centres are at .5."""

    column: float
    row: float
    side: float


def square_about(mask: Mask, around: float = AROUND) -> Square | None:
    """Return the square about a mask's middle, or None of a mask that shows next to nothing."""
    if np.count_nonzero(mask) < FEWEST_PIXELS:
        return None
    (top, bottom), (left, right) = (np.flatnonzero(mask.any(axis=axis))[[0, -1]] for axis in (1, 0))
    return Square((left + right + 1) / 2, (top + bottom + 1) / 2, around * float(max(right - left, bottom - top) + 1))


def cut(picture: UInt8[np.ndarray, "h w *c"], square: Square, side: int = SIDE) -> UInt8[np.ndarray, "s s *c"]:
    """Return a square of a picture at another size; beyond the picture its border is repeated."""
    import cv2

    scale = side / square.side
    if scale < 0.8:  # as a lens would: what is finer than the new pixels becomes their mean
        picture = cv2.GaussianBlur(picture, (0, 0), 0.5 * (1 / scale - 1))
    return cv2.warpAffine(
        picture, onto(square, side), (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def onto(square: Square, side: int) -> Float[np.ndarray, "2 3"]:
    """Return the affine map of a picture's pixel indices onto those of the square at `side` pixels."""
    scale = side / square.side
    shift = [side / 2 - scale * middle + (scale - 1) / 2 for middle in (square.column, square.row)]
    return np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])


@dataclass(frozen=True)
class Appearance:
    """The network, ready to run."""

    session: "onnxruntime.InferenceSession"

    def look(self, photo: Photo, points: Points) -> Float[np.ndarray, "n 5"]:
        """Return what a photograph says of points that it sees; NaN where its mask shows next to nothing.

        Without a plate the photograph stands in for it, as in training.

        Args:
            points: in the world, metres, in front of the camera.
        """
        square = square_about(photo.mask)
        if square is None or not len(points):
            return np.full((len(points), CHANNELS), np.nan, np.float32)
        plate = photo.image if photo.plate is None else photo.plate
        pictures = {"image": photo.image, "plate": plate, "mask": photo.mask.astype(np.uint8) * 255}
        feed = {name: cut(picture, square)[None] for name, picture in pictures.items()}
        found = self.session.run(["appearance"], feed)[0][0]
        return sampled_map(square, found, project(photo.camera, photo.pose, points)[0])


def asked(count: int) -> set[int]:
    """Return which of so many photographs are looked at: at most MOST_VIEWS, evenly spread."""
    return set(np.linspace(0, count - 1, min(count, MOST_VIEWS)).round().astype(int).tolist())


def sampled_map(square: Square, values: Float[np.ndarray, "i j c"], pixels: Pixels) -> Float[np.ndarray, "n c"]:
    """Return a map's values at pixels of the picture that the square was cut from, interpolated."""
    import cv2

    side = len(values)
    columns, rows = (
        (side * ((pixels[:, axis] - middle) / square.side + 0.5) - 0.5).astype(np.float32)
        for axis, middle in enumerate((square.column, square.row))
    )
    return cv2.remap(values, columns[:, None], rows[:, None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[:, 0]


@cache
def open_appearance(path: Path = APPEARANCE.with_suffix(".onnx")) -> Appearance:
    """Load the shipped network, or another one that `python -m cleanplate.train.appearance` wrote.

    Raises:
        ModelError: it is not there, has changed since it was shipped, or is no such file.
    """
    return Appearance(open_network(path, APPEARANCE))
