"""Closer looks: a glance at the whole picture finds the product; then the network sees it alone and larger, twice.

What differs between looks, scale and handedness, changes what the network errs in: the mean of their log-odds errs less
than any of them (Krizhevsky et al. 2012, section 4.1, average over crops and mirror images). A glance costs half of a
full look, which pays for the third.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

LIKELY = 0.2
"""Odds-scaled probability from which on a pixel may be the product's."""
SPECK = 2e-4
"""Share of the picture's pixels below which a connected region is none."""
MARGIN = 0.12
"""Around the product, as a share of its box's longer side: what surrounds it tells it from the set."""
WORTH = 1.2
"""Times as large as the first look: less shows nothing new. A picture that a full look enlarges so needs no glance."""


@dataclass(frozen=True)
class Look:
    """How the network sees a picture or a part of it.

    Attributes:
        share: the longer side, in that of a full look.
        most: network pixels for a source pixel, at most: beyond, there is only blur to see.
        mirrored: whether it sees it in a mirror.
        weight: in the mean over all looks.
    """

    share: float = 1.0
    most: float = np.inf
    mirrored: bool = False
    weight: float = 1.0

    def longest(self, side: int, longest: int) -> int:
        """Return the longer side, in network pixels, at which this look shows `side` pixels."""
        return max(1, round(min(self.share * longest, self.most * side)))


WHOLE = Look()
GLANCE = Look(share=0.7, weight=0.5)
CLOSE = Look(most=2.0, mirrored=True)
CLOSE_TOO = Look(share=0.8, most=1.6)
"""By 139 views of products held out from training, of 640x512 and 320x256."""

Window = tuple[slice, slice]


def first_look(side: int, longest: int) -> Look:
    """Return how a picture whose longer side is `side` is seen first, by a network that sees `longest` pixels."""
    return WHOLE if longest >= WORTH * side else GLANCE


def closer_looks(first: Look, side: int, part: int, longest: int) -> list[Look]:
    """Return the looks that follow at a part of a picture.

    Args:
        first: the look at the whole.
        side, part: the longer sides of the picture and of the part.
        longest: the longer side that the network sees.
    """
    least = WORTH * first.longest(side, longest) / side * part
    return [CLOSE, CLOSE_TOO] if CLOSE_TOO.longest(part, longest) >= least else [CLOSE]


def window(probability: Float[np.ndarray, "h w"]) -> Window | None:
    """Return the rows and columns of a picture to look at again; None where nothing was found.

    Args:
        probability: of foreground, 0..1, at the picture's own size.
    """
    import cv2

    height, width = probability.shape
    _, _, regions, _ = cv2.connectedComponentsWithStats((probability > LIKELY).astype(np.uint8), connectivity=8)
    boxes = np.array([each[:4] for each in regions[1:] if each[4] > SPECK * height * width]).reshape(-1, 4)
    if not len(boxes):
        return None
    low, high = boxes[:, :2].min(0), (boxes[:, :2] + boxes[:, 2:]).max(0)
    margin = MARGIN * (high - low).max()
    left, top = np.maximum(np.floor(low - margin), 0).astype(int)
    right, bottom = np.minimum(np.ceil(high + margin), (width, height)).astype(int)
    return slice(top, bottom), slice(left, right)


def mean(seen: Sequence[Float[np.ndarray, "h w"]], looks: Sequence[Look]) -> Float[np.ndarray, "h w"]:
    """Return the probability whose log-odds are the looks' mean, by their weights."""
    share = np.array([look.weight for look in looks]) / sum(look.weight for look in looks)
    likely = (np.clip(each, 1e-6, 1 - 1e-6) for each in seen)
    ratio = np.prod([(p / (1 - p)) ** np.float32(s) for p, s in zip(likely, share, strict=True)], axis=0)
    return (ratio / (1 + ratio)).astype(np.float32)
