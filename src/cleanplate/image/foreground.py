"""The numbers of a picture -> foreground and background: the rules by which a mask of any tool is read.

A mask that these rules do not know is refused by name: a wrong guess is an empty or a full mask that goes on unseen.
"""

import numpy as np
from jaxtyping import Bool, Int, Shaped

from cleanplate.errors import ImageError
from cleanplate.image.decode import Pixels
from cleanplate.types import Mask

SCALES = (255, 65535)
"""What white is in 8 and in 16 bits; a mask of 16 bits may stop at 255."""
BAND = 0.1
"""Share of the scale that counts as black or white in a format that changes values a little."""
FEW = 32
"""A mask with more grey levels than this is soft; labels are fewer."""
CAST = 24
"""Levels by which such a format may colour a grey."""
ADVICE = "save a grey PNG, 0 for background and 255 for foreground"

Grey = Shaped[np.ndarray, "h w"]


def mask_of(pixels: Pixels, where: str) -> Mask:
    """Return the foreground that a picture of a mask means.

    - Alpha that varies is the mask: foreground is what is more opaque than transparent. Full alpha says nothing.
    - Black and one other value or colour: the other is foreground, be it 1, 255, 65535 or a palette's red.
    - Many greys up to white are a soft mask: foreground is what is nearer to white.
    - All else (labels of several classes, colours, trimaps, a single value other than black and white) is refused.

    Raises:
        ImageError: refused; the sentence says what was found.
    """
    values, alpha = _grey_if_equal(pixels.values, CAST if pixels.lossy else 0), pixels.alpha
    if alpha is not None and alpha.min() != alpha.max():
        return _of_alpha(values, alpha, where)
    if alpha is not None and alpha.max() < (255 if alpha.dtype == np.uint8 else 65535):
        raise ImageError(f"{where}: all of it is transparent (alpha {alpha.max()}); {ADVICE}")
    if pixels.indices is not None:
        _check_palette(values, pixels.indices, where)
    return _of_colours(values, where) if values.ndim == 3 else _of_grey(values, pixels.lossy, where)


def _grey_if_equal(values: np.ndarray, tolerance: int) -> np.ndarray:
    """Return the one channel of colours that are all grey."""
    if values.ndim == 3 and int((values.max(axis=2) - values.min(axis=2)).max()) <= tolerance:
        return np.ascontiguousarray(values[..., 1])
    return values


def _of_alpha(values: np.ndarray, alpha: Grey, where: str) -> Mask:
    mask = alpha > alpha.dtype.type(np.iinfo(alpha.dtype).max // 2)
    two = values.ndim == 2 and len(levels := np.unique(values)) == 2 and levels[0] == 0
    if two and not np.array_equal(values > 0, mask):
        raise ImageError(f"{where}: its greys are one mask and its alpha is another; {ADVICE}")
    return _checked_soft(alpha, mask, where)


def _check_palette(values: np.ndarray, indices: Grey, where: str) -> None:
    if values.min() == values.max() and indices.min() != indices.max():
        raise ImageError(f"{where}: its palette gives different indices one colour; {ADVICE}")


def _of_colours(colours: Shaped[np.ndarray, "h w 3"], where: str) -> Mask:
    packed = colours.astype(np.uint64) @ np.array([1 << 32, 1 << 16, 1], np.uint64)
    found = np.unique(packed)
    if len(found) == 2 and found[0] == 0:
        return packed > 0
    raise ImageError(f"{where}: a picture of {len(found)} colours, not a mask; {ADVICE}")


def _of_grey(grey: Grey, lossy: bool, where: str) -> Mask:
    levels = _levels(grey)
    top = int(levels[-1])
    scale = next(scale for scale in SCALES if top <= scale)
    if len(levels) == 1 and top not in (0, *SCALES):
        raise ImageError(f"{where}: every pixel is {top}, which may mean full or empty; {ADVICE}")
    if len(levels) == 1 or (len(levels) == 2 and levels[0] == 0 and not lossy):
        return grey > 0
    if top < (1 - BAND) * scale or levels[0] > BAND * scale:
        shown = ", ".join(map(str, levels[:6])) + (", ..." if len(levels) > 6 else "")
        raise ImageError(
            f"{where}: its values ({shown} of {scale}) are neither black and white nor greys between them: labels of "
            f"several classes? {ADVICE}"
        )
    mask = grey > scale // 2
    return mask if lossy else _checked_soft(grey, mask, where)


def _levels(grey: Grey) -> Int[np.ndarray, " n"]:
    """Return the values that occur, rising: `np.unique`, in a fraction of its time."""
    import cv2

    if grey.dtype != np.uint8:
        return np.flatnonzero(np.bincount(grey.ravel()))
    return np.flatnonzero(cv2.calcHist([grey], [0], None, [256], [0, 256]))


def _checked_soft(grey: Grey, mask: Mask, where: str) -> Mask:
    """Return the mask if greys lie where a soft edge has them, not in areas of their own as labels and trimaps do.

    Raises:
        ImageError: they do not.
    """
    import cv2

    scale = next(scale for scale in SCALES if grey.max() <= scale)
    if len(levels := np.unique(grey)) == 2 and levels[1] == scale:
        return mask
    cell = np.ones((3, 3), np.uint8)
    flat = cv2.erode(grey, cell) == cv2.dilate(grey, cell)
    low, high = (0, scale) if len(levels) <= FEW else (BAND * scale, (1 - BAND) * scale)
    areas: Bool[np.ndarray, "h w"] = flat & (grey > low) & (grey < high)
    if areas.sum() > (0 if len(levels) <= FEW else mask.sum() // 10):
        shown = ", ".join(map(str, np.unique(grey[areas])[:6]))
        raise ImageError(
            f"{where}: whole areas have the value {shown} of {scale}: labels of several classes, or parts that are "
            f"neither foreground nor background? {ADVICE}"
        )
    return mask
