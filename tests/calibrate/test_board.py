import re

import numpy as np
import PIL.Image
import pytest

from cleanplate.calibrate import Board, draw_board, find_corners, write_board
from cleanplate.errors import CleanplateError


def test_the_drawn_board_is_found_where_it_was_drawn():
    board = Board(5, 4)
    picture = np.repeat(draw_board(board, 100)[..., None], 3, axis=2)
    ids, pixels = find_corners(picture, board)
    assert ids.tolist() == list(range(12))
    expected = board.corners()[ids, :2] / board.square * 100 + 50  # half a square of margin
    assert np.abs(pixels - expected).max() < 0.1


def test_paper_size_follows_from_the_squares(tmp_path):
    board = Board(columns=9, rows=6, square=0.03)
    write_board(tmp_path / "b.png", board)
    write_board(tmp_path / "b.pdf", board)
    with PIL.Image.open(tmp_path / "b.png") as picture:
        metres = np.array(picture.size) / np.array(picture.info["dpi"]) * 0.0254
    assert metres == pytest.approx([0.297, 0.21], rel=1e-3)
    box = re.search(rb"/MediaBox \[ *0 0 ([\d.]+) ([\d.]+) *\]", (tmp_path / "b.pdf").read_bytes())
    assert [float(side) / 72 * 0.0254 for side in box.groups()] == pytest.approx([0.297, 0.21], rel=1e-3)


@pytest.mark.parametrize("board", [Board(marker=0.04), Board(columns=1), Board(dictionary="DICT_NONE")])
def test_impossible_boards_are_refused(board):
    with pytest.raises(CleanplateError, match="no such board"):
        draw_board(board)


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(CleanplateError, match=r"\.pdf or \.png"):
        write_board(tmp_path / "b.bmp", Board())
