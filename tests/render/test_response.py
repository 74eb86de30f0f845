"""The camera's laws: brighter stays brighter, a drift of nothing changes nothing, a shift shifts."""

import numpy as np
import pytest

from cleanplate.render.config import PlateConfig, ResponseConfig
from cleanplate.render.response import Drift, draw_drift, expose, repoint

QUIET = ResponseConfig(shot_noise=0.0, read_noise=0.0, vignetting=0.0, blur_px=0.01)
CARD = np.ones(3)


def _flat(level: float) -> np.ndarray:
    return np.full((24, 32, 3), level, np.float32)


def test_brighter_is_never_darker(rng: np.random.Generator) -> None:
    levels = [int(expose(_flat(x), QUIET, CARD, rng)[12, 16, 1]) for x in np.linspace(0, 3, 40)]
    assert levels == sorted(levels)
    assert levels[0] == 0 and levels[-1] == 255


def test_the_card_sets_exposure_and_balance(rng: np.random.Generator) -> None:
    card = np.array([2.0, 1.0, 0.5])
    grey = np.broadcast_to(card * 0.4, (24, 32, 3)).astype(np.float32)
    pixel = expose(grey, QUIET, card, rng)[12, 16]
    assert pixel.min() == pixel.max()


def test_one_seed_one_noise() -> None:
    response = ResponseConfig()
    first, again, other = (expose(_flat(0.5), response, CARD, np.random.default_rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_noise_has_the_configured_size(rng: np.random.Generator) -> None:
    response = ResponseConfig(shot_noise=0.0, read_noise=0.02, vignetting=0.0, blur_px=0.01)
    flat = np.full((200, 200, 3), 0.3, np.float32)
    quiet = expose(flat, QUIET, CARD, rng).astype(float)
    noisy = expose(flat, response, CARD, rng).astype(float)
    slope = expose(flat * 1.1, QUIET, CARD, rng).mean() - expose(flat * 0.9, QUIET, CARD, rng).mean()
    assert (noisy - quiet).std() == pytest.approx(0.02 / (0.3 * 0.2 * response.key) * slope, rel=0.1)


def test_no_drift_gives_the_same_picture(rng: np.random.Generator) -> None:
    radiance = rng.random((40, 50, 3)).astype(np.float32)
    np.testing.assert_allclose(repoint(radiance, Drift(), 4), radiance[4:-4, 4:-4], atol=1e-5)


def test_a_pointing_error_moves_the_picture(rng: np.random.Generator) -> None:
    radiance = rng.random((40, 50, 3)).astype(np.float32)
    moved = repoint(radiance, Drift(shift_px=(2.0, -1.0)), 4)
    np.testing.assert_allclose(moved, radiance[5:-3, 2:-6], atol=1e-4)


def test_drift_stays_within_its_bounds(rng: np.random.Generator) -> None:
    config = PlateConfig(pointing_px=2.0, roll_deg=0.1)
    for _ in range(200):
        drift = draw_drift(config, 256, rng)
        assert np.hypot(*drift.shift_px) <= 1.0
        assert abs(drift.roll_deg) <= 0.1
