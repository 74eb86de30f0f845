"""Electronics with cables, toys, plants and watering cans."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import trimesh

from cleanplate.render.products import textures
from cleanplate.render.products.dressing import draw
from cleanplate.render.products.primitives import (
    box_mapped,
    cavity,
    cut,
    join,
    moved,
    revolve,
    ring,
    rod,
    rounded_box,
    sheet,
    spline,
    superellipsoid,
    sweep,
    tube,
    turned,
    union,
    vessel,
)
from cleanplate.render.products.shapes import footed, radius_at, ribbed_cap, screw
from cleanplate.render.products.types import Part


def _cable(rng: np.random.Generator, start: list, length: float, radius: float) -> tuple[trimesh.Trimesh, trimesh.Trimesh]:
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
    plug = moved(turned(plug, float(np.arctan2(step[1], step[0]))), *end[:2], 0.0046)
    return cable, plug


def gadget(rng: np.random.Generator) -> list[Part]:
    """A router, radio, charger or player: a box with buttons, vents, a display, feet and often a cable."""
    size = np.array([rng.uniform(0.04, 0.16), rng.uniform(0.06, 0.2), rng.uniform(0.015, 0.12)])
    body_mesh = moved(rounded_box(size, rng.uniform(0.05, 0.48) * size.min(), 6), z=size[2] / 2 + 0.002)
    shell = draw(rng, plastic=4, gloss_white=3, matt_white=3, brushed_metal=1.5, rubber=0.5, wood=0.5)
    vents = int(rng.choice([0, 5, 8, 12]))
    if vents:
        slots = [moved(rounded_box((0.5 * size[0], 0.0022, 0.006), 6e-4), y=y, z=size[2] + 0.001) for y in np.linspace(-0.3, 0.3, vents) * size[1]]
        body_mesh = cut(body_mesh, *slots)
    front = 0.5 * size[0]
    buttons = []
    for y in np.linspace(-0.36, -0.05, int(rng.integers(0, 5))) * size[1]:
        b = min(0.006, 0.2 * size[2])
        buttons.append(moved(turned(ribbed_cap(b, 0.004, 0), np.pi / 2, (0, 1, 0)), x=front - 0.002, y=y, z=0.55 * size[2]))
    feet = [moved(screw(0.005, 0.002), x=x, y=y, z=0.0022) for x in (-0.3 * size[0], 0.3 * size[0]) for y in (-0.32 * size[1], 0.32 * size[1])]
    trim = draw(rng, rubber=2, plastic=2, chrome=1)
    parts = [Part(body_mesh, shell), Part(join(*feet, *buttons), trim)]
    if rng.random() < 0.6:
        w, h = 0.35 * size[1], 0.45 * size[2]
        display = moved(rounded_box((0.002, w, h), 6e-4), x=front + 2e-4, y=0.2 * size[1], z=0.55 * size[2])
        parts.append(Part(display, draw(rng, plastic=2, gloss_white=1)))
    for s in range(int(rng.choice([0, 0, 1, 2, 3]))):
        y = (s - 1) * 0.3 * size[1]
        aerial = rod([-0.45 * size[0], y, 0.8 * size[2]], [-0.55 * size[0], y * 1.2, size[2] + rng.uniform(0.05, 0.12)], 0.003)
        parts.append(Part(aerial, trim))
    if rng.random() < 0.7:
        cable, plug = _cable(rng, [front - 0.004, 0.3 * size[1], 0.3 * size[2] + 0.002], rng.uniform(0.12, 0.28), rng.uniform(0.0014, 0.003))
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
        yokes.append(tube([[-0.95 * cup, s * r, cup], [-0.8 * cup, s * (r + 0.35 * deep), 1.8 * cup], [0, s * r, cup + 0.032 + cup * 0.9], [0.8 * cup, s * (r + 0.35 * deep), 1.8 * cup], [0.95 * cup, s * r, cup]], 0.0022, 40))
    shell, metal = draw(rng, plastic=4, gloss_white=3, matt_white=1, brushed_metal=1, chrome=1), draw(rng, chrome=2, brushed_metal=2, plastic=1)
    parts = [Part(band_mesh, shell if rng.random() < 0.5 else metal), Part(join(*shells), shell), Part(join(*cushions), draw(rng, rubber=2, fabric=1, plastic=1)), Part(join(*yokes), metal)]
    if rng.random() < 0.5:
        cable, plug = _cable(rng, [0.0, r, 0.01], rng.uniform(0.15, 0.3), 0.0014)
        parts += [Part(join(cable, plug), parts[2].material)]
    return parts


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
    """A toy animal of blobs: body, head, legs, ears, tail, eyes."""
    s = rng.uniform(0.05, 0.12)
    long, high, fat = s * rng.uniform(0.8, 1.6), s * rng.uniform(0.25, 0.9), s * rng.uniform(0.5, 0.9)
    body = moved(superellipsoid((long, fat, fat * rng.uniform(0.8, 1.1)), 1, 1, 28), z=high + 0.4 * fat)
    head_r = s * rng.uniform(0.22, 0.36)
    neck = s * rng.uniform(0.1, 0.9)
    head_at = np.array([0.45 * long + 0.25 * neck, 0, high + 0.55 * fat + neck * 0.8])
    pieces = [body, moved(superellipsoid((2.3 * head_r, 1.9 * head_r, 1.9 * head_r), 1, 1, 24), *head_at)]
    pieces.append(sweep(spline([[0.3 * long, 0, high + 0.5 * fat], 0.5 * (head_at + [0.3 * long, 0, high + 0.5 * fat]) + [0.02 * s, 0, 0], head_at], 20), 0.55 * head_r, sides=20))
    leg = s * rng.uniform(0.08, 0.15)
    for x in (-0.32, 0.32):
        for y in (-0.3, 0.3):
            pieces.append(sweep(spline([[x * long, y * fat, high + 0.3 * fat], [1.1 * x * long, 1.15 * y * fat, 0.5 * high], [1.15 * x * long, 1.2 * y * fat, 0]], 12), leg, np.linspace(1.1, 0.9, 12), sides=16))
    tall = head_r * rng.uniform(0.5, 1.9)
    ears = [moved(superellipsoid((0.35 * head_r, 0.55 * head_r, 2 * tall), 1, 1, 16), head_at[0] - 0.3 * head_r, y * head_r, head_at[2] + 0.7 * head_r + 0.4 * tall) for y in (-0.55, 0.55)]
    tail = tube([[-0.42 * long, 0, high + 0.5 * fat], [-0.65 * long, 0, high + 0.6 * fat], [-0.75 * long, 0.02 * s, high + (0.6 + rng.uniform(-0.3, 0.8)) * fat]], 0.06 * s, 24)
    eyes = [moved(superellipsoid((0.2 * head_r,) * 3, 1, 1, 10), head_at[0] + 0.95 * head_r, y * head_r, head_at[2] + 0.3 * head_r) for y in (-0.42, 0.42)]
    coat = draw(rng, plastic=3, fabric=3, wood=2, matt_white=2, gloss_white=1, ceramic=1, rubber=1)
    return [Part(union(*pieces, *ears, tail), coat), Part(join(*eyes), draw(rng, plastic=2, rubber=1))]


def plant(rng: np.random.Generator) -> list[Part]:
    """A potted plant with thin leaves, blades of grass or a stem with fronds."""
    r, h = rng.uniform(0.03, 0.07), rng.uniform(0.05, 0.12)
    outside = footed([[rng.uniform(0.6, 0.95) * r, 0], [0.9 * r, 0.5 * h], [r, h]], 40)
    pot = vessel(outside, 0.0035, 0.006, 64)
    earth = revolve(np.array([[0, 0.0065], [radius_at(outside, 0.0065) - 0.0042, 0.0065], [radius_at(outside, 0.85 * h) - 0.0042, 0.85 * h], [0, 0.88 * h]]), 40)
    count, long = int(rng.integers(9, 34)), rng.uniform(0.06, 0.18)
    width, arch = rng.uniform(0.03, 0.3) * long, rng.uniform(0.2, 1.6)
    leaves = [_leaf(rng, long * rng.uniform(0.5, 1), width * rng.uniform(0.6, 1), arch, 0.87 * h, 0.5 * r) for _ in range(count)]
    green = draw(rng, plastic=1)
    hue = np.array([0.1, 0.3, 0.05]) * rng.uniform(0.5, 1.8) * rng.uniform(0.6, 1.4, 3)
    green = replace(green, kind="paint", colour=tuple(float(c) for c in hue.clip(0.01, 0.8)))
    ground = replace(green, colour=(0.05, 0.03, 0.02), kind="fabric", roughness=0.95)
    return [
        Part(pot, draw(rng, ceramic=3, matt_white=3, gloss_white=2, plastic=2, clear_glass=1, paint=1, brushed_metal=1)),
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
    rose = revolve(np.array([[0, -0.2 * r], [0.1 * r, -0.2 * r], [0.36 * r, 0.12 * r], [0.36 * r, 0.16 * r], [0, 0.2 * r]]), 40)
    rose = moved(turned(rose, 0.9, (0, 1, 0)), r + 1.02 * reach, 0, 1.03 * rise)
    back = tube([[-0.98 * r, 0, 0.2 * h], [-1.7 * r, 0, 0.55 * h], [-1.5 * r, 0, h], [-0.85 * radius_at(outside, 0.97 * h), 0, 0.97 * h]], 0.005, 40)
    top = tube([[-0.85 * r, 0, 0.9 * h], [-0.4 * r, 0, 1.55 * h], [0.5 * r, 0, 1.5 * h], [0.9 * radius_at(outside, 0.95 * h), 0, 0.95 * h]], 0.0045, 40)
    material = draw(rng, paint=3, brushed_metal=3, plastic=3, chrome=1, gold=1, gloss_white=2, matt_white=1)
    parts = [Part(union(body, spout), material), Part(cut(back, room), material)]
    if rng.random() < 0.6:
        parts.append(Part(cut(top, room), material))
    return [*parts, Part(rose, material if rng.random() < 0.5 else draw(rng, gold=1, chrome=1, plastic=1))]
