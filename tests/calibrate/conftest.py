"""Simulated photographs of the board."""

from collections.abc import Callable
from pathlib import Path

import pytest
from board_photos import BOARD, simulated_rig, take_photographs

from cleanplate.calibrate import Sighting, find_boards
from cleanplate.capture.rig import Rig


@pytest.fixture(scope="session")
def truth() -> Rig:
    return simulated_rig()


@pytest.fixture(scope="session")
def shoot(truth: Rig) -> Callable[..., None]:
    """Write photographs of all placements into a folder; `change(camera, angle, image)` may spoil or drop them."""

    def run(folder: Path, change: Callable | None = None) -> None:
        take_photographs(truth, folder, change)

    return run


@pytest.fixture(scope="session")
def photos(shoot: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("board")
    shoot(folder)
    return folder


@pytest.fixture(scope="session")
def sightings(photos: Path) -> list[Sighting]:
    return find_boards(photos, BOARD)
