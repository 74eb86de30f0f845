"""Toys: building blocks and animals."""

from __future__ import annotations

import numpy as np

from cleanplate.render.products import textures
from cleanplate.render.products.assembly import join, moved, turned, union
from cleanplate.render.products.dressing import draw
from cleanplate.render.products.primitives import rod, rounded_box, spline, superellipsoid, sweep, tube
from cleanplate.render.products.sheets import box_mapped
from cleanplate.render.products.types import Part


def blocks(rng: np.random.Generator) -> list[Part]:
    """A pile of building blocks: cubes, cylinders, wedges and balls stacked in columns."""
    unit, columns = rng.uniform(0.022, 0.045), int(rng.integers(1, 5))
    palette = [draw(rng, wood=2, paint=4, plastic=3, gloss_white=1, matt_white=2) for _ in range(4)]
    parts = []
    for c in range(columns):
        x, y = (c % 2) * 1.15 * unit, (c // 2) * 1.15 * unit
        z = 0.0
        for level in range(int(rng.integers(1 if columns > 1 else 2, 6))):
            kind, turn = rng.integers(4), rng.normal(0, 0.2)
            if kind < 2:
                mesh, h = box_mapped(rounded_box((unit, unit, unit), 0.002, 3)), unit
            elif kind == 2:
                mesh, h = rod([0, 0, -unit / 2], [0, 0, unit / 2], 0.48 * unit, 32), unit
            else:
                mesh, h = rounded_box((unit, unit, unit / 2), 0.002, 3), unit / 2
            jitter = rng.normal(0, 0.05, 2) * unit * (level > 0)
            material = palette[rng.integers(len(palette))]
            image = textures.pattern(rng, 1.5) if kind < 2 and rng.random() < 0.35 else None
            parts.append(Part(moved(turned(mesh, turn), x + jitter[0], y + jitter[1], z + h / 2), material, image))
            z += h
    return parts


def animal(rng: np.random.Generator) -> list[Part]:
    """A toy animal of blobs: body, neck, head, legs, ears, tail, eyes."""
    s = rng.uniform(0.05, 0.12)
    long, high, fat = s * rng.uniform(0.8, 1.6), s * rng.uniform(0.25, 0.9), s * rng.uniform(0.5, 0.9)
    back = high + 0.5 * fat
    r, neck, leg, tall = s * rng.uniform((0.22, 0.1, 0.08, 0.12), (0.36, 0.9, 0.15, 0.5))
    shoulder = np.array([0.3 * long, 0, back])
    head = np.array([0.45 * long + 0.25 * neck, 0, back + 0.05 * fat + 0.8 * neck])
    throat = spline([shoulder, 0.5 * (head + shoulder) + np.array([0.02 * s, 0, 0]), head], 20)
    pieces = [
        moved(superellipsoid((long, fat, fat * rng.uniform(0.8, 1.1)), 1, 1, 28), z=high + 0.4 * fat),
        moved(superellipsoid((2.3 * r, 1.9 * r, 1.9 * r), 1, 1, 24), *head),
        sweep(throat, 0.55 * r, sides=20),
    ]
    for x, y in ((0.32, 0.3), (0.32, -0.3), (-0.32, 0.3), (-0.32, -0.3)):
        hip, foot = [x * long, y * fat, high + 0.3 * fat], [1.15 * x * long, 1.2 * y * fat, 0]
        bone = spline([hip, [1.1 * x * long, 1.15 * y * fat, 0.5 * high], foot], 12)
        pieces.append(sweep(bone, leg, np.linspace(1.1, 0.9, 12), sides=16))
    lobe = superellipsoid((0.35 * r, 0.55 * r, 2 * tall), 1, 1, 16)
    pieces += [moved(lobe, head[0] - 0.3 * r, y * r, head[2] + 0.7 * r + 0.4 * tall) for y in (-0.55, 0.55)]
    tip = back + rng.uniform(-0.2, 0.9) * fat
    pieces.append(
        tube([[-0.42 * long, 0, back], [-0.65 * long, 0, back + 0.1 * fat], [-0.75 * long, 0.02 * s, tip]], 0.06 * s)
    )
    eye = moved(superellipsoid((0.2 * r,) * 3, 1, 1, 10), head[0] + 0.95 * r, 0, head[2] + 0.3 * r)
    coat = draw(rng, plastic=3, fabric=3, wood=2, matt_white=2, gloss_white=1, ceramic=1, rubber=1)
    eyes = join(moved(eye, y=-0.42 * r), moved(eye, y=0.42 * r))
    return [Part(union(*pieces), coat), Part(eyes, draw(rng, plastic=2, rubber=1))]
