"""Frames of which some openings are closed by a surface of the set's own tone: what is open must be told by looking."""

from __future__ import annotations

import numpy as np
import trimesh

from cleanplate.render.products.abstract import any_material, log_uniform
from cleanplate.render.products.assembly import cut, join, moved, turned
from cleanplate.render.products.dressing import draw, tinted
from cleanplate.render.products.primitives import (
    extrude,
    rod,
    rounded_box,
    rounded_outline,
    spline,
    star,
    superellipse,
    sweep,
)
from cleanplate.render.products.types import Material, Part

_COUNT = 64


def panels(rng: np.random.Generator) -> list[Part]:
    """One of the kinds, lying, upright, leaning or on edge."""
    parts = (_faced, _celled, _floored, _lined)[rng.integers(4)](rng)
    lean = rng.choice([0.0, 0.0, np.pi / 2, rng.uniform(0.2, 1.5), -rng.uniform(0.2, 1.5)])
    turn = rng.uniform(0, 2 * np.pi)
    return [Part(turned(turned(each.mesh, turn), lean, (1, 0, 0)), each.material, each.texture) for each in parts]


def _like_the_set(rng: np.random.Generator) -> Material:
    """White, or off it by a little in tone or tint, seldom any other."""
    if rng.random() < 0.15:
        return any_material(rng)
    material = draw(rng, matt_white=4, gloss_white=2, paint=2, plastic=1, fabric=1)
    return Material(material.kind, tinted(rng, rng.uniform(0.5, 0.95), 0.12), material.roughness)


def _outline(rng: np.random.Generator, size: float) -> np.ndarray:
    """A closed outline about the origin: round, oval, rectangular, between them, or star-shaped at random."""
    if rng.random() < 0.3:
        return star(size * rng.uniform(0.65, 1.1, int(rng.integers(4, 9))), _COUNT)
    square, long = rng.choice([1.0, rng.uniform(0.1, 1.0)]), rng.choice([1.0, rng.uniform(0.4, 1.0)])
    return superellipse([2 * size, 2 * size * long], square, _COUNT)


def _panel(outline: np.ndarray, thick: float, z: float) -> trimesh.Trimesh:
    return moved(extrude(outline, thick), z=z)


def _marks(rng: np.random.Generator, outline: np.ndarray, z: float) -> list[trimesh.Trimesh]:
    """A few bars on a face, from its middle or off it."""
    size, count = np.abs(outline).max(), int(rng.integers(1, 13))
    bars = []
    for k in range(count):
        long, wide = size * rng.uniform(0.05, 0.7), size * rng.uniform(0.02, 0.09)
        bar = moved(rounded_box([long, wide, 0.04 * size], 0.005 * size), long / 2 + size * rng.choice([0.0, 0.5]))
        bars.append(moved(turned(bar, rng.choice([k / count, rng.random()]) * 2 * np.pi), z=z))
    return [bar for bar in bars if np.abs(bar.vertices[:, :2]).max() < 0.6 * size] or bars[:1]


def _faced(rng: np.random.Generator) -> list[Part]:
    """A rim, high or low, round a face that lies deeper or level, all of the opening or a share of it; handles."""
    outline = _outline(rng, rng.uniform(0.04, 0.12))
    size = np.abs(outline).max()
    border, deep = size * log_uniform(rng, 0.03, 0.3), size * log_uniform(rng, 0.03, 0.9)
    rim = extrude(outline, deep, [outline * (1 - border / size)])
    pieces = [rim]
    for side in rng.permutation([-1, 1])[: int(rng.integers(0, 3))]:
        reach = size * rng.uniform(1.1, 1.7) * side
        across = size * rng.uniform(0.1, 0.4)
        bow = np.array([[0.9 * size * side, -across, 0], [reach, 0, 0], [0.9 * size * side, across, 0]])
        pieces.append(moved(sweep(spline(bow, 30), 0.5 * border + 0.01 * size), z=deep / 2))
    thick = 0.04 * size
    level = rng.uniform(0, max(deep - thick, 1e-4))
    face = _panel(outline * (1 - 0.8 * border / size), thick, level)
    if rng.random() < 0.3:  # a part of it stays open
        edge = rng.uniform(-0.6, 0.6) * size
        face = cut(face, moved(rounded_box([2 * size, 4 * size, 4 * size], 0.01 * size), edge + size))
    parts = [Part(join(*pieces), any_material(rng)), Part(face, _like_the_set(rng))]
    if rng.random() < 0.5:
        parts.append(Part(join(*_marks(rng, outline, level + thick)), draw(rng, plastic=2, paint=2, chrome=1)))
    return parts


def _celled(rng: np.random.Generator) -> list[Part]:
    """Bars crossing, some of the cells between them filled."""
    columns, rows = (int(n) for n in rng.integers(1, 5, 2))
    width, height = rng.uniform(0.05, 0.14, 2)
    bar = min(width / columns, height / rows) * log_uniform(rng, 0.02, 0.16)
    x = np.linspace(-width, width, columns + 1) + np.r_[0, rng.uniform(-0.2, 0.2, columns - 1), 0] * width / columns
    y = np.linspace(-height, height, rows + 1) + np.r_[0, rng.uniform(-0.2, 0.2, rows - 1), 0] * height / rows
    bars = [rod([at, -height - bar, 0], [at, height + bar, 0], bar) for at in x]
    bars += [rod([-width - bar, at, 0], [width + bar, at, 0], bar) for at in y]
    legs = rng.uniform(0.2, 1.2) * max(width, height)
    bars += [rod([a, b, -legs], [a, b, 0], bar) for a in x[[0, -1]] for b in y[[0, -1]]][: int(rng.choice([0, 2, 4]))]
    share = rng.uniform(0.2, 0.8)
    filled = [
        _pane(x[i : i + 2], y[j : j + 2], bar, rng) for i in range(columns) for j in range(rows) if rng.random() < share
    ]
    first, second = _like_the_set(rng), _like_the_set(rng)
    parts = [Part(join(*bars), any_material(rng))]
    groups = (filled[::2], filled[1::2]) if rng.random() < 0.4 else (filled, [])
    return parts + [Part(join(*group), each) for group, each in zip(groups, (first, second), strict=True) if group]


def _pane(x: np.ndarray, y: np.ndarray, bar: float, rng: np.random.Generator) -> trimesh.Trimesh:
    box = rounded_box([np.ptp(x), np.ptp(y), bar * rng.uniform(0.2, 1)], 0.05 * bar)
    return moved(box, x.mean(), y.mean())


def _floored(rng: np.random.Generator) -> list[Part]:
    """Walls of bars around a floor, a back or a block that is seen between them; perhaps spokes over it."""
    outline = _outline(rng, rng.uniform(0.04, 0.12))
    size = np.abs(outline).max()
    bar, high = size * log_uniform(rng, 0.008, 0.06), size * log_uniform(rng, 0.15, 2.0)
    levels = np.r_[0, high, rng.uniform(0, high, int(rng.integers(0, 3)))]
    bars = [sweep(np.c_[outline, np.full(_COUNT, z)], bar, closed=True, sides=8) for z in levels]
    step = int(rng.choice([2, 4, 8, 16]))
    narrow = rng.choice([1.0, rng.uniform(0.5, 1.3)])
    bars += [rod([*at, 0], [*(narrow * at), high], bar, 8) for at in outline[::step]]
    if narrow != 1:
        bars.append(sweep(np.c_[narrow * outline, np.full(_COUNT, high)], bar, closed=True, sides=8))
    if rng.random() < 0.5:
        top = high * rng.choice([1.0, rng.uniform(1, 1.5)])
        bars += [rod([*(narrow * at), high], [0, 0, top], bar, 8) for at in outline[::step]]
    kind = rng.integers(3)
    if kind == 0:
        solid = _panel(outline, 0.03 * size, -0.015 * size)
    elif kind == 1:
        back = extrude(rounded_outline(1.6 * size, high, 0.05 * size), 0.03 * size)
        solid = moved(turned(back, np.pi / 2, (1, 0, 0)), z=high / 2)
    else:
        solid = _panel(outline * rng.uniform(0.3, 0.9), high * rng.uniform(0.05, 0.8), 0)
    return [Part(join(*bars), any_material(rng)), Part(solid, _like_the_set(rng))]


def _lined(rng: np.random.Generator) -> list[Part]:
    """A tub, tray or drawer of any outline, its inside of its own; perhaps a bail over it, or slits in the wall."""
    outline = _outline(rng, rng.uniform(0.04, 0.12))
    size = np.abs(outline).max()
    wall, high = size * rng.uniform(0.02, 0.12), size * log_uniform(rng, 0.1, 2.0)
    body = extrude(outline, high, [outline * (1 - wall / size)])
    if rng.random() < 0.3:
        slit = rounded_box([size * rng.uniform(0.2, 0.9), 4 * size, high * rng.uniform(0.1, 0.4)], 0.01 * size)
        body = cut(body, moved(slit, rng.uniform(-0.3, 0.3) * size, 0, high * rng.uniform(0.4, 0.75)))
    pieces = [body]
    if rng.random() < 0.4:
        bow = np.array([[-size, 0, high], [0, 0, high + size * rng.uniform(0.2, 1.2)], [size, 0, high]])
        pieces.append(sweep(spline(bow, 40), size * rng.uniform(0.015, 0.06)))
    inner, inside = outline * (1 - wall / size), outline * (1 - 1.3 * wall / size)
    lining = [_panel(inner * 1.02, 0.02 * size, high * rng.choice([0.0, 0.0, rng.uniform(0, 0.9)]))]
    if rng.random() < 0.5:
        lining.append(extrude(inner * 1.01, 0.97 * high, [inside]))
    white = _like_the_set(rng)
    return [Part(join(*pieces), white if rng.random() < 0.3 else any_material(rng)), Part(join(*lining), white)]
