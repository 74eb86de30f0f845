"""Hand tools and things to wear: hammer, pliers, scissors, screwdriver, brush, spectacles."""

from __future__ import annotations

import numpy as np
import trimesh

from cleanplate.render.products.assembly import cut, join, moved, turned, union
from cleanplate.render.products.dressing import draw
from cleanplate.render.products.primitives import (
    circle,
    extrude,
    revolve,
    ring,
    rod,
    rounded_box,
    rounded_outline,
    spline,
    sweep,
    tube,
)
from cleanplate.render.products.shapes import screw
from cleanplate.render.products.types import Material, Part


def _steel(rng: np.random.Generator) -> Material:
    return draw(rng, chrome=3, brushed_metal=4, paint=1)


def _grip(rng: np.random.Generator) -> Material:
    return draw(rng, plastic=3, rubber=3, wood=1.5, gloss_white=1)


def hammer(rng: np.random.Generator) -> list[Part]:
    """A claw hammer or mallet, lying."""
    length, head = rng.uniform(0.2, 0.36), rng.uniform(0.07, 0.12)
    r = rng.uniform(0.011, 0.017)
    swell = 0.85 + 0.25 * np.cos(np.linspace(0, 5, 40)) ** 2
    handle = sweep(spline([[0, 0, 0], [0.5 * length, 0, 0], [length, 0, 0]], 40), _oval(r * 0.8, r), swell)
    if rng.random() < 0.35:
        block = rod([0, -0.5 * head, 0], [0, 0.5 * head, 0], 1.9 * r, 32)
    else:
        face = rod([0, 0, 0], [0, 0.45 * head, 0], 1.1 * r, 28)
        striker = rod([0, 0.4 * head, 0], [0, 0.55 * head, 0], 1.35 * r, 28)
        bend = np.array([[0, 0.1, 0], [0, -0.25, 0], [0.08, -0.5, 0], [0.22, -0.68, 0]]) * head
        claw = sweep(spline(bend, 24), rounded_outline(1.9 * r, 2.2 * r, 0.4 * r), np.linspace(1, 0.45, 24))
        notch = moved(rounded_box((0.5 * head, 0.5 * head, 0.006), 0.002), x=0.12 * head, y=-0.72 * head)
        block = cut(union(face, striker, claw), notch)
    lift = 1.9 * r
    return [Part(moved(handle, x=-0.01, z=lift), _grip(rng)), Part(moved(block, z=lift), _steel(rng))]


def _oval(a: float, b: float, count: int = 18) -> np.ndarray:
    return circle(a, count, squash=b / a)[:, :2]


def _lever(stations: list, thick: float, flat: float) -> trimesh.Trimesh:
    """A flat lever along a planar curve."""
    path = spline(np.array([[x, y, 0.0] for x, y in stations]), 40)
    mesh = sweep(path, thick / 2, sides=14)
    mesh.vertices = mesh.vertices * (1, 1, flat)
    return mesh


def pliers(rng: np.random.Generator) -> list[Part]:
    """Pliers or tongs a little open: two levers, sleeves, a pivot."""
    size, gap = rng.uniform(0.12, 0.2), rng.uniform(0.01, 0.035)
    thick = 0.05 * size + 0.002
    steel, sleeve = _steel(rng), _grip(rng)
    jaws, sleeves = [], []
    for s in (1, -1):
        jaw = [
            [0.36 * size, s * 0.03 * gap],
            [0.2 * size, s * (0.2 * gap + 0.1 * thick)],
            [0.0, -s * 0.15 * thick],
            [-0.12 * size, -s * 0.8 * gap],
        ]
        jaws.append(moved(_lever(jaw, 1.3 * thick, 0.7), z=0.12 * s * thick))
        grip = [
            [-0.1 * size, -s * 0.7 * gap],
            [-0.3 * size, -s * (1.5 * gap + 0.01)],
            [-0.62 * size, -s * (1.1 * gap + 0.008)],
        ]
        sleeves.append(moved(_lever(grip, 1.5 * thick, 0.75), z=0.1 * s * thick))
    pivot = rod([0, 0, -0.7 * thick], [0, 0, 0.7 * thick], 0.8 * thick, 24)
    return [
        Part(join(*jaws), steel),
        Part(join(*sleeves), sleeve),
        Part(join(pivot, moved(screw(0.5 * thick, 0.15 * thick), z=0.7 * thick)), steel),
    ]


def scissors(rng: np.random.Generator) -> list[Part]:
    """Scissors, closed or open, with ring grips and a screw."""
    size, spread = rng.uniform(0.11, 0.22), rng.uniform(0.03, 0.45)
    t = 0.0018
    blade = np.array([[-0.06, -0.035], [0.12, -0.045], [0.5, -0.004], [0.5, 0.0], [0.1, 0.028], [-0.06, 0.03]]) * size
    bow_r, wire = rng.uniform(0.1, 0.14) * size, rng.uniform(0.003, 0.006)
    steel, grip = _steel(rng), draw(rng, plastic=4, rubber=1, chrome=2, gloss_white=1, paint=1)
    blades, bows = [], []
    for s in (1, -1):
        plate = extrude(_ccw(blade * (1, s)), t)
        shank = tube(
            [[-0.03 * size, 0, t / 2], [-0.2 * size, -s * 0.05 * size, t / 2], [-0.3 * size, -s * 0.1 * size, t / 2]],
            0.9 * wire,
            20,
        )
        bow = moved(
            ring(bow_r, wire, 0, rng.uniform(0.6, 0.85), 48),
            x=-0.3 * size - 0.8 * bow_r,
            y=-s * (0.1 * size + 0.25 * bow_r),
        )
        angle, z = s * spread / 2, s * 0.5 * t
        blades.append(moved(turned(plate, angle), z=z))
        bows += [moved(turned(m, angle), z=z + 0.5 * t) for m in (shank, bow)]
    pin = moved(screw(0.03 * size, 0.0015), z=1.5 * t)
    return [Part(join(*blades, pin), steel), Part(join(*bows), grip)]


def _ccw(outline: np.ndarray) -> np.ndarray:
    x, y = outline.T
    return outline if (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() > 0 else outline[::-1]


def screwdriver(rng: np.random.Generator) -> list[Part]:
    """One to three screwdrivers or awls side by side."""
    parts, y = [], 0.0
    for _ in range(int(rng.integers(1, 4))):
        shaft, long, r = rng.uniform(0.06, 0.16), rng.uniform(0.07, 0.11), rng.uniform(0.01, 0.016)
        profile = spline(
            [[0.6 * r, 0], [r, 0.15 * long], [0.8 * r, 0.6 * long], [r, 0.75 * long], [0.55 * r, long]],
            50,
            overshoot=False,
        )
        grip = revolve(np.vstack([[0, 0], profile, [0, long]]), 48)
        a = np.arctan2(grip.vertices[:, 1], grip.vertices[:, 0])
        grip.vertices[:, :2] *= (1 - 0.06 * (np.cos(6 * a) > 0.6))[:, None]
        blade = rod([0, 0, long - 0.003], [0, 0, long + shaft], 0.28 * r, 16)
        tip = moved(rounded_box((0.8 * r, 0.12 * r, 0.012), 2e-4), z=long + shaft)
        lie = [moved(turned(m, np.pi / 2, (0, 1, 0)), y=y, z=r) for m in (grip, join(blade, tip))]
        parts += [
            Part(lie[0], draw(rng, plastic=3, rubber=1, translucent_plastic=1.5, wood=1)),
            Part(lie[1], _steel(rng)),
        ]
        y += 2 * r + rng.uniform(0.005, 0.03)
    return parts[:6]


def brush(rng: np.random.Generator) -> list[Part]:
    """A dish, paint or shoe brush: bristles in tufts under a back with a handle."""
    w, d = rng.uniform(0.04, 0.1), rng.uniform(0.025, 0.05)
    long, thick = rng.uniform(0.02, 0.045), rng.uniform(0.008, 0.014)
    back = moved(rounded_box((w, d, thick), 0.45 * thick), z=long + 0.4 * thick)
    reach = rng.uniform(0.07, 0.16)
    path = spline(
        [
            [0.4 * w, 0, long + 0.4 * thick],
            [0.5 * w + 0.5 * reach, 0, long + 0.8 * thick + 0.01],
            [0.5 * w + reach, 0, long + thick],
        ],
        30,
    )
    handle = sweep(path, _oval(0.5 * thick, 0.4 * d), 0.7 + 0.3 * np.cos(np.linspace(0, 6, 30)) ** 2)
    tufts = []
    spacing = rng.uniform(0.0045, 0.008)
    splay, wire = rng.uniform(0, 0.25), rng.uniform(0.0005, 0.0011)
    for x in np.arange(-0.46 * w, 0.46 * w, spacing):
        for y in np.arange(-0.42 * d, 0.42 * d, spacing):
            for dx, dy in rng.normal(0, 0.18 * spacing, (3, 2)):
                end = [x * (1 + splay) + 6 * dx, y * (1 + splay) + 6 * dy, rng.uniform(0, 0.06) * long]
                tufts.append(rod([x + dx, y + dy, long + 2e-3], end, wire, 4))
    wood = draw(rng, wood=4, plastic=3, gloss_white=2, translucent_plastic=0.5)
    return [Part(union(back, handle), wood), Part(join(*tufts), draw(rng, plastic=3, matt_white=3, rubber=1, fabric=1))]


def spectacles(rng: np.random.Generator) -> list[Part]:
    """Glasses standing on their rims and temples."""
    w, h = rng.uniform(0.044, 0.056), rng.uniform(0.03, 0.046)
    wire, bridge = rng.uniform(0.0008, 0.0024), rng.uniform(0.014, 0.02)
    squareness = rng.uniform(0.5, 1.0)
    a = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    shape = np.stack(
        [
            w / 2 * np.sign(np.cos(a)) * abs(np.cos(a)) ** squareness,
            h / 2 * np.sign(np.sin(a)) * abs(np.sin(a)) ** squareness,
        ],
        1,
    )
    length = rng.uniform(0.12, 0.14)
    frame, lenses = [], []
    for s in (1, -1):
        at = np.array([0.0, s * (w + bridge) / 2, 0.0])
        rim = np.c_[np.zeros(64), shape] + at
        frame.append(sweep(rim, wire, closed=True, sides=10))
        pane = extrude(shape * (1 - 2.4 * wire / h), 0.0016)
        pane = trimesh.Trimesh(pane.vertices[:, [2, 0, 1]] - [0.0008, 0, 0] + at, pane.faces, process=False)
        lenses.append(pane)
        outer = s * (w + bridge / 2 + wire)
        temple = [
            [0, outer - s * 0.002, 0.2 * h],
            [-0.005, outer + s * 0.003, 0.22 * h],
            [-0.6 * length, outer + s * 0.004, 0.2 * h],
            [-0.85 * length, outer, 0.1 * h],
            [-length, outer - s * 0.004, -0.45 * h],
        ]
        frame.append(tube(temple, 0.9 * wire, 50))
    nose = [[0, -0.55 * bridge, 0.12 * h], [0.003, 0, 0.28 * h], [0, 0.55 * bridge, 0.12 * h]]
    frame.append(tube(nose, wire, 20))
    material = draw(rng, chrome=2, gold=2, plastic=3, brushed_metal=1, gloss_white=1, translucent_plastic=0.7)
    parts = [Part(join(*frame), material)]
    if rng.random() < 0.9:
        parts.append(Part(join(*lenses), draw(rng, clear_glass=3, tinted_glass=2)))
    return parts
