"""Printed and grown surfaces as images, sRGB uint8, first row on top."""

from __future__ import annotations

import colorsys

import cv2
import numpy as np
from jaxtyping import UInt8

Texture = UInt8[np.ndarray, "h w 3"]
_LETTERS = np.array(list("ABCDEFGHIJKLMNOPRSTUVWYZ"))


def label(rng: np.random.Generator, aspect: float = 1.5) -> Texture:
    """A printed label: ground, band or frame, a logo, a brand name and lines of small print."""
    h = 256
    w = int(np.clip(h * aspect, 96, 768))
    ground, ink, accent = _palette(rng)
    image = np.full((h, w, 3), ground, np.uint8)
    if rng.random() < 0.3:
        image = _gradient(image, accent, rng)
    _bands(image, accent, rng)
    if rng.random() < 0.7:
        _logo(image, accent, ink, rng)
    _brand(image, ink, rng)
    _small_print(image, ink, rng)
    if rng.random() < 0.3:
        _barcode(image, rng)
    return image


def pattern(rng: np.random.Generator, aspect: float = 1.5) -> Texture:
    """A decoration that repeats: stripes, dots or checks in two or three colours."""
    h = 256
    w = int(np.clip(h * aspect, 96, 768))
    ground, ink, accent = _palette(rng)
    y, x = np.mgrid[:h, :w].astype(float)
    kind, period = rng.integers(4), rng.uniform(14, 64)
    a = rng.choice([0, np.pi / 2, np.pi / 4, rng.uniform(0, np.pi)])
    s, t = x * np.cos(a) + y * np.sin(a), y * np.cos(a) - x * np.sin(a)
    if kind == 0:
        on = (s / period) % 1 < rng.uniform(0.15, 0.6)
    elif kind == 1:
        on = np.hypot(s % period - period / 2, t % period - period / 2) < period * rng.uniform(0.15, 0.4)
    elif kind == 2:
        on = ((s // period) + (t // period)) % 2 == 0
    else:
        on = np.sin(2 * np.pi * s / period) > 2 * (t % (2 * period)) / period - 2
    image = np.where(on[..., None], ink, ground).astype(np.uint8)
    if rng.random() < 0.4:
        _bands(image, accent, rng)
    return image


def wood(rng: np.random.Generator) -> Texture:
    """Grain along u: bent growth rings and pores."""
    h, w = 256, 512
    y, x = np.mgrid[:h, :w] / 256.0
    bend = _noise(rng, h, w, 120) * rng.uniform(0.03, 0.2)
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(4, 16) * (y + bend + 0.05 * x))
    pores = cv2.GaussianBlur(rng.normal(size=(h, w)).astype(np.float32), (0, 0), sigmaX=14, sigmaY=0.7)
    tone = 0.65 + 0.3 * rings**2 + 0.5 * pores
    base = np.array([0.86, 0.66, 0.45]) * rng.uniform(0.35, 1.05) * rng.uniform(0.94, 1.06, 3)
    return _bytes(base * tone[..., None])


def weave(rng: np.random.Generator) -> Texture:
    """Plain weave of two yarns."""
    h, w = 256, 256
    ground, ink, _ = _palette(rng)
    y, x = np.mgrid[:h, :w]
    pitch = int(rng.integers(4, 12))
    over = ((x // pitch) + (y // pitch)) % 2 == 0
    profile = np.where(over, np.sin(np.pi * (x % pitch + 0.5) / pitch), np.sin(np.pi * (y % pitch + 0.5) / pitch))
    yarn = np.where(over[..., None], ground, 0.7 * np.array(ground) + 0.3 * np.array(ink)) / 255
    return _bytes(yarn * (0.6 + 0.4 * profile + 0.05 * rng.normal(size=(h, w)))[..., None])


def box_atlas(rng: np.random.Generator) -> Texture:
    """A printed carton for `primitives.box_mapped`: six sides of one design."""
    face = 256
    ground, ink, accent = _palette(rng)
    sides = [np.full((face, face, 3), ground, np.uint8) for _ in range(6)]
    state = int(rng.integers(2**32))
    for i, side in enumerate(sides):
        twin = np.random.default_rng([state, i // 2])  # opposite sides look alike
        _bands(side, accent, twin)
        if i < 4:
            _logo(side, accent, ink, twin)
            _brand(side, ink, twin)
        _small_print(side, ink, twin)
    _barcode(sides[5], rng)
    lower, upper = np.hstack(sides[:3]), np.hstack(sides[3:])
    return np.ascontiguousarray(np.vstack([upper, lower]))


def _palette(rng: np.random.Generator) -> tuple[list[int], list[int], list[int]]:
    """Ground (often white), ink that stands off from it, an accent."""
    hue = rng.random()
    if rng.random() < 0.5:
        ground = colorsys.hsv_to_rgb(hue, rng.uniform(0, 0.08), rng.uniform(0.85, 0.98))
    else:
        ground = colorsys.hsv_to_rgb(hue, rng.uniform(0.2, 0.9), rng.uniform(0.2, 0.95))
    light = np.mean(ground) > 0.5
    ink = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0, 0.9), rng.uniform(0, 0.45) if light else rng.uniform(0.8, 1))
    accent = colorsys.hsv_to_rgb((hue + rng.uniform(0.2, 0.8)) % 1, rng.uniform(0.3, 1), rng.uniform(0.4, 1))
    return tuple([int(255 * c) for c in colour] for colour in (ground, ink, accent))  # type: ignore[return-value]


def _bands(image: np.ndarray, colour: list[int], rng: np.random.Generator) -> None:
    h, w = image.shape[:2]
    for _ in range(rng.integers(0, 3)):
        y, depth = int(rng.uniform(0, h)), int(rng.uniform(0.02, 0.25) * h)
        cv2.rectangle(image, (0, y), (w, y + depth), colour, -1)
    if rng.random() < 0.25:
        m = int(0.05 * h)
        cv2.rectangle(image, (m, m), (w - m, h - m), colour, int(rng.integers(1, 6)))


def _logo(image: np.ndarray, fill: list[int], ink: list[int], rng: np.random.Generator) -> None:
    h, w = image.shape[:2]
    at = np.array([rng.uniform(0.25, 0.75) * w, rng.uniform(0.3, 0.7) * h])
    size = rng.uniform(0.12, 0.32) * h
    a = np.linspace(0, 2 * np.pi, int(rng.integers(3, 40)), endpoint=False)
    radius = size * (1 + rng.uniform(0, 0.5) * np.cos(int(rng.integers(2, 8)) * a))
    shape = (at + radius[:, None] * np.stack([np.cos(a), np.sin(a)], 1)).astype(np.int32)
    cv2.fillPoly(image, [shape], fill, cv2.LINE_AA)
    if rng.random() < 0.5:
        cv2.polylines(image, [shape], True, ink, int(rng.integers(1, 5)), cv2.LINE_AA)


def _brand(image: np.ndarray, ink: list[int], rng: np.random.Generator) -> None:
    h, w = image.shape[:2]
    text = "".join(rng.choice(_LETTERS, rng.integers(3, 9)))
    font = int(rng.choice([cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_COMPLEX]))
    (width, height), _ = cv2.getTextSize(text, font, 1.0, 2)
    scale = min(rng.uniform(0.5, 0.9) * w / width, 0.3 * h / height)
    at = int((w - scale * width) / 2), int(rng.uniform(0.25, 0.85) * h)
    cv2.putText(image, text, at, font, scale, ink, max(1, int(2 * scale)), cv2.LINE_AA)


def _small_print(image: np.ndarray, ink: list[int], rng: np.random.Generator) -> None:
    h, w = image.shape[:2]
    left, top, line = rng.uniform(0.05, 0.5) * w, rng.uniform(0.5, 0.8) * h, rng.uniform(5, 11)
    for row in range(int(rng.integers(0, 8))):
        x, y = left, top + row * line
        while x < min(left + 0.42 * w, 0.95 * w) and y < 0.96 * h:
            word = rng.uniform(4, 26)
            cv2.rectangle(image, (int(x), int(y)), (int(x + word), int(y + 0.45 * line)), ink, -1)
            x += word + 4


def _barcode(image: np.ndarray, rng: np.random.Generator) -> None:
    h, w = image.shape[:2]
    x, y = int(rng.uniform(0.05, 0.6) * w), int(rng.uniform(0.6, 0.8) * h)
    bars = np.repeat(rng.random(40) < 0.5, 2)
    bars = bars[: max(0, w - x - 2)]
    image[y : y + int(0.15 * h), x : x + len(bars)] = np.where(bars, 20, 245).astype(np.uint8)[None, :, None]


def _gradient(image: np.ndarray, towards: list[int], rng: np.random.Generator) -> np.ndarray:
    h, w = image.shape[:2]
    a = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[:h, :w] / (h + w)
    t = np.clip(0.5 + x * np.cos(a) + y * np.sin(a), 0, 1)[..., None] * rng.uniform(0.3, 1)
    return (image * (1 - t) + np.array(towards) * t).astype(np.uint8)


def _noise(rng: np.random.Generator, h: int, w: int, sigma: float) -> np.ndarray:
    rough = rng.normal(size=(h // 16, w // 16)).astype(np.float32)
    smooth = cv2.GaussianBlur(cv2.resize(rough, (w, h), interpolation=cv2.INTER_CUBIC), (0, 0), sigma / 8)
    return smooth / max(float(np.abs(smooth).max()), 1e-6)


def _bytes(values: np.ndarray) -> Texture:
    return (np.clip(values, 0, 1) * 255).astype(np.uint8)
