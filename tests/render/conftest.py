"""One small rig and one small capture for all tests: a few light paths, little pictures, compiled once."""

from pathlib import Path

import numpy as np
import pytest

from cleanplate.capture import Capture
from cleanplate.render import Rig, Shot, build_rig, product_rig, render_capture
from render.small import HEIGHT, QUALITY, WIDTH, ball


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rigs")


@pytest.fixture(scope="session")
def rig(cache: Path) -> Rig:
    pytest.importorskip("mitsuba")
    return build_rig(product_rig(ball(), "marvin", 3), WIDTH, HEIGHT, QUALITY, cache)


@pytest.fixture(scope="session")
def ball_shots() -> tuple[Shot, ...]:
    return (Shot(0, 15.0), Shot(4, 200.0), Shot(9, 90.0))


@pytest.fixture(scope="session")
def ball_capture(rig: Rig, ball_shots: tuple[Shot, ...], tmp_path_factory: pytest.TempPathFactory) -> Capture:
    return render_capture(ball(), rig, tmp_path_factory.mktemp("ball") / "B0BALL0001", "B0BALL0001", ball_shots, seed=5)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
