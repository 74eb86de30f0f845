"""Drawing materials: what is plausible for a part, and free re-dressing."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cleanplate.render.products.assembly import fused
from cleanplate.render.products.types import METALS, TRANSPARENT, Material, Part, Values

Colour = tuple[float, float, float]

# kind -> (lowest roughness, highest)
ROUGHNESS: dict[str, tuple[float, float]] = {
    "clear_glass": (0.0, 0.0),
    "tinted_glass": (0.0, 0.0),
    "frosted_glass": (0.15, 0.5),
    "chrome": (0.02, 0.08),
    "brushed_metal": (0.18, 0.45),
    "gold": (0.04, 0.3),
    "gloss_white": (0.06, 0.2),
    "matt_white": (0.5, 1.0),
    "ceramic": (0.06, 0.25),
    "plastic": (0.12, 0.5),
    "translucent_plastic": (0.15, 0.5),
    "rubber": (0.5, 0.9),
    "wood": (0.35, 0.8),
    "fabric": (0.8, 1.0),
    "label": (0.25, 0.6),
    "paint": (0.15, 0.6),
}
# what any part may be re-dressed in, with weights
FREE: dict[str, float] = {
    "clear_glass": 3,
    "tinted_glass": 1,
    "frosted_glass": 1.5,
    "chrome": 2,
    "brushed_metal": 1.5,
    "gold": 1,
    "gloss_white": 2.5,
    "matt_white": 2.5,
    "ceramic": 1.5,
    "plastic": 2,
    "translucent_plastic": 0.7,
    "rubber": 0.7,
    "wood": 1,
    "fabric": 0.5,
    "paint": 1.5,
}
FREE_SHARE = 0.3  # of products
_WHITE_SHARE, _GREY_SHARE, _BLACK_SHARE = 0.3, 0.12, 0.1


def draw(rng: np.random.Generator, **weights: float) -> Material:
    """One material of the kinds named, by weight: `draw(rng, clear_glass=3, ceramic=1)`."""
    kinds = list(weights)
    total = np.array(list(weights.values()), float)
    kind = kinds[rng.choice(len(kinds), p=total / total.sum())]
    low, high = ROUGHNESS[kind]
    return Material(kind, _material_colour(rng, kind), float(rng.uniform(low, high)))  # type: ignore[arg-type]


def draw_colour(rng: np.random.Generator) -> Colour:
    """Linear RGB: whites, greys, blacks and any hue, pastel to saturated."""
    u = rng.random()
    if u < _WHITE_SHARE:
        return tinted(rng, rng.uniform(0.62, 0.92), 0.04)
    if u < _WHITE_SHARE + _GREY_SHARE:
        return tinted(rng, rng.uniform(0.08, 0.6), 0.04)
    if u < _WHITE_SHARE + _GREY_SHARE + _BLACK_SHARE:
        return tinted(rng, rng.uniform(0.01, 0.05), 0.1)
    srgb = colorsys.hsv_to_rgb(rng.random(), rng.beta(2, 1.6), rng.uniform(0.3, 1.0))
    return triple(np.power(srgb, 2.2))


def tinted(rng: np.random.Generator, level: float, spread: float) -> Colour:
    """Nearly grey: `level` with channels off by up to `spread` of it."""
    return triple(np.clip(level * (1 + rng.uniform(-spread, spread, 3)), 0, 0.95))


def vary(parts: Sequence[Part], rng: np.random.Generator, mixed: float = 0.6) -> tuple[Part, ...]:
    """New materials, anything goes; parts that shared a material go on sharing one.

    With probability `mixed` only one of the materials changes. A part whose mesh is open cannot become glass;
    a texture is kept on half of the parts that become neither transparent nor metallic.
    """
    groups = list(dict.fromkeys(p.material for p in parts))
    chosen = [groups[rng.integers(len(groups))]] if rng.random() < mixed else groups
    fresh: dict[Material, Material] = {}
    for material in chosen:
        closed = all(is_closed(p) for p in parts if p.material == material)
        kinds = {k: w for k, w in FREE.items() if closed or k not in TRANSPARENT}
        fresh[material] = draw(rng, **kinds)
    return tuple(_dressed(p, fresh[p.material], rng) if p.material in fresh else p for p in parts)


def fuse_transparent(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts with those of one transparent material made one solid: light must not meet walls inside a wall."""
    groups: dict[Material, list[Part]] = {}
    for part in parts:
        groups.setdefault(part.material, []).append(part)
    result: list[Part] = []
    for material, members in groups.items():
        plain = [p for p in members if p.texture is None]
        if material.kind in TRANSPARENT and plain and all(p.mesh.is_watertight for p in plain):
            result.append(Part(fused(*(p.mesh for p in plain)), material))
            members = [p for p in members if p.texture is not None]
        result.extend(members)
    return tuple(result)


def is_closed(part: Part) -> bool:
    """Whether the part is watertight once vertices at one place are one."""
    if part.mesh.is_watertight:
        return True
    merged = part.mesh.copy()
    merged.merge_vertices(merge_tex=True, merge_norm=True)
    return bool(merged.is_watertight)


def _dressed(part: Part, material: Material, rng: np.random.Generator) -> Part:
    keep = rng.random() < 0.5 and material.kind not in (*TRANSPARENT, *METALS)
    return replace(part, material=material, texture=part.texture if keep else None)


def _material_colour(rng: np.random.Generator, kind: str) -> Colour:
    if kind == "clear_glass":
        return tinted(rng, rng.uniform(0.95, 0.99), 0.008)
    if kind == "frosted_glass":
        return tinted(rng, rng.uniform(0.85, 0.97), 0.03) if rng.random() < 0.7 else _glass_tint(rng)
    if kind in ("tinted_glass", "translucent_plastic"):
        return _glass_tint(rng)
    if kind == "chrome":
        return tinted(rng, rng.uniform(0.65, 0.8), 0.02)
    if kind == "brushed_metal":
        warm = np.array([1.0, 0.75, 0.5]) if rng.random() < 0.2 else np.ones(3)
        return triple(rng.uniform(0.35, 0.7) * warm)
    if kind == "gold":
        return triple(np.array([0.95, 0.66, 0.28]) * rng.uniform(0.85, 1.0, 3))
    if kind in ("gloss_white", "matt_white"):
        return tinted(rng, rng.uniform(0.7, 0.92), 0.03)
    if kind == "rubber" and rng.random() < 0.6:
        return tinted(rng, rng.uniform(0.02, 0.08), 0.1)
    if kind == "wood":
        return triple(np.array([0.52, 0.3, 0.14]) * rng.uniform(0.25, 1.4) * rng.uniform(0.85, 1.15, 3))
    return draw_colour(rng)


def _glass_tint(rng: np.random.Generator) -> Colour:
    srgb = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.1, 0.7), rng.uniform(0.8, 1.0))
    return triple(np.power(srgb, 1.5))


def triple(values: Values) -> Colour:
    """Three numbers clipped to what a colour may be."""
    r, g, b = (float(v) for v in np.clip(values, 0.0, 0.99))
    return (r, g, b)
