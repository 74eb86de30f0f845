"""Contact sheets: what is in a set of captures, at a glance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cleanplate.capture import Capture
from cleanplate.image import read_image, read_mask
from cleanplate.types import Image


def contact_sheet(
    captures: Sequence[Capture], views: int = 4, tile: tuple[int, int] = (160, 128), columns: int = 2
) -> Image:
    """One strip per capture: up to `views` images spread over its views, true outlines in red, the ASIN written on it.

    Args:
        tile: width and height of one picture in pixels.
        columns: strips side by side.

    Raises:
        ImageError: a picture that cannot be read.
        ValueError: no captures.
    """
    if not captures:
        raise ValueError("a contact sheet needs at least one capture")
    views = min(views, max(len(capture.views) for capture in captures))
    strips = [_strip(capture, views, tile) for capture in captures]
    strips += [np.full_like(strips[0], 255)] * (-len(strips) % columns)
    return np.vstack([np.hstack(strips[i : i + columns]) for i in range(0, len(strips), columns)])


def _strip(capture: Capture, views: int, tile: tuple[int, int]) -> Image:
    import cv2

    chosen = [capture.views[i] for i in np.linspace(0, len(capture.views) - 1, views).round().astype(int)]
    tiles = []
    for view in chosen:
        picture = cv2.resize(read_image(capture.image_path(view)), tile, interpolation=cv2.INTER_AREA)
        if (path := capture.mask_path(view)) is not None:
            mask = cv2.resize(read_mask(path).astype(np.uint8), tile, interpolation=cv2.INTER_NEAREST)
            outlines, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(picture, outlines, -1, (230, 30, 30), 1)
        tiles.append(picture)
    strip = np.hstack(tiles)
    cv2.putText(strip, capture.asin, (3, 11), cv2.FONT_HERSHEY_SIMPLEX, 0.35, (20, 60, 200), 1, cv2.LINE_AA)
    return strip
