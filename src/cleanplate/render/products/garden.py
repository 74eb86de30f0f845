"""Potted plants and watering cans."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import trimesh

from cleanplate.render.products.assembly import cut, join, moved, turned, union
from cleanplate.render.products.dressing import draw, triple
from cleanplate.render.products.primitives import cavity, revolve, spline, sweep, tube, vessel
from cleanplate.render.products.shapes import footed, radius_at
from cleanplate.render.products.sheets import sheet
from cleanplate.render.products.types import Part


def plant(rng: np.random.Generator) -> list[Part]:
    """A potted plant with thin leaves, blades of grass or a stem with fronds."""
    r, h = rng.uniform(0.03, 0.07), rng.uniform(0.05, 0.12)
    outside = footed([[rng.uniform(0.6, 0.95) * r, 0], [0.9 * r, 0.5 * h], [r, h]], 40)
    pot = vessel(outside, 0.0035, 0.006, 64)
    earth = revolve(
        np.array(
            [
                [0, 0.0065],
                [radius_at(outside, 0.0065) - 0.0042, 0.0065],
                [radius_at(outside, 0.85 * h) - 0.0042, 0.85 * h],
                [0, 0.88 * h],
            ]
        ),
        40,
    )
    count, long = int(rng.integers(9, 34)), rng.uniform(0.06, 0.18)
    width, arch = rng.uniform(0.03, 0.3) * long, rng.uniform(0.2, 1.6)
    leaves = [
        _leaf(rng, long * rng.uniform(0.5, 1), width * rng.uniform(0.6, 1), arch, 0.87 * h, 0.5 * r)
        for _ in range(count)
    ]
    green = draw(rng, plastic=1)
    hue = np.array([0.1, 0.3, 0.05]) * rng.uniform(0.5, 1.8) * rng.uniform(0.6, 1.4, 3)
    green = replace(green, kind="paint", colour=triple(hue.clip(0.01, 0.8)))
    ground = replace(green, colour=(0.05, 0.03, 0.02), kind="fabric", roughness=0.95)
    return [
        Part(
            pot, draw(rng, ceramic=3, matt_white=3, gloss_white=2, plastic=2, clear_glass=1, paint=1, brushed_metal=1)
        ),
        Part(earth, ground),
        Part(join(*leaves), green),
    ]


def _leaf(rng: np.random.Generator, long: float, width: float, arch: float, z: float, spread: float) -> trimesh.Trimesh:
    t = np.linspace(0, 1, 14)
    out = rng.uniform(0.1, 1.0)
    arch = min(arch, 1.1 / (0.6 * out) + z / (0.6 * out * long) - 0.1)  # its tip stays off the platen
    along = np.stack([long * out * t, np.zeros(14), long * (t * 1.1 - arch * out * t**2 * 0.6)], 1)
    half = 0.5 * width * np.sin(np.pi * np.clip(t * 0.92 + 0.06, 0, 1)) ** 0.8
    side = np.linspace(-1, 1, 5)
    grid = along[:, None] + np.stack([np.zeros((14, 5)), half[:, None] * side, half[:, None] * 0.25 * side**2], -1)
    leaf = sheet(grid, grid - [0, 0, 4e-4])
    turn, start = rng.uniform(0, 2 * np.pi), rng.uniform(0, spread)
    return turned(moved(leaf, x=start, z=z), turn)


def watering_can(rng: np.random.Generator) -> list[Part]:
    """A watering can: body, long spout with a rose, two handles."""
    r = rng.uniform(0.045, 0.075)
    h, wall = r * rng.uniform(1.2, 2.2), 0.0018
    outside = footed([[r, 0], [r, 0.6 * h], [rng.uniform(0.6, 0.95) * r, h]], 40, foot=0.97)
    body = vessel(outside, wall, wall, 72)
    reach = r * rng.uniform(1.6, 2.8)
    rise = h * rng.uniform(1.0, 1.3)
    path = spline([[0.8 * r, 0, 0.15 * h], [r + 0.5 * reach, 0, 0.55 * rise], [r + reach, 0, rise]], 30)
    room = cavity(outside, wall)
    spout = cut(sweep(path, 0.2 * r, np.linspace(1, 0.45, 30), sides=20), room)
    rose = revolve(
        np.array([[0, -0.2 * r], [0.1 * r, -0.2 * r], [0.36 * r, 0.12 * r], [0.36 * r, 0.16 * r], [0, 0.2 * r]]), 40
    )
    rose = moved(turned(rose, 0.9, (0, 1, 0)), r + 1.02 * reach, 0, 1.03 * rise)
    back = tube(
        [
            [-0.98 * r, 0, 0.2 * h],
            [-1.7 * r, 0, 0.55 * h],
            [-1.5 * r, 0, h],
            [-0.85 * radius_at(outside, 0.97 * h), 0, 0.97 * h],
        ],
        0.005,
        40,
    )
    top = tube(
        [
            [-0.85 * r, 0, 0.9 * h],
            [-0.4 * r, 0, 1.55 * h],
            [0.5 * r, 0, 1.5 * h],
            [0.9 * radius_at(outside, 0.95 * h), 0, 0.95 * h],
        ],
        0.0045,
        40,
    )
    material = draw(rng, paint=3, brushed_metal=3, plastic=3, chrome=1, gold=1, gloss_white=2, matt_white=1)
    parts = [Part(union(body, spout), material), Part(cut(back, room), material)]
    if rng.random() < 0.6:
        parts.append(Part(cut(top, room), material))
    return [*parts, Part(rose, material if rng.random() < 0.5 else draw(rng, gold=1, chrome=1, plastic=1))]
