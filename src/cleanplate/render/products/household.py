"""Open frames, straps, trays and soft things about the house; for training, beside its first families."""

from __future__ import annotations

import numpy as np
import trimesh

from cleanplate.render.products.assembly import cut, join, moved, turned, union
from cleanplate.render.products.dressing import draw
from cleanplate.render.products.primitives import extrude, ring, rod, rounded_box, rounded_outline, superellipsoid, tube
from cleanplate.render.products.types import Material, Part


def _body(rng: np.random.Generator) -> Material:
    return draw(rng, gloss_white=3, matt_white=3, plastic=3, paint=2, wood=1.5, ceramic=1, translucent_plastic=0.5)


def _metal(rng: np.random.Generator) -> Material:
    return draw(rng, chrome=3, brushed_metal=2, gold=1, gloss_white=1.5, matt_white=1, paint=1.5)


def letter_tray(rng: np.random.Generator) -> list[Part]:
    """One to three open trays above each other, on posts; a side is open."""
    w, d, h = rng.uniform(0.1, 0.2), rng.uniform(0.1, 0.26), rng.uniform(0.02, 0.06)
    wall, gap = rng.uniform(0.002, 0.006), rng.uniform(0.005, 0.04)
    box = moved(rounded_box([w, d, h], 0.004), z=h / 2)
    hollow = moved(rounded_box([w - 2 * wall, d, h], 0.003), y=wall, z=h / 2 + wall)
    tray = cut(box, hollow)
    count = int(rng.integers(1, 4))
    trays = [moved(tray, z=i * (h + gap)) for i in range(count)]
    material = _body(rng)
    if count == 1:
        return [Part(tray, material)]
    posts = [
        rod([x, y, 0], [x, y, (count - 1) * (h + gap) + 0.9 * h], rng.uniform(0.002, 0.004))
        for x in (-w / 2, w / 2)
        for y in (-0.45 * d, 0.4 * d)
    ]
    return [Part(join(*trays), material), Part(join(*posts), _metal(rng))]


def dish_rack(rng: np.random.Generator) -> list[Part]:
    """A tray with rows of upright wire loops."""
    w, d, wire = rng.uniform(0.16, 0.34), rng.uniform(0.1, 0.24), rng.uniform(0.001, 0.0025)
    tray = moved(extrude(rounded_outline(w, d, 0.02), 0.008), z=0.004)
    loops: list[trimesh.Trimesh] = []
    for y in np.linspace(-0.3, 0.3, int(rng.integers(1, 4))) * d:
        rise, broad = rng.uniform(0.03, 0.1), rng.uniform(0.25, 0.8)
        pitch = w / int(rng.integers(6, 16))
        for x in np.arange(-0.45 * w, 0.45 * w, pitch):
            half = broad * 0.15 * d
            bend = [[x, y - half, 0.006], [x, y - half, rise], [x, y, 1.15 * rise], [x, y + half, rise]]
            loops.append(tube([*bend, [x, y + half, 0.006]], wire, 28, sides=8))
    metal = _metal(rng)
    return [Part(tray, metal if rng.random() < 0.3 else _body(rng)), Part(join(*loops), metal)]


def lantern(rng: np.random.Generator) -> list[Part]:
    """Two slabs on corner posts, with or without panes, and a ring on top."""
    w, h, post = rng.uniform(0.06, 0.14), rng.uniform(0.1, 0.26), rng.uniform(0.002, 0.006)
    sides = int(rng.integers(3, 7))
    angles = np.arange(sides) * 2 * np.pi / sides
    corners = 0.5 * w * np.stack([np.cos(angles), np.sin(angles)], 1)
    slab = extrude(1.15 * corners, 0.012)
    roof = moved(slab, z=h)
    posts = [rod([x, y, 0.005], [x, y, h + 0.005], post) for x, y in corners]
    loop = moved(turned(ring(0.02, 0.002), np.pi / 2, (1, 0, 0)), z=h + 0.031)
    frame = _metal(rng)
    parts = [Part(join(slab, roof, *posts, loop), frame)]
    if rng.random() < 0.5:
        pane = cut(extrude(0.97 * corners, h - 0.014), moved(extrude(0.93 * corners, h), z=-0.001))
        parts.append(Part(moved(pane, z=0.013), draw(rng, clear_glass=3, frosted_glass=1, tinted_glass=1)))
    if rng.random() < 0.6:
        lit = extrude(rounded_outline(0.4 * w, 0.4 * w, 0.19 * w, 10), rng.uniform(0.2, 0.6) * h)
        parts.append(Part(moved(lit, z=0.0125), draw(rng, matt_white=3, gloss_white=1, plastic=1)))
    return parts


def tripod(rng: np.random.Generator) -> list[Part]:
    """Three or four splayed legs with braces, and a head."""
    h, spread, thick = rng.uniform(0.12, 0.32), rng.uniform(0.04, 0.13), rng.uniform(0.0015, 0.006)
    legs = int(rng.integers(3, 5))
    angles = np.arange(legs) * 2 * np.pi / legs
    feet = np.c_[spread * np.cos(angles), spread * np.sin(angles), np.zeros(legs)]
    top = np.array([0, 0, h])
    at = rng.uniform(0.3, 0.6)
    rods = [rod(foot, top, thick) for foot in feet]
    rods += [rod(foot + at * (top - foot), [0, 0, rng.uniform(0.3, 0.8) * h], 0.7 * thick) for foot in feet]
    head = moved(rounded_box(rng.uniform(0.02, 0.06, 3), 0.004), z=h)
    return [Part(join(*rods), _metal(rng)), Part(head, _body(rng))]


def strap(rng: np.random.Generator) -> list[Part]:
    """A closed band on edge or lying: bracelet, collar, watch; perhaps with a face."""
    r, broad, thick = rng.uniform(0.025, 0.07), rng.uniform(0.004, 0.04), rng.uniform(0.0012, 0.005)
    squash = rng.uniform(0.5, 1.0)
    a = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    around = np.stack([np.cos(a), squash * np.sin(a)], 1)
    band = extrude(r * around, broad, [(r - thick) * around])
    material = draw(rng, rubber=2, fabric=2, gold=2, chrome=2, plastic=2, gloss_white=2, matt_white=2)
    parts = [Part(band, material)]
    if rng.random() < 0.5:
        face = rounded_box([0.5 * r, 0.012, max(1.1 * broad, 0.4 * r)], 0.003)
        parts.append(Part(moved(face, y=-squash * r, z=broad / 2), draw(rng, chrome=2, plastic=2, gloss_white=2)))
    lean = rng.choice([0.0, np.pi / 2])
    return [Part(turned(part.mesh, lean, (1, 0, 0)), part.material) for part in parts]


def chain(rng: np.random.Generator) -> list[Part]:
    """Links in a row, laid along a random bend."""
    long, wire = rng.uniform(0.008, 0.025), rng.uniform(0.0008, 0.0025)
    count = int(rng.integers(8, 26))
    heading, at, links = rng.uniform(0, 6.3), np.zeros(2), []
    bend = rng.normal(0, 0.25)
    for i in range(count):
        link = turned(ring(long / 2, wire, 0, rng.uniform(0.55, 0.65), 28), 0.4 if i % 2 else -0.4, (1, 0, 0))
        links.append(moved(turned(link, heading), *at.tolist()))
        heading += bend + rng.normal(0, 0.12)
        at = at + 0.8 * long * np.array([np.cos(heading), np.sin(heading)])
    parts = [Part(join(*links), _metal(rng))]
    if rng.random() < 0.5:
        parts.append(Part(moved(superellipsoid(rng.uniform(0.01, 0.03, 3), 1, 1, 16), *at.tolist()), _body(rng)))
    return parts


def coil(rng: np.random.Generator) -> list[Part]:
    """A cable or hose wound up, its end hanging out."""
    r, thick, turns = rng.uniform(0.03, 0.1), rng.uniform(0.0015, 0.006), rng.uniform(1.5, 6)
    t = np.linspace(0, 1, int(20 * turns))
    wobble = 1 + 0.12 * np.interp(t, np.linspace(0, 1, 9), rng.uniform(-1, 1, 9))
    a = 2 * np.pi * turns * t
    z = thick + rng.uniform(0.5, 2.5) * thick * turns * t
    path = np.stack([r * wobble * np.cos(a), r * wobble * np.sin(a), z], 1)
    path = np.vstack([path, path[-1] + [rng.uniform(0.03, 0.08), rng.uniform(-0.05, 0.05), -0.5 * z[-1]]])
    cable = tube(path, thick, int(60 * turns), sides=8)
    plug = moved(rounded_box([0.03, 0.018, 0.012], 0.003), *path[-1].tolist())
    material = draw(rng, rubber=3, plastic=3, gloss_white=2, matt_white=2)
    return [Part(cable, material), Part(plug, material if rng.random() < 0.5 else _body(rng))]


def step_ladder(rng: np.random.Generator) -> list[Part]:
    """Two side frames leaning on each other, with steps or rungs."""
    w, h, foot = rng.uniform(0.08, 0.16), rng.uniform(0.14, 0.34), rng.uniform(0.05, 0.12)
    bar = rng.uniform(0.003, 0.008)
    rails = [rod([x, y, 0], [0.8 * x, 0, h], bar, 4) for x in (-w / 2, w / 2) for y in (-foot, foot)]
    steps = []
    deep = rng.choice([1.0, rng.uniform(2, 6)])
    for t in np.linspace(0.15, 1.0, int(rng.integers(2, 7))):
        across = w * (1 - 0.2 * t) + bar
        steps.append(moved(rounded_box([across, 2 * bar * deep, 2 * bar], 0.4 * bar), y=-foot * (1 - t), z=t * h))
    frame = _metal(rng) if rng.random() < 0.5 else _body(rng)
    return [Part(join(*rails), frame), Part(join(*steps), frame if rng.random() < 0.5 else _body(rng))]


def crate(rng: np.random.Generator) -> list[Part]:
    """A box with openings in its walls: slots or windows, open above."""
    w, d, h = rng.uniform(0.12, 0.26), rng.uniform(0.1, 0.2), rng.uniform(0.05, 0.18)
    wall = rng.uniform(0.003, 0.008)
    box = moved(rounded_box([w, d, h], 0.01), z=h / 2)
    tools = [moved(rounded_box([w - 2 * wall, d - 2 * wall, h], 0.008), z=h / 2 + wall)]
    columns, rows = int(rng.integers(2, 9)), int(rng.integers(1, 4))
    share = rng.uniform(0.5, 0.85)
    for x in (np.arange(columns) + 0.5) / columns - 0.5:
        for z in (np.arange(rows) + 0.5) / rows:
            at = {"x": 0.9 * x * w, "z": 0.1 * h + 0.8 * z * h}
            tools.append(moved(rounded_box([share * 0.9 * w / columns, 2 * d, share * 0.8 * h / rows], 0.002, 3), **at))
            if rng.random() < 0.8:
                side = rounded_box([2 * w, share * 0.9 * d / columns, share * 0.8 * h / rows], 0.002, 3)
                tools.append(moved(side, y=0.9 * x * d, z=at["z"]))
    return [Part(cut(box, *tools), _body(rng))]


def soft(rng: np.random.Generator) -> list[Part]:
    """A cushion, pouch or soap: one or two rounded bodies without an edge."""
    pieces = []
    for _ in range(int(rng.integers(1, 4))):
        size = rng.uniform(0.04, 0.18, 3) * [1, 1, rng.uniform(0.2, 0.8)]
        body = superellipsoid(size, rng.uniform(0.4, 1.4), rng.uniform(0.3, 1.0), 28)
        pieces.append(moved(turned(body, rng.uniform(0, 3)), *(rng.uniform(-0.04, 0.04, 3).tolist())))
    material = draw(rng, fabric=3, matt_white=4, gloss_white=2, rubber=1, ceramic=1, frosted_glass=1)
    if rng.random() < 0.5:
        return [Part(union(*pieces), material)]
    return [Part(piece, material if rng.random() < 0.5 else _body(rng)) for piece in pieces]
