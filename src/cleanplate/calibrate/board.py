"""The ChArUco board: a chessboard whose white squares hold numbered markers, so that a part of it suffices."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from cleanplate.errors import CleanplateError
from cleanplate.files import atomic_path

INCH = 0.0254


@dataclass(frozen=True)
class Board:
    """A board to print, measure and photograph; the default fits on A4.

    Attributes:
        columns, rows: squares.
        square: side of a square in metres: measure the print, printers scale.
        marker: side of a marker in metres.
        dictionary: OpenCV's name of the markers.
    """

    columns: int = 9
    rows: int = 6
    square: float = 0.03
    marker: float = 0.022
    dictionary: str = "DICT_4X4_250"

    def opencv(self) -> Any:
        """Return OpenCV's board.

        Raises:
            CleanplateError: sizes or dictionary that make no board.
        """
        import cv2

        number = getattr(cv2.aruco, self.dictionary, None)
        if number is None or self.columns < 3 or self.rows < 3 or not 0 < self.marker < self.square:
            raise CleanplateError(f"no such board: {self}; it needs 3x3 squares or more, and markers within squares")
        markers = cv2.aruco.getPredefinedDictionary(number)
        return cv2.aruco.CharucoBoard((self.columns, self.rows), self.square, self.marker, markers)

    def corners(self) -> Float[np.ndarray, "n 3"]:
        """Return the inner corners by number, in the board's axes: x along its columns, y down its rows, z into it."""
        return np.asarray(self.opencv().getChessboardCorners(), float)


def draw_board(board: Board, pixels_per_square: int = 354) -> UInt8[np.ndarray, "h w"]:
    """Draw the board with a white margin of half a square; all squares have the same whole number of pixels."""
    size = board.columns * pixels_per_square, board.rows * pixels_per_square
    return np.pad(board.opencv().generateImage(size), pixels_per_square // 2, constant_values=255)


def write_board(path: Path, board: Board, dpi: float = 300) -> None:
    """Write the board as PDF or PNG that prints at its size ("100%", "actual size"), atomically.

    Args:
        dpi: resolution, up to rounding to whole pixels for a square.

    Raises:
        CleanplateError: another kind of file.
    """
    import PIL.Image

    if path.suffix.lower() not in (".pdf", ".png"):
        raise CleanplateError(f"{path}: a board is written as .pdf or .png")
    pixels = max(1, round(board.square / INCH * dpi))
    exact = pixels / board.square * INCH
    picture = PIL.Image.fromarray(draw_board(board, pixels))
    with atomic_path(path) as temporary:
        if path.suffix.lower() == ".pdf":
            picture.save(temporary, resolution=exact)
        else:
            picture.save(temporary, dpi=(exact, exact))
