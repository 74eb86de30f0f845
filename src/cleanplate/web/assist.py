"""Tools that compute on the server, inside a box: GrabCut, segmentation again, the hull's silhouette."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product as combinations
from pathlib import Path

import numpy as np

from cleanplate.capture import View
from cleanplate.errors import ImageError
from cleanplate.geometry import Mesh, read_mesh
from cleanplate.image import read_image
from cleanplate.report.products import Product
from cleanplate.segment import Model
from cleanplate.types import Image, Mask

MARGIN = 0.25
"""Of a box's longer side: what is looked at around it."""

LARGEST = 1_000_000
"""Pixels that GrabCut works on; it takes seconds per megapixel."""

CELL = 256
"""Longer side of the pieces in which a network sees a box, in pixels; with their margins they have its working size."""

ROUNDS = 5


@dataclass(frozen=True)
class Box:
    """Pixels left <= x < right, top <= y < bottom."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def parse(cls, text: str, width: int, height: int) -> "Box":
        """Read "left,top,right,bottom".

        Raises:
            ImageError: not four whole numbers, or not at least 2x2 pixels inside the picture.
        """
        try:
            left, top, right, bottom = (int(part) for part in text[:100].split(","))
        except ValueError as error:
            raise ImageError(f"box {text[:100]!r}: send left,top,right,bottom in pixels") from error
        if not (0 <= left <= right - 2 and right <= width and 0 <= top <= bottom - 2 and bottom <= height):
            raise ImageError(f"box {text!r}: must span at least 2x2 pixels of the {width}x{height} picture")
        return cls(left, top, right, bottom)

    @property
    def area(self) -> tuple[slice, slice]:
        """The box as an index into an array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def grown(self, width: int, height: int) -> "Box":
        """Return the box with its margin, inside the picture."""
        reach = int(MARGIN * max(self.right - self.left, self.bottom - self.top)) + 8
        return Box(
            max(self.left - reach, 0),
            max(self.top - reach, 0),
            min(self.right + reach, width),
            min(self.bottom + reach, height),
        )

    def pieces(self, longest: int) -> list["Box"]:
        """Return the box cut into equal pieces whose sides are `longest` at most."""
        xs, ys = (
            np.linspace(start, end, -(-(end - start) // longest) + 1).round().astype(int).tolist()
            for start, end in ((self.left, self.right), (self.top, self.bottom))
        )
        return [
            Box(*corner, *far)
            for corner, far in zip(combinations(xs[:-1], ys[:-1]), combinations(xs[1:], ys[1:]), strict=True)
        ]

    def inside(self, outer: "Box") -> "Box":
        """Return the box in the coordinates of one around it."""
        x, y = outer.left, outer.top
        return Box(self.left - x, self.top - y, self.right - x, self.bottom - y)


def grabcut(image: Image, mask: Mask, box: Box) -> Mask:
    """Return the mask with what lies in the box parted anew by GrabCut (Rother et al. 2004).

    Around the box the mask is taken for certain, inside for a guess; where it is empty, everything inside is a guess.

    Raises:
        ImageError: the box and its surroundings do not hold both foreground and background.
    """
    import cv2

    outer = box.grown(image.shape[1], image.shape[0])
    inner = box.inside(outer).area
    crop, known = image[outer.area], mask[outer.area]
    labels = np.where(known, cv2.GC_FGD, cv2.GC_BGD).astype(np.uint8)
    guess = known[inner] if known[inner].any() else np.ones_like(known[inner])
    labels[inner] = np.where(guess, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    scale = min(1.0, (LARGEST / crop[..., 0].size) ** 0.5)
    size = (max(2, round(crop.shape[1] * scale)), max(2, round(crop.shape[0] * scale)))
    small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    small_labels = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)
    if not np.isin(small_labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).any() or (small_labels % 2 == 1).all():
        raise ImageError("GrabCut needs foreground and background: leave some background around the box")
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(cv2.cvtColor(small, cv2.COLOR_RGB2BGR), small_labels, None, *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = (small_labels % 2).astype(np.float32)  # GC_FGD and GC_PR_FGD are odd
    found = cv2.resize(found, known.shape[::-1], interpolation=cv2.INTER_LINEAR) >= 0.5
    result = mask.copy()
    result[box.area] = found[inner]
    return result


def segment_again(product: Product, view: View, box: Box, model: Model) -> Mask:
    """Return the box's mask (of its own size) as a model sees it at native resolution.

    A network scales what it sees to its working size, so it sees the box in pieces of about that size.

    Raises:
        CleanplateError: the pictures cannot be read, or the method fails.
    """
    plate_path = product.capture.plate_path(view)
    image = read_image(product.capture.image_path(view))
    plate = model.matched(image, None if plate_path is None else read_image(plate_path))
    result = np.zeros((box.bottom - box.top, box.right - box.left), bool)
    for piece in box.pieces(CELL) if model.longest else [box]:
        outer = piece.grown(image.shape[1], image.shape[0])
        (seen,) = model.probabilities([image[outer.area]], None if plate is None else plate[outer.area])
        found = seen >= 0.5
        result[piece.inside(box).area] = found[piece.inside(outer).area]
    return result


@lru_cache(maxsize=2)
def _mesh(path: Path, modified: int) -> Mesh:  # noqa: ARG001 - a key, so that a new hull is read
    return read_mesh(path)


def hull_silhouette(product: Product, view: View) -> Mask:
    """Return the run's hull as the view sees it.

    Raises:
        ImageError: there is no hull, or the view has no pose.
        MeshError: the hull cannot be read.
    """
    from cleanplate.geometry.raster import silhouette

    path = product.hull_mesh()
    if path is None or view.pose is None:
        raise ImageError(f"view {view.id}: there is no hull to look at; run 'cleanplate run' with poses first")
    return silhouette(_mesh(path, path.stat().st_mtime_ns), product.capture.camera_of(view), view.pose)
