"""Electronics with cables."""

from __future__ import annotations

import numpy as np
import trimesh

from cleanplate.render.products.assembly import cut, join, moved, turned
from cleanplate.render.products.dressing import draw
from cleanplate.render.products.primitives import ring, rod, rounded_box, spline, superellipsoid, sweep, tube
from cleanplate.render.products.shapes import ribbed_cap, screw
from cleanplate.render.products.types import Part


def _cable(
    rng: np.random.Generator, start: list, length: float, radius: float
) -> tuple[trimesh.Trimesh, trimesh.Trimesh]:
    """A cable that falls from `start` and wanders over the platen, with a plug at its end."""
    x, y, z = start
    heading = rng.uniform(-0.6, 0.6)
    points = [[x - 0.01, y, z], [x + 0.012, y, z]]
    at = np.array([x + 0.035, y])
    for _ in range(5):
        points.append([*at, radius])
        heading += rng.uniform(-1.3, 1.3)
        at = at + length / 5 * np.array([np.cos(heading), np.sin(heading)])
    cable = tube(np.maximum(spline(points, 60), [-9, -9, radius]), radius, 110, sides=8)
    plug = rounded_box((0.03, 0.013, 0.009), 0.003)
    end, before = np.array(points[-1]), np.array(points[-2])
    step = end - before
    plug = moved(turned(plug, float(np.arctan2(step[1], step[0]))), end[0], end[1], 0.0046)
    return cable, plug


def gadget(rng: np.random.Generator) -> list[Part]:
    """A router, radio, charger or player: a box with buttons, vents, a display, feet and often a cable."""
    size = np.array([rng.uniform(0.04, 0.16), rng.uniform(0.06, 0.2), rng.uniform(0.015, 0.12)])
    body_mesh = moved(rounded_box(size, rng.uniform(0.05, 0.48) * size.min(), 6), z=size[2] / 2 + 0.002)
    shell = draw(rng, plastic=4, gloss_white=3, matt_white=3, brushed_metal=1.5, rubber=0.5, wood=0.5)
    vents = int(rng.choice([0, 5, 8, 12]))
    if vents:
        slots = [
            moved(rounded_box((0.5 * size[0], 0.0022, 0.006), 6e-4), y=y, z=size[2] + 0.001)
            for y in np.linspace(-0.3, 0.3, vents) * size[1]
        ]
        body_mesh = cut(body_mesh, *slots)
    front = 0.5 * size[0]
    buttons = []
    for y in np.linspace(-0.36, -0.05, int(rng.integers(0, 5))) * size[1]:
        b = min(0.006, 0.2 * size[2])
        buttons.append(
            moved(turned(ribbed_cap(b, 0.004, 0), np.pi / 2, (0, 1, 0)), x=front - 0.002, y=y, z=0.55 * size[2])
        )
    feet = [
        moved(screw(0.005, 0.002), x=x, y=y, z=0.0022)
        for x in (-0.3 * size[0], 0.3 * size[0])
        for y in (-0.32 * size[1], 0.32 * size[1])
    ]
    trim = draw(rng, rubber=2, plastic=2, chrome=1)
    parts = [Part(body_mesh, shell), Part(join(*feet, *buttons), trim)]
    if rng.random() < 0.6:
        w, h = 0.35 * size[1], 0.45 * size[2]
        display = moved(rounded_box((0.002, w, h), 6e-4), x=front + 2e-4, y=0.2 * size[1], z=0.55 * size[2])
        parts.append(Part(display, draw(rng, plastic=2, gloss_white=1)))
    for s in range(int(rng.choice([0, 0, 1, 2, 3]))):
        y = (s - 1) * 0.3 * size[1]
        aerial = rod(
            [-0.45 * size[0], y, 0.8 * size[2]], [-0.55 * size[0], y * 1.2, size[2] + rng.uniform(0.05, 0.12)], 0.003
        )
        parts.append(Part(aerial, trim))
    if rng.random() < 0.7:
        cable, plug = _cable(
            rng,
            [front - 0.004, 0.3 * size[1], 0.3 * size[2] + 0.002],
            rng.uniform(0.12, 0.28),
            rng.uniform(0.0014, 0.003),
        )
        wire = draw(rng, rubber=2, plastic=2, gloss_white=2)
        parts += [Part(cable, wire), Part(plug, wire)]
    return parts


def headphones(rng: np.random.Generator) -> list[Part]:
    """Headphones on their cushions: band, yokes, cups."""
    r, thick = rng.uniform(0.065, 0.085), rng.uniform(0.002, 0.006)
    cup, deep = rng.uniform(0.026, 0.04), rng.uniform(0.016, 0.03)
    a = np.linspace(-0.08, np.pi + 0.08, 60)
    stretch = rng.uniform(1.0, 1.25)
    band = np.stack([np.zeros(60), r * np.cos(a), cup + 0.03 + stretch * r * np.sin(a)], 1)
    band_mesh = sweep(band, thick, sides=14)
    band_mesh.vertices = band_mesh.vertices * (rng.uniform(1, 4), 1, 1)
    shells, cushions, yokes = [], [], []
    for s in (1, -1):
        body = superellipsoid((deep, 2 * cup, 2 * cup), 0.8, 0.8, 24)
        shells.append(moved(turned(body, np.pi / 2), y=s * r, z=cup))
        pad = turned(ring(0.72 * cup, 0.28 * cup, 0, 1.0, 48), np.pi / 2, (1, 0, 0))
        cushions.append(moved(pad, y=s * (r - 0.5 * deep), z=cup))
        yokes.append(
            tube(
                [
                    [-0.95 * cup, s * r, cup],
                    [-0.8 * cup, s * (r + 0.35 * deep), 1.8 * cup],
                    [0, s * r, cup + 0.032 + cup * 0.9],
                    [0.8 * cup, s * (r + 0.35 * deep), 1.8 * cup],
                    [0.95 * cup, s * r, cup],
                ],
                0.0022,
                40,
            )
        )
    shell, metal = (
        draw(rng, plastic=4, gloss_white=3, matt_white=1, brushed_metal=1, chrome=1),
        draw(rng, chrome=2, brushed_metal=2, plastic=1),
    )
    parts = [
        Part(band_mesh, shell if rng.random() < 0.5 else metal),
        Part(join(*shells), shell),
        Part(join(*cushions), draw(rng, rubber=2, fabric=1, plastic=1)),
        Part(join(*yokes), metal),
    ]
    if rng.random() < 0.5:
        cable, plug = _cable(rng, [0.0, r, 0.01], rng.uniform(0.15, 0.3), 0.0014)
        parts += [Part(join(cable, plug), parts[2].material)]
    return parts
