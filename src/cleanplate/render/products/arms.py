"""Arms that reach around empty space, open at a side, where the set is seen: bows, frames, tongs and trestles."""

from __future__ import annotations

import numpy as np
import trimesh

from cleanplate.render.products.abstract import any_material, log_uniform
from cleanplate.render.products.assembly import join, moved, turned, union
from cleanplate.render.products.dressing import draw
from cleanplate.render.products.primitives import (
    extrude,
    rod,
    rounded_box,
    rounded_outline,
    spline,
    superellipse,
    sweep,
    tube,
)
from cleanplate.render.products.types import Part


def arms(rng: np.random.Generator) -> list[Part]:
    """One of the kinds, lying, standing on its arms, on edge or askew."""
    parts = (_bows, _frames, _tongs, _trestle)[rng.integers(4)](rng)
    lean = rng.choice([0.0, 0.0, np.pi / 2, -np.pi / 2, rng.uniform(0, 2 * np.pi)])
    axis = [(1, 0, 0), (0, 1, 0)][rng.integers(2)]
    return [Part(turned(part.mesh, lean, axis), part.material, part.texture) for part in parts]


def _bows(rng: np.random.Generator) -> list[Part]:
    """One to three bent horns, thick in the middle or at one end, side by side or from one point."""
    size, thick = rng.uniform(0.05, 0.14), log_uniform(rng, 0.01, 0.16)
    count, spread = int(rng.integers(1, 4)), rng.uniform(0.15, 1.2)
    apart = rng.choice([0.0, rng.uniform(0.1, 0.7)])
    pieces = []
    for k in range(count):
        turn = np.linspace(0, rng.uniform(0.5, 1.7) * np.pi, 7) * rng.choice([-1, 1])
        bend = np.cumsum(np.stack([np.cos(turn), np.sin(turn), rng.uniform(-0.3, 0.3, 7)], 1), axis=0)
        bend = size * (bend - bend.mean(axis=0)) / np.ptp(bend, axis=0).max() * 2
        along = np.linspace(0, 1, 60)
        swell = rng.uniform(0.2, 1) + rng.uniform(0, 1) * np.sin(np.pi * along) + rng.uniform(0, 1) * along
        horn = sweep(spline(bend, 60), size * thick, swell / swell.max(), sides=14)
        pieces.append(moved(turned(horn, (k - (count - 1) / 2) * spread), y=k * apart * size))
    if rng.random() < 0.4:
        return [Part(piece, any_material(rng)) for piece in pieces]
    return [Part(join(*pieces), any_material(rng))]


def _frames(rng: np.random.Generator) -> list[Part]:
    """One to three rims side by side, empty or with panes, bridged, with arms that stand off them."""
    width, height = rng.uniform(0.03, 0.09, 2)
    wire, square = min(width, height) * log_uniform(rng, 0.012, 0.12), rng.uniform(0.3, 1.1)
    rim = superellipse([width, height], square, 64)
    count, gap = int(rng.integers(1, 4)), width * rng.uniform(0.05, 0.6)
    places = (np.arange(count) - (count - 1) / 2) * (width + gap)
    upright = [np.c_[np.zeros(64), rim + np.array([place, 0])] for place in places]
    frame = [sweep(path, wire, closed=True, sides=10) for path in upright]
    high = rng.uniform(-0.3, 0.45) * height
    half = places[-1] + width / 2
    frame += [
        tube([[0, x, high], [0, x + gap / 2, high + rng.uniform(-0.1, 0.3) * gap], [0, x + gap, high]], wire, 20)
        for x in places[:-1] + width / 2
    ]
    reach = rng.uniform(0.5, 4) * width
    sides = rng.permutation([-1, 1])[: int(rng.integers(0, 3))]
    for side in sides[: 1 if count == 2 else 2]:  # two rims with two arms would be the spectacles of the test side
        ends = np.linspace(0, 1, 5)[:, None] * [-reach, side * rng.uniform(-0.2, 0.3) * reach, 0]
        drop = np.array([0, 0, 0, rng.uniform(-0.1, 0), rng.uniform(-0.8, 0.2)]) * height
        frame.append(tube(ends + np.c_[np.zeros(5), np.zeros(5), drop] + [0, side * half, high], 0.9 * wire, 50))
    parts = [Part(join(*frame), any_material(rng))]
    if rng.random() < 0.5:
        pane = extrude(rim * (1 - 2.2 * wire / min(width, height)), 0.0016)
        glass = [moved(trimesh.Trimesh(pane.vertices[:, [2, 0, 1]], pane.faces, process=False), y=x) for x in places]
        parts.append(Part(join(*glass), draw(rng, clear_glass=4, tinted_glass=1)))
    return parts


def _tongs(rng: np.random.Generator) -> list[Part]:
    """Two to five bent arms from one hub, in a plane or around."""
    size, thick = rng.uniform(0.06, 0.16), log_uniform(rng, 0.008, 0.07)
    count, flat = int(rng.integers(2, 6)), rng.random() < 0.6
    opening = rng.uniform(0.05, 1.0)
    pieces = []
    for k in range(count):
        out = np.array([0, 0.35, rng.uniform(0.4, 0.9), 1]) * size
        off = np.array([0, rng.uniform(0, 0.5), rng.uniform(0.2, 0.8), rng.uniform(-0.1, 1)]) * opening * size
        arm = tube(np.stack([off, np.zeros(4), out], 1), size * thick, 40, sides=12)
        around = np.pi * k if flat and count == 2 else 2 * np.pi * k / count
        lean = (k - (count - 1) / 2) * opening / count if flat and count > 2 else 0.0
        pieces.append(turned(arm, lean, (1, 0, 0)) if lean else turned(arm, around))
    hub = rounded_box(size * rng.uniform(2.2 * thick, 4 * thick + 0.05, 3), 0.4 * size * thick)
    if rng.random() < 0.5:
        return [Part(join(*pieces), any_material(rng)), Part(hub, any_material(rng))]
    return [Part(union(*pieces, hub), any_material(rng))]


def _trestle(rng: np.random.Generator) -> list[Part]:
    """A slab, bar or rim on legs, or bent frames one behind the other joined by bars."""
    length, depth, height = rng.uniform(0.06, 0.2), rng.uniform(0.03, 0.12), rng.uniform(0.03, 0.16)
    wire = length * log_uniform(rng, 0.01, 0.07)
    inset = rng.uniform(0, 0.25) * length
    at = [(x, y) for x in (-length / 2, length / 2) for y in (-depth / 2, depth / 2)]
    legs = [rod([x, y, 0], [x - np.sign(x) * inset, y * rng.uniform(0.7, 1), height], wire) for x, y in at][
        : int(rng.integers(2, 5))
    ]
    bars = [
        rod([x, -depth / 2, z], [x, depth / 2, z], 0.8 * wire)
        for x, z in zip(rng.choice([-1, 1], 3) * length / 2, rng.uniform(0.1, 0.9, 3) * height, strict=True)
    ][: int(rng.integers(0, 4))]
    if rng.random() < 0.5:
        top = moved(extrude(rounded_outline(length, depth, 0.2 * depth), 2.5 * wire), z=height - wire)
    else:
        outline = rounded_outline(length - 2 * inset, depth, 0.3 * depth, 12)
        top = sweep(np.c_[outline, np.full(len(outline), height)], wire, closed=True)
    if rng.random() < 0.5:
        return [Part(join(*legs, *bars), any_material(rng)), Part(top, any_material(rng))]
    return [Part(join(*legs, *bars, top), any_material(rng))]
