"""Finding the board in photographs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from cleanplate.calibrate.board import Board
from cleanplate.capture.naming import scan_names
from cleanplate.errors import CaptureError
from cleanplate.image import read_image
from cleanplate.types import Image

FEWEST_CORNERS = 8
"""A photograph with fewer says little about pose and nothing about the lens."""
FEWEST_PHOTOS = 4
"""Of the board for each camera."""


@dataclass(frozen=True)
class Sighting:
    """The board in one photograph.

    Attributes:
        placement: name of the folder; the board lies still on the platen within one.
        platen_deg: nominal.
        ids: numbers of the corners seen.
        pixels: where, in our coordinates (pixel centres at .5).
        size: the photograph's width and height.
    """

    placement: str
    camera: str
    platen_deg: float
    ids: Int[np.ndarray, " n"]
    pixels: Float[np.ndarray, "n 2"]
    size: tuple[int, int]


def find_corners(image: Image, board: Board) -> tuple[Int[np.ndarray, " n"], Float[np.ndarray, "n 2"]]:
    """Return the corners' numbers and places in one photograph, none where there is no board."""
    import cv2

    detector = cv2.aruco.CharucoDetector(board.opencv())
    pixels, ids, _, _ = detector.detectBoard(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    if ids is None or len(ids) == 0:
        return np.zeros(0, np.int64), np.zeros((0, 2))
    return ids.ravel().astype(np.int64), pixels.reshape(-1, 2).astype(float) + 0.5


def as_printed(board: Board, photographs: Sequence[Path]) -> Board:
    """Return the board as OpenCV before 4.6 drew it, if the first photographs that show a board show that one.

    A board of the other kind has the same markers on other squares, so that next to no corner is found.
    """
    other = replace(board, legacy=not board.legacy)
    for path in photographs:
        image = read_image(path)
        counts = [len(find_corners(image, each)[0]) for each in (board, other)]
        if max(counts) >= FEWEST_CORNERS:
            return other if counts[1] > counts[0] else board
    return board


def find_boards(photos: Path, board: Board) -> list[Sighting]:
    """Find the board in every photograph of every placement.

    Args:
        photos: folder of <camera>_<degrees> pictures, or of folders of them, one for each placement of the board.

    Raises:
        CaptureError: no photographs, or cameras with too few sightings, all named, or that mirror their pictures.
    """
    sightings: list[Sighting] = []
    refused: dict[str, Path] = {}
    seen: dict[str, int] = {}
    photographs = list(_photographs(photos))
    board = as_printed(board, [path for _, path, _, _ in photographs])
    for placement, path, camera, platen_deg in photographs:
        image = read_image(path)
        ids, pixels = find_corners(image, board)
        seen.setdefault(camera, 0)
        if len(ids) < FEWEST_CORNERS:
            refused.setdefault(camera, path)
            continue
        seen[camera] += 1
        size = image.shape[1], image.shape[0]
        sightings.append(Sighting(placement, camera, platen_deg, ids, pixels, size))
    problems = [
        _explain(camera, count, refused.get(camera), board) for camera, count in seen.items() if count < FEWEST_PHOTOS
    ]
    problems += _mixed_sizes(sightings)
    if problems:
        raise CaptureError(f"{photos}: {'; '.join(problems)}", problems)
    return sightings


def _photographs(photos: Path) -> Iterator[tuple[str, Path, str, float]]:
    folders = sorted(path for path in photos.iterdir() if path.is_dir()) if photos.is_dir() else []
    for folder in folders or [photos]:
        for picture in scan_names(folder):
            yield folder.name if folders else "", picture.path, picture.camera, picture.platen_deg


def _explain(camera: str, count: int, refused: Path | None, board: Board) -> str:
    start = f"camera {camera!r} shows the board in {count} photographs, {FEWEST_PHOTOS} are needed"
    if refused and len(find_corners(np.ascontiguousarray(read_image(refused)[:, ::-1]), board)[0]) >= FEWEST_CORNERS:
        return f"{start}: its pictures are mirrored ({refused.name}); switch mirroring off in the camera"
    if refused:
        return f"{start} ({refused.name} has too few corners): turn the board towards it, light it, focus"
    return f"{start}: take more, at other platen angles"


def _mixed_sizes(sightings: list[Sighting]) -> list[str]:
    sizes: dict[str, set[tuple[int, int]]] = {}
    for sighting in sightings:
        sizes.setdefault(sighting.camera, set()).add(sighting.size)
    return [
        f"camera {name!r} has pictures of several sizes, {sorted(size)}; take all at one size"
        for name, size in sizes.items()
        if len(size) > 1
    ]
