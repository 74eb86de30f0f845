"""Parts of a foreground repainted in the plate's tone, which stay foreground: the counterpart of `shapes.pierce`.

An opening shows the plate's own pixels, its seams running on through it, in the light of the set. A decal never does:
it keeps the body's shading, or a tone that is even, or pixels of the plate from somewhere else.
"""

import cv2
import numpy as np
from jaxtyping import Bool, Float

from cleanplate.train import shapes

Floats = Float[np.ndarray, "h w 3"]

SMALLEST = 200
"""Foregrounds of fewer pixels have no room for a decal."""


def decals(image: Floats, mask: Float[np.ndarray, "h w"], plate: Floats, rng: np.random.Generator) -> Floats:
    """Return the image with letters, panels, stripes, or all but a rim of its foreground painted over.

    Args:
        image, plate: 0..1.
        mask: 0..1.
    """
    inside = mask > 0.5
    count = int(inside.sum())
    if count < SMALLEST:
        return image
    reach = float(np.sqrt(count))
    draw = (letters, letters, panels, panels, stripes, all_but_a_rim, all_but_a_rim, all_but_a_rim)[rng.integers(8)]
    area = cv2.GaussianBlur(draw(inside, reach, rng), (0, 0), rng.uniform(0.3, 0.9)) * np.clip(mask, 0, 1)
    painted = area > 0.5
    if not painted.any():
        return image
    paint = (plate_tone, plate_tone, plate_elsewhere, one_tone, other_texture)[rng.integers(5)]
    grey = cv2.GaussianBlur(image.mean(2), (0, 0), rng.uniform(0.5, 6))
    shading = grey / max(float(grey[painted].mean()), 0.05)
    keep = rng.uniform(0.0, 0.9)
    colour = np.clip(paint(plate, inside, reach, rng) * (1 + keep * (shading[..., None] - 1)), 0, 1)
    return (image + (colour - image) * area[..., None]).astype(np.float32)


def plate_tone(plate: Floats, _inside: np.ndarray, reach: float, rng: np.random.Generator) -> Floats:
    """Return the plate without its detail, evenly lighter, darker or tinted."""
    step = max(1, int(reach / 40))  # so wide a blur needs no full resolution
    height, width = plate.shape[:2]
    small = cv2.resize(plate, (-(-width // step), -(-height // step)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), reach * rng.uniform(0.05, 0.5) / step)
    tint = rng.uniform(0.82, 1.06) + rng.normal(0, 0.015, 3)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR) * tint.astype(np.float32)


def plate_elsewhere(plate: Floats, _inside: np.ndarray, reach: float, rng: np.random.Generator) -> Floats:
    """Return the plate moved or mirrored: its seams end where the decal does."""
    shift = rng.uniform(4, 6 + reach / 2, 2) * rng.choice([-1, 1], 2)
    frame = np.array([[1.0, 0, shift[0]], [0, 1, shift[1]]])
    moved = cv2.warpAffine(plate, frame, plate.shape[1::-1], borderMode=cv2.BORDER_REFLECT_101)
    return (moved[:, ::-1] if rng.random() < 0.3 else moved) * np.float32(rng.uniform(0.95, 1.04))


def one_tone(plate: Floats, inside: np.ndarray, _reach: float, rng: np.random.Generator) -> Floats:
    """Return one even colour near the plate's."""
    tone = plate[inside].mean(0) * rng.uniform(0.85, 1.08) + rng.normal(0, 0.02, 3)
    return np.broadcast_to(tone.astype(np.float32), plate.shape)


def other_texture(plate: Floats, _inside: np.ndarray, _reach: float, rng: np.random.Generator) -> Floats:
    """Return any drawn texture."""
    return shapes.texture(plate.shape[:2], rng)


def letters(inside: Bool[np.ndarray, "h w"], reach: float, rng: np.random.Generator) -> Float[np.ndarray, "h w"]:
    """Return the area of some words."""
    area = np.zeros(inside.shape, np.uint8)
    for x, y in _places(inside, int(rng.integers(1, 7)), rng):
        text = "".join(chr(int(c)) for c in rng.integers(48, 91, int(rng.integers(1, 9))))
        scale = reach * rng.uniform(0.08, 0.5) / 22
        at = (int(x - 9 * scale * len(text)), int(y))
        cv2.putText(
            area, text, at, int(rng.integers(0, 5)), scale, 255, max(1, int(scale * rng.uniform(1, 7))), cv2.LINE_AA
        )
    return area.astype(np.float32) / 255


def panels(inside: Bool[np.ndarray, "h w"], reach: float, rng: np.random.Generator) -> Float[np.ndarray, "h w"]:
    """Return the area of some patches."""
    area = np.zeros(inside.shape, np.float32)
    for place in _places(inside, int(rng.integers(1, 6)), rng):
        cv2.fillPoly(area, [shapes.blob(place, reach * rng.uniform(0.1, 0.8), rng)], 1.0, cv2.LINE_AA)
    return area


def stripes(inside: Bool[np.ndarray, "h w"], reach: float, rng: np.random.Generator) -> Float[np.ndarray, "h w"]:
    """Return the area of some bars."""
    area = np.zeros(inside.shape, np.float32)
    shapes.bars(area, _places(inside, 1, rng)[0], reach, rng)
    return area


def all_but_a_rim(inside: Bool[np.ndarray, "h w"], reach: float, rng: np.random.Generator) -> Float[np.ndarray, "h w"]:
    """Return the area without its rim: the inside of a bowl or box."""
    width = int(max(1, reach * rng.uniform(0.01, 0.15)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * width + 1, 2 * width + 1))
    return cv2.erode(inside.astype(np.uint8), kernel).astype(np.float32)


def _places(inside: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return (x, y) of random foreground pixels."""
    ys, xs = np.nonzero(inside)
    chosen = rng.integers(len(ys), size=count)
    return np.stack([xs[chosen], ys[chosen]], 1).astype(np.float64)
