"""The ChArUco board: a chessboard whose white squares hold numbered markers, so that a part of it suffices."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from cleanplate.errors import CleanplateError
from cleanplate.files import atomic_path

INCH = 0.0254
SHEETS = [(0.210, 0.297), (0.297, 0.420), (0.420, 0.594), (0.594, 0.841), (0.841, 1.189)]
"""A4 to A0, metres."""
UNPRINTED = 0.005
"""Along a sheet's edges, where printers leave out."""
RULER = 0.010
"""Below the board: a white strip, then the ruler."""


@dataclass(frozen=True)
class Board:
    """A board to print, measure and photograph; the default fits on A4.

    Attributes:
        columns, rows: squares.
        square: side of a square in metres: measure the print, printers scale.
        marker: side of a marker in metres.
        dictionary: OpenCV's name of the markers.
        legacy: drawn by OpenCV before 4.6, which began boards of an even number of rows with a white square.
    """

    columns: int = 9
    rows: int = 6
    square: float = 0.03
    marker: float = 0.022
    dictionary: str = "DICT_4X4_250"
    legacy: bool = False

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
        board = cv2.aruco.CharucoBoard((self.columns, self.rows), self.square, self.marker, markers)
        board.setLegacyPattern(self.legacy)
        return board

    def corners(self) -> Float[np.ndarray, "n 3"]:
        """Return the inner corners by number, in the board's axes: x along its columns, y down its rows, z into it."""
        return np.asarray(self.opencv().getChessboardCorners(), float)


def draw_board(board: Board, pixels_per_square: int = 354) -> UInt8[np.ndarray, "h w"]:
    """Draw the board with a white margin of half a square; all squares have the same whole number of pixels."""
    size = board.columns * pixels_per_square, board.rows * pixels_per_square
    return np.pad(board.opencv().generateImage(size), pixels_per_square // 2, constant_values=255)


def draw_page(board: Board, pixels_per_metre: float) -> UInt8[np.ndarray, "h w"]:
    """Draw the board in the middle of the smallest sheet that holds it, A4 to A0 upright or across, with a ruler.

    The ruler lies below the board, a white strip from it; it is 100 mm long where the board is, with a line for each
    10 mm, so that a print that was scaled shows it.

    Raises:
        CleanplateError: the board is larger than A0.
    """
    side = round(board.square * pixels_per_metre)
    drawn = board.opencv().generateImage((board.columns * side, board.rows * side))
    sheet = _sheet(drawn.shape[1] / pixels_per_metre, drawn.shape[0] / pixels_per_metre + RULER)
    width, height = (round(length * pixels_per_metre) for length in sheet)
    page = np.full((height, width), 255, np.uint8)
    ruler = round(RULER * pixels_per_metre)
    top, left = (height - ruler - drawn.shape[0]) // 2, (width - drawn.shape[1]) // 2
    page[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
    steps = min(10, int(drawn.shape[1] / pixels_per_metre / 0.01))
    thick = max(1, round(0.0003 * pixels_per_metre))
    base = top + drawn.shape[0] + ruler
    for step in range(steps + 1):
        column = left + round(step * 0.01 * pixels_per_metre)
        tall = round((0.004 if step in (0, 5, steps) else 0.0025) * pixels_per_metre)
        page[base - tall : base, column : column + thick] = 0
    page[base - thick : base, left : left + round(steps * 0.01 * pixels_per_metre) + thick] = 0
    return page


def _sheet(width: float, height: float) -> tuple[float, float]:
    for short, long in SHEETS:
        for sheet in ((long, short), (short, long)):
            if width <= sheet[0] - 2 * UNPRINTED and height <= sheet[1] - 2 * UNPRINTED:
                return sheet
    raise CleanplateError(f"{width:.2f} x {height:.2f} m fits on no sheet up to A0; make the board's squares smaller")


def write_board(path: Path, board: Board, dpi: float = 300) -> None:
    """Write a sheet with the board (`draw_page`) as PDF or PNG that prints at its size ("100%"), atomically.

    Args:
        dpi: resolution, up to rounding to whole pixels for a square.

    Raises:
        CleanplateError: another kind of file, or a board that no sheet holds.
    """
    import PIL.Image

    if path.suffix.lower() not in (".pdf", ".png"):
        raise CleanplateError(f"{path}: a board is written as .pdf or .png")
    pixels = max(1, round(board.square / INCH * dpi))
    exact = pixels / board.square * INCH
    picture = PIL.Image.fromarray(draw_page(board, pixels / board.square))
    with atomic_path(path) as temporary:
        if path.suffix.lower() == ".pdf":
            picture.save(temporary, resolution=exact)
        else:
            picture.save(temporary, dpi=(exact, exact))
