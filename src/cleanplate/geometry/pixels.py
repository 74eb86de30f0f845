"""The pixel-centre convention: pixel (0, 0) covers [0, 1) x [0, 1), so its centre is (0.5, 0.5), as in COLMAP.

OpenCV puts the centre of the first pixel at (0, 0): add 0.5 to its coordinates, and to its principal points.
"""

import numpy as np
from jaxtyping import Float, Int


def index_to_pixel(index: Int[np.ndarray, "*shape 2"]) -> Float[np.ndarray, "*shape 2"]:
    """Turn (column, row) indices into the coordinates of those pixels' centres."""
    return index + 0.5


def pixel_to_index(pixel: Float[np.ndarray, "*shape 2"]) -> Int[np.ndarray, "*shape 2"]:
    """Turn image coordinates (x, y) into the (column, row) of the pixel that covers them."""
    return np.floor(pixel).astype(np.int64)


def pixel_centres(width: int, height: int) -> Float[np.ndarray, "h w 2"]:
    """Return the coordinates (x, y) of every pixel's centre."""
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    return index_to_pixel(np.stack([columns, rows], axis=-1))
