"""Things bent of wire: racks, baskets, cages, hangers."""

from __future__ import annotations

import numpy as np
import trimesh

from cleanplate.render.products.assembly import join, moved, turned, union
from cleanplate.render.products.dressing import draw
from cleanplate.render.products.primitives import revolve, ring, rod, rounded_outline, spline, sweep, tube
from cleanplate.render.products.shapes import screw
from cleanplate.render.products.types import Material, Part


def _wire(rng: np.random.Generator) -> Material:
    return draw(rng, chrome=3, brushed_metal=3, gold=1, gloss_white=2, matt_white=2, paint=2, plastic=1)


def _loop(outline: np.ndarray, z: float, wire: float) -> trimesh.Trimesh:
    return sweep(np.c_[outline, np.full(len(outline), z)], wire, closed=True, sides=8)


def wire_rack(rng: np.random.Generator) -> list[Part]:
    """A cooling rack: frame, parallel or crossed wires, feet."""
    w, d, z = rng.uniform(0.15, 0.36), rng.uniform(0.12, 0.26), rng.uniform(0.015, 0.05)
    wire = rng.uniform(0.0009, 0.002)
    frame = _loop(rounded_outline(w, d, 0.02), z, 1.5 * wire)
    xs = np.linspace(-0.46, 0.46, int(rng.integers(8, 24))) * w
    rods = [rod([x, -d / 2, z], [x, d / 2, z], wire, 8) for x in xs]
    ys = np.linspace(-0.35, 0.35, int(rng.choice([2, 3, 12]))) * d
    rods += [rod([-w / 2, y, z - 1.5 * wire], [w / 2, y, z - 1.5 * wire], wire, 8) for y in ys]
    feet = []
    for x in (-0.4, 0.4):
        for y in (-0.5, 0.5):
            points = [
                [x * w - 0.012, y * d, z],
                [x * w - 0.008, y * d, wire],
                [x * w + 0.008, y * d, wire],
                [x * w + 0.012, y * d, z],
            ]
            feet.append(tube(points, 1.3 * wire, 24, sides=8))
    return [Part(join(frame, *rods, *feet), _wire(rng))]


def basket(rng: np.random.Generator) -> list[Part]:
    """A wire basket, round or rectangular, with or without a bail."""
    w, d, h = rng.uniform(0.12, 0.3), rng.uniform(0.12, 0.24), rng.uniform(0.06, 0.2)
    wire, taper = rng.uniform(0.0009, 0.0018), rng.uniform(0.65, 0.95)
    corner = rng.choice([0.02, 0.5])
    rims = [rounded_outline(w * s, d * s, corner * min(w, d) * s if corner == 0.5 else 0.02, 24) for s in (taper, 1.0)]
    levels = np.linspace(0, 1, int(rng.integers(3, 8)))
    hoops = [_loop(rims[0] * (1 - t) + rims[1] * t, wire + t * h, wire * (2.2 if t == 1 else 1.2)) for t in levels]
    lengths = np.r_[0, np.cumsum(np.linalg.norm(np.diff(np.vstack([rims[1], rims[1][:1]]), axis=0), axis=1))]
    count = int(rng.integers(14, 36))
    at = np.searchsorted(lengths, np.arange(count) * lengths[-1] / count).clip(max=len(rims[1]) - 1)
    ribs = [rod([*rims[0][i], wire], [*rims[1][i], h + wire], wire, 8) for i in at]
    floor = [rod([x, -y, wire], [x, y, wire], wire, 8) for x, y in _chords(rims[0], int(rng.integers(4, 12)))]
    parts = [Part(join(*hoops, *ribs, *floor), _wire(rng))]
    if rng.random() < 0.5:
        top = h * rng.uniform(0.5, 1.0)
        arch = [
            [0, -d / 2, h],
            [0, -0.42 * d, h + 0.8 * top],
            [0, 0, h + top],
            [0, 0.42 * d, h + 0.8 * top],
            [0, d / 2, h],
        ]
        material = parts[0].material if rng.random() < 0.6 else draw(rng, wood=2, plastic=1, gold=1)
        parts.append(Part(tube(arch, rng.uniform(1.5, 3.5) * wire, 50), material))
    return parts


def _chords(outline: np.ndarray, count: int) -> list[tuple[float, float]]:
    """(x, half width) of lines along y across a symmetric outline."""
    right = outline[outline[:, 1] >= 0]
    right = right[np.argsort(right[:, 0])]
    x = np.linspace(0.92 * right[0, 0], 0.92 * right[-1, 0], count)
    return list(zip(x, np.interp(x, right[:, 0], right[:, 1]), strict=True))


def trivet(rng: np.random.Generator) -> list[Part]:
    """A trivet of wire spirals and rings on knobs."""
    r, wire, z = rng.uniform(0.06, 0.11), rng.uniform(0.0015, 0.003), rng.uniform(0.008, 0.025)
    petals, turns = int(rng.integers(0, 9)), rng.uniform(2.5, 5)
    pieces = [ring(r, wire, z), ring(r * 0.28, wire, z)]
    if petals > 2:
        petal = moved(ring(0.34 * r, wire, z, rng.uniform(0.5, 0.9), 40), x=0.63 * r)
        pieces += [turned(petal, a) for a in np.arange(petals) * 2 * np.pi / petals]
    else:
        t = np.linspace(0, 1, 220)
        spiral = np.stack(
            [r * t * np.cos(2 * np.pi * turns * t), r * t * np.sin(2 * np.pi * turns * t), np.full(220, z)], 1
        )
        pieces += [sweep(spiral[10:], wire, sides=8)]
        pieces += [
            rod([0.28 * r * np.cos(a), 0.28 * r * np.sin(a), z - wire], [r * np.cos(a), r * np.sin(a), z - wire], wire)
            for a in np.arange(3) * 2.094
        ]
    feet = [
        rod(
            [0.97 * r * np.cos(a), 0.97 * r * np.sin(a), 0], [0.97 * r * np.cos(a), 0.97 * r * np.sin(a), z], 2.2 * wire
        )
        for a in np.arange(4) * np.pi / 2
    ]
    return [Part(join(*pieces, *feet), _wire(rng))]


def hanger(rng: np.random.Generator) -> list[Part]:
    """A clothes hanger with shoulders, bar and hook, lying or propped up on its bar."""
    w, drop = rng.uniform(0.26, 0.38), rng.uniform(0.06, 0.11)
    hook_r, thick = rng.uniform(0.016, 0.022), rng.uniform(0.0015, 0.007)
    a = np.linspace(-0.3 * np.pi, np.pi, 14)
    hook = np.stack([hook_r * np.cos(a[::-1]), np.zeros(14), 0.055 + hook_r * np.sin(a[::-1])], 1)
    shank = [[0, 0, -0.006], [0, 0, 0.02], [-0.6 * hook_r, 0, 0.042]]
    neck = tube(np.vstack([shank, hook]), 0.0017, 60, sides=8)
    arms = [[-w / 2, 0, -drop], [-0.25 * w, 0, -0.42 * drop], [0, 0, 0], [0.25 * w, 0, -0.42 * drop], [w / 2, 0, -drop]]
    material = draw(rng, wood=3, plastic=3, chrome=2, gloss_white=1.5, paint=1, clear_glass=1)
    pieces = [tube(arms, thick, 50, sides=14)]
    if rng.random() < 0.75:
        pieces.append(rod([-w / 2, 0, -drop], [w / 2, 0, -drop], 0.8 * thick + 4e-4, 12))
    body = union(*pieces)
    steel = draw(rng, chrome=3, brushed_metal=1, gold=1)
    lies = rng.random() < 0.5
    if lies:
        return [Part(turned(m, np.pi / 2, (1, 0, 0)), q) for m, q in ((body, material), (neck, steel))]
    return [Part(body, material), Part(neck, steel)]


def bird_cage(rng: np.random.Generator) -> list[Part]:
    """A domed cage of thin wires on a tray, with a ring on top and a perch."""
    r = rng.uniform(0.06, 0.11)
    h, dome = r * rng.uniform(1.4, 2.2), r * rng.uniform(0.6, 1.1)
    wire, count = rng.uniform(0.0007, 0.0014), int(rng.integers(16, 34))
    profile = spline([[r, 0.012], [r, h], [0.75 * r, h + 0.6 * dome], [0.006, h + dome]], 36, overshoot=False)
    bars = [
        sweep(np.stack([profile[:, 0] * np.cos(a), profile[:, 0] * np.sin(a), profile[:, 1]], 1), wire, sides=6)
        for a in np.arange(count) * 2 * np.pi / count
    ]
    hoops = [ring(r, 1.4 * wire, z) for z in (0.014, 0.5 * h, h)]
    loop = turned(ring(0.014, 0.0016, 0, count=32), np.pi / 2, (1, 0, 0))
    cage = join(*bars, *hoops, moved(loop, z=h + dome + 0.013))
    tray = revolve(np.array([[0, 0], [1.03 * r, 0], [1.05 * r, 0.004], [1.05 * r, 0.016], [0, 0.016]]))
    perch = rod([-r, 0, 0.55 * h], [r, 0, 0.55 * h], 0.003)
    metal = _wire(rng)
    return [
        Part(cage, metal),
        Part(tray, metal if rng.random() < 0.4 else draw(rng, plastic=2, wood=1, gloss_white=1)),
        Part(perch, draw(rng, wood=3, plastic=1)),
    ]


def mug_tree(rng: np.random.Generator) -> list[Part]:
    """A stand with arms that hook upwards, as for mugs or jewellery."""
    h, r = rng.uniform(0.18, 0.38), rng.uniform(0.05, 0.08)
    base = revolve(np.array([[0, 0], [r, 0], [r, 0.006], [0.85 * r, 0.012], [0, 0.012]]))
    thick = rng.uniform(0.002, 0.007)
    post = rod([0, 0, 0.006], [0, 0, h], 1.4 * thick, 20)
    arms = []
    for tier in range(int(rng.integers(1, 4))):
        z = h * (0.9 - 0.25 * tier)
        for a in np.arange(int(rng.choice([2, 3, 4]))) * 2 * np.pi / 3 + rng.uniform(0, 6):
            reach = r * rng.uniform(0.7, 1.1)
            points = [[0, 0, z], [0.6 * reach, 0, z + 0.01], [reach, 0, z + 0.03]]
            arms.append(turned(tube(points, thick, 16), a))
    tip = moved(screw(2 * thick, 2 * thick), z=h)
    material = draw(rng, wood=3, chrome=2, paint=2, gloss_white=2, matt_white=1, gold=1)
    return [
        Part(join(post, *arms, tip), material),
        Part(base, material if rng.random() < 0.6 else draw(rng, wood=1, plastic=1, ceramic=1)),
    ]
