"""The camera: scene radiance to an 8-bit image; and how a plate's exposure departs from it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from cleanplate.render.config import RGB, PlateConfig, ResponseConfig
from cleanplate.render.trace import Radiance
from cleanplate.types import Image


@dataclass(frozen=True)
class Drift:
    """One exposure's departure from the camera's setting: gain per channel, pointing, roll."""

    gain: RGB = (1.0, 1.0, 1.0)
    shift_px: tuple[float, float] = (0.0, 0.0)
    """At the image's own size."""
    roll_deg: float = 0.0


def draw_drift(config: PlateConfig, height: int, rng: np.random.Generator) -> Drift:
    """A plate's drift; pointing scales with the image's height (config is for 512 pixels)."""
    gain = np.exp(rng.normal(0, config.exposure_sd) + rng.normal(0, config.white_balance_sd, 3))
    angle, length = rng.uniform(0, 2 * np.pi), config.pointing_px * rng.uniform() * height / 512
    return Drift(
        gain=(float(gain[0]), float(gain[1]), float(gain[2])),
        shift_px=(float(length * np.cos(angle)), float(length * np.sin(angle))),
        roll_deg=float(rng.uniform(-config.roll_deg, config.roll_deg)),
    )


def repoint(radiance: Radiance, drift: Drift, margin: int) -> Float32[np.ndarray, "h_out w_out 3"]:
    """The picture of a camera turned by the drift, with the render's margin cropped off.

    A small turn of the camera is a shift and a roll of its image (the depth plays no part).
    """
    height, width = radiance.shape[:2]
    centre = (width / 2 - 0.5, height / 2 - 0.5)
    matrix = cv2.getRotationMatrix2D(centre, drift.roll_deg, 1.0)
    matrix[:, 2] += np.array(drift.shift_px)
    moved = cv2.warpAffine(radiance, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.maximum(moved[margin : height - margin, margin : width - margin], 0)


def expose(
    radiance: Radiance, response: ResponseConfig, card: np.ndarray, rng: np.random.Generator, drift: Drift = Drift()
) -> Image:
    """Develop a radiance image: metering on the white card, lens, sensor noise, response curve.

    Args:
        radiance: linear RGB.
        card: (3,) radiance of a white card on the platen; the key level and white balance refer to it.
        rng: the sensor's noise.
        drift: only its gain is used here.
    """
    height, width = radiance.shape[:2]
    gain = response.key / np.asarray(card) * response.white_balance * np.asarray(drift.gain)
    signal = (radiance * gain).astype(np.float32)
    signal = np.minimum(signal, 4.0)  # a lens spreads a highlight, but the well is only so deep
    signal = cv2.GaussianBlur(signal, (0, 0), max(response.blur_px * height / 512, 0.2))
    y, x = np.mgrid[:height, :width].astype(np.float32)
    r2 = ((x - width / 2) ** 2 + (y - height / 2) ** 2) / (width**2 / 4 + height**2 / 4)
    signal *= (1 - response.vignetting * r2)[..., None]
    sd = np.sqrt(response.shot_noise * np.minimum(signal, 1) + response.read_noise**2)
    signal += sd * _sensor_noise(rng, signal.shape)
    return np.round(255 * _develop(np.clip(signal, 0, None), response)).astype(np.uint8)


def _sensor_noise(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Unit noise with the short correlation that demosaicing leaves."""
    noise = rng.standard_normal(shape, dtype=np.float32)
    return cv2.GaussianBlur(noise, (3, 3), 0.5) / 0.642  # back to unit variance


def _develop(signal: np.ndarray, response: ResponseConfig) -> np.ndarray:
    k = response.shoulder
    rolled = k + (1 - k) * (1 - np.exp(-(signal - k) / max(1 - k, 1e-3)))
    x = np.where(signal > k, rolled, signal)
    srgb = np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-6) ** (1 / 2.4) - 0.055)
    return np.clip(srgb, 0, 1) ** response.gamma
