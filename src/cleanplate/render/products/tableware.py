"""What stands on a laid table: mugs, bowls, plates, jugs, teapots."""

from __future__ import annotations

import numpy as np

from cleanplate.render.products import textures
from cleanplate.render.products.assembly import cut, moved, turned, union
from cleanplate.render.products.dressing import draw
from cleanplate.render.products.primitives import cavity, spline, sweep, vessel
from cleanplate.render.products.shapes import dome_lid, ear, footed, knob, radius_at
from cleanplate.render.products.sheets import wrap
from cleanplate.render.products.types import Material, Part


def _glazed(rng: np.random.Generator) -> Material:
    return draw(rng, ceramic=5, gloss_white=4, matt_white=2.5, clear_glass=1.5, plastic=1, frosted_glass=0.5)


def mug(rng: np.random.Generator) -> list[Part]:
    """A mug or cup with one ear, sometimes decorated."""
    h = rng.uniform(0.055, 0.13)
    r, wall = h * rng.uniform(0.36, 0.62), rng.uniform(0.0025, 0.005)
    foot, belly = rng.uniform(0.6, 1.0), rng.uniform(0.97, 1.12)
    outside = footed([[r * foot, 0], [r * belly, h * rng.uniform(0.35, 0.6)], [r, h]], foot=0.9)
    low, high = h * rng.uniform(0.15, 0.32), h * rng.uniform(0.72, 0.9)
    ends = [(radius_at(outside, z) - 0.6 * wall, z) for z in (low, high)]
    handle = ear(ends[0], ends[1], h * rng.uniform(0.25, 0.42), rng.uniform(0.007, 0.011), rng.uniform(0.8, 1.6))
    mesh = union(vessel(outside, wall, 1.3 * wall), cut(handle, cavity(outside, wall, 1.3 * wall)))
    material = _glazed(rng)
    parts = [Part(mesh, material)]
    if rng.random() < 0.3:
        print_ = turned(wrap(outside, low + 0.05 * h, high - 0.05 * h, 2.4), np.pi)  # opposite the ear
        image = textures.label(rng) if rng.random() < 0.5 else textures.pattern(rng)
        parts.append(Part(print_, draw(rng, label=1), image))
    return parts


def bowl(rng: np.random.Generator) -> list[Part]:
    """A bowl or dish, deep or shallow, now and then with two ears, or a small stack of them."""
    r = rng.uniform(0.05, 0.15)
    h, wall = r * rng.uniform(0.3, 1.0), rng.uniform(0.002, 0.005)
    foot = r * rng.uniform(0.35, 0.6)
    bulge = rng.uniform(0.75, 1.0)
    points = [[foot, 0], [foot, 0.05 * h], [r * bulge, h * rng.uniform(0.4, 0.6)], [r, h]]
    outside = footed(points, 70, foot=0.8)
    mesh = vessel(outside, wall, 1.2 * wall + 0.05 * h, 96)
    material = draw(
        rng, ceramic=4, gloss_white=3, matt_white=3, clear_glass=3, wood=2, brushed_metal=2, plastic=1, chrome=0.5
    )
    count = int(rng.choice([1, 1, 1, 2, 3])) if material.kind not in ("clear_glass",) else 1
    rise = wall * 1.6 + 0.12 * h
    return [Part(moved(mesh, z=i * rise), material) for i in range(count)]


def plates(rng: np.random.Generator) -> list[Part]:
    """One plate or a stack."""
    r, wall = rng.uniform(0.07, 0.145), rng.uniform(0.003, 0.005)
    h = r * rng.uniform(0.1, 0.25)
    well = r * rng.uniform(0.55, 0.72)
    outside = footed([[well * 0.9, 0], [well, 0.15 * h], [well * 1.12, 0.6 * h], [r, h]], 60, foot=0.9)
    mesh = vessel(outside, wall, wall, 96)
    material = draw(rng, ceramic=4, gloss_white=4, matt_white=2, clear_glass=1, wood=0.7, brushed_metal=0.7)
    count = 1 if material.kind == "clear_glass" else int(rng.choice([1, 1, 2, 4, 6]))
    return [Part(moved(mesh, z=i * wall * 1.35), material) for i in range(count)]


def pitcher(rng: np.random.Generator) -> list[Part]:
    """A jug: vessel with a pulled lip and a large ear."""
    h = rng.uniform(0.12, 0.26)
    r, wall = h * rng.uniform(0.24, 0.36), rng.uniform(0.0025, 0.0045)
    neck = r * rng.uniform(0.6, 0.95)
    points = [[r * rng.uniform(0.7, 0.95), 0], [r, h * 0.35], [neck, h * 0.78], [neck * rng.uniform(1.0, 1.2), h]]
    outside = footed(points, 80, foot=0.9)
    low, high = h * rng.uniform(0.15, 0.3), h * rng.uniform(0.8, 0.9)
    ends = [(radius_at(outside, z) - 0.6 * wall, z) for z in (low, high)]
    handle = ear(ends[0], ends[1], h * rng.uniform(0.16, 0.26), rng.uniform(0.009, 0.014), rng.uniform(0.9, 1.7))
    mesh = union(vessel(outside, wall, 1.4 * wall, 96), cut(handle, cavity(outside, wall, 1.4 * wall)))
    # the lip: the rim opposite the handle is drawn out and slightly up
    x, y, z = mesh.vertices.T
    towards = np.clip(-x / (np.hypot(x, y) + 1e-9), 0, 1) ** 6 * np.clip((z / h - 0.72) / 0.28, 0, 1) ** 2
    mesh.vertices = np.stack([x - towards * 0.3 * neck, y * (1 - 0.25 * towards), z + towards * 0.02 * h], 1)
    return [
        Part(
            mesh,
            draw(rng, clear_glass=4, ceramic=3, gloss_white=2, brushed_metal=1.5, plastic=2, translucent_plastic=1),
        )
    ]


def teapot(rng: np.random.Generator) -> list[Part]:
    """A pot with lid, knob, ear and curved spout."""
    r, wall = rng.uniform(0.05, 0.09), 0.0035
    h = r * rng.uniform(1.0, 1.7)
    mouth = r * rng.uniform(0.45, 0.6)
    outside = footed([[0.6 * r, 0], [r, 0.45 * h], [0.85 * r, 0.8 * h], [mouth, h]], 70, foot=0.9)
    ends = [(radius_at(outside, z) - 0.6 * wall, z) for z in (0.25 * h, 0.8 * h)]
    handle = ear(ends[0], ends[1], r * rng.uniform(0.55, 0.85), 0.01, 1.2)
    path = spline(
        [[-0.7 * r, 0, 0.25 * h], [-1.35 * r, 0, 0.5 * h], [-1.5 * r, 0, 0.85 * h], [-1.85 * r, 0, 1.05 * h]], 40
    )
    width = np.linspace(1.0, 0.5, 40)
    spout = cut(sweep(path, 0.017, width, sides=24), sweep(path, 0.013, width, sides=24))
    room = cavity(outside, wall)
    body = union(vessel(outside, wall), cut(handle, room), cut(spout, room))
    lid = moved(dome_lid(mouth * 1.02, 0.22 * h), z=h + 4e-4)
    material = _glazed(rng)
    top = material if rng.random() < 0.6 else draw(rng, wood=1, chrome=1, ceramic=1)
    grip = draw(rng, wood=1, plastic=1) if rng.random() < 0.4 else top
    return [Part(body, material), Part(lid, top), Part(knob(rng, 0.02, h + 0.2 * h), grip)]
