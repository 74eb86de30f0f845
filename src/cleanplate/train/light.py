"""Shadows, reflections and the camera, applied to a pair in 0..1."""

from typing import TYPE_CHECKING

import cv2
import numpy as np
from jaxtyping import Float

if TYPE_CHECKING:
    from cleanplate.train.augment import Augment

Floats = Float[np.ndarray, "h w 3"]


def cast(
    image: Floats, mask: Float[np.ndarray, "h w"], p_shadow: float, p_reflection: float, rng: np.random.Generator
) -> Floats:
    """Return the image with a shadow and a reflection of the mask on its background, each with its probability.

    An empty mask casts the shadow of a drawn thing outside the picture: shadows alone are never foreground.
    """
    outside = (1 - mask)[..., None]
    if rng.random() < p_shadow:
        shadow, most = _shadow(mask, rng)
        tint = 1 + rng.normal(0, 0.03, 3)
        image = image * (1 - outside * shadow[..., None] * np.clip(rng.uniform(0.1, most) * tint, 0, 0.9))
    if rng.random() < p_reflection and mask.any():
        bottom = int(np.flatnonzero((mask > 0.5).any(1)).max(initial=0))
        mirrored, theirs = _mirror(image, bottom), _mirror(mask, bottom)
        share = outside * theirs[..., None] * rng.uniform(0.05, 0.4)
        blur = cv2.GaussianBlur(mirrored, (0, 0), rng.uniform(0.5, 3))
        image = image * (1 - share) + blur * share
    return image.astype(np.float32)


def _shadow(mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Return a shadow in 0..1 of the mask, of a random ellipse where it is empty, and the most light that it takes.

    It is ambient, of contact, or cast. The first is even where a body surrounds the set: deep, it would look as the
    body's own inside does.
    """
    height, width = mask.shape
    if not mask.any():
        mask = np.zeros_like(mask)
        centre = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
        axes = (int(rng.uniform(4, width / 3)), int(rng.uniform(4, height / 3)))
        cv2.ellipse(mask, centre, axes, rng.uniform(0, 180), 0, 360, 1.0, -1)
    lot = rng.random()
    if lot < 0.4:
        return _ambient(mask, rng), 0.4
    contact = lot < 0.7
    reach = 0.03 if contact else 0.2
    ys = np.flatnonzero((mask > 0.5).any(1))
    base = float(ys.max(initial=0))
    squash = rng.uniform(0.1, 1.0)
    shear, shift = rng.normal(0, 0.4), rng.normal(0, reach, 2) * (width, height)
    frame = np.array([[1, shear, shift[0] - shear * base], [0, squash, shift[1] + base * (1 - squash)]])
    moved = cv2.warpAffine(mask, frame, (width, height))
    return cv2.GaussianBlur(moved, (0, 0), rng.uniform(1, 4 if contact else 14)), 0.6


def _ambient(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return how much of its surroundings a body takes the light from: most where it stands all around."""
    height, width = mask.shape
    spread = np.exp(rng.uniform(np.log(3.0), np.log(0.2 * min(height, width))))
    step = max(1, int(spread / 3))  # so wide a blur needs no full resolution
    small = cv2.resize(mask, (-(-width // step), -(-height // step)), interpolation=cv2.INTER_AREA)
    wide = cv2.resize(cv2.GaussianBlur(small, (0, 0), spread / step), (width, height), interpolation=cv2.INTER_LINEAR)
    return wide / max(float(wide.max()), 1e-6)


def _mirror(array: np.ndarray, row: int) -> np.ndarray:
    """Return the picture mirrored at the lower edge of a row, zero where nothing is mirrored to."""
    height, width = array.shape[:2]
    frame = np.array([[1, 0, 0], [0, -1, 2 * row + 1]], np.float64)
    return cv2.warpAffine(array, frame, (width, height), flags=cv2.INTER_NEAREST)


def move(plate: Floats, shift_px: float, turn_deg: float, rng: np.random.Generator) -> Floats:
    """Return the plate of a camera that was bumped: shifted and turned a little."""
    height, width = plate.shape[:2]
    turn = float(rng.uniform(-1, 1) * turn_deg)
    frame = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), turn, 1.0)
    frame = frame + np.pad((rng.uniform(-1, 1, 2) * shift_px)[:, None], ((0, 0), (2, 0)))
    return cv2.warpAffine(plate, frame, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def expose(image: Floats, plate: Floats, config: "Augment", rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return both as cameras would have taken them: joint light, the plate's own drift, lens, noise, JPEG."""
    gain = np.exp(rng.normal(0, 0.15 * config.light) + rng.normal(0, 0.06 * config.light, 3))
    bright = np.percentile(plate[::4, ::4], 90, axis=(0, 1))
    # Rigs are not set to clip their walls, but some do.
    most = rng.uniform(1.0, 1.3) if rng.random() < config.p_clip else 1.0
    gain *= min(1.0, float((most / np.maximum(gain * bright, 1e-3)).min()))
    gain = np.maximum(gain, most / np.maximum(bright, 0.3)) if most > 1 else gain
    gamma = float(np.exp(rng.normal(0, 0.15 * config.light)))
    drift = np.ones(3)
    if rng.random() < config.p_drift:
        drift = np.exp(rng.normal(0, config.drift / 2) + rng.normal(0, config.drift / 6, 3))
    blur = rng.uniform(0.4, 1.2) if rng.random() < config.p_blur else 0.0
    noisy, coarse = rng.random() < config.p_noise, rng.random() < config.p_jpeg
    noise = rng.uniform(0.002, 0.03)
    developed = []
    for picture, factor in ((image, gain), (plate, gain * drift)):
        picture = cv2.pow(np.clip(picture * factor.astype(np.float32), 0, 1), gamma)
        if blur:
            picture = cv2.GaussianBlur(picture, (0, 0), blur * rng.uniform(0.7, 1.3))
        if noisy:
            picture = picture + np.float32(noise) * rng.standard_normal(picture.shape, dtype=np.float32)
        picture = np.clip(picture, 0, 1)
        developed.append(_jpeg(picture, int(rng.integers(50, 95))) if coarse else picture)
    return developed[0], developed[1]


def _jpeg(picture: Floats, quality: int) -> Floats:
    bytes_ = np.rint(picture * 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", bytes_, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.float32) / 255
