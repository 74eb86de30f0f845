"""Shapes of no use: random outlines, holes and wires, so that training knows more than its families of products."""

from __future__ import annotations

import numpy as np
import trimesh

from cleanplate.render.products.assembly import join, moved, turned, union
from cleanplate.render.products.dressing import draw
from cleanplate.render.products.primitives import (
    extrude,
    revolve,
    ring,
    rod,
    rounded_box,
    rounded_outline,
    spline,
    star,
    superellipsoid,
    tube,
)
from cleanplate.render.products.types import Material, Part


def any_material(rng: np.random.Generator) -> Material:
    return draw(
        rng, gloss_white=3, matt_white=3, ceramic=1, clear_glass=2, frosted_glass=1, chrome=2, brushed_metal=1,
        gold=0.5, plastic=2, paint=1, translucent_plastic=0.5, wood=0.5,
    )  # fmt: skip


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _blob(rng: np.random.Generator, radius: float, roughness: float) -> np.ndarray:
    """A closed outline about the origin, star-shaped, its radius random by a factor of up to 1 + roughness."""
    count = int(rng.integers(4, 10))
    return star(radius * (1 + roughness * rng.uniform(-1, 1, count)), 80)


def tangle(rng: np.random.Generator) -> list[Part]:
    """Wires bent at random, open or closed, flat on the platen or standing up from it."""
    size, wire = rng.uniform(0.04, 0.14), log_uniform(rng, 0.0007, 0.006)
    height = size * (rng.uniform(0.5, 1.5) if rng.random() < 0.6 else 0.02)
    parts = []
    for _ in range(int(rng.integers(1, 6))):
        points = rng.uniform(-1, 1, (int(rng.integers(4, 10)), 3)) * [size, size, height / 2]
        parts.append(tube(points, wire * rng.uniform(0.7, 1.4), 120, closed=bool(rng.random() < 0.5), sides=8))
    if rng.random() < 0.3:
        return [Part(part, any_material(rng)) for part in parts]
    return [Part(join(*parts), any_material(rng))]


def rosette(rng: np.random.Generator) -> list[Part]:
    """A wire bent at random and repeated around an axis, lying or standing, with rings, perhaps on a stem."""
    size, wire = rng.uniform(0.03, 0.13), log_uniform(rng, 0.0007, 0.005)
    height = size * rng.choice([0.0, rng.uniform(0.2, 2.5)])
    turns, count = rng.uniform(0, 1.2), int(rng.integers(4, 8))
    closed = bool(rng.random() < 0.5)
    if closed:  # a loop beside the axis
        angles = np.arange(count) * 2 * np.pi / count
        radii, lean = 0.5 + 0.4 * np.cos(angles), rng.uniform(0.1, 0.5) * np.sin(angles)
        levels = 0.5 + 0.5 * np.cos(angles + rng.uniform(0, 6.3))
    else:
        radii, levels = rng.uniform(0.05, 1, count), np.linspace(0, 1, count)
        lean = turns * levels
    around = np.stack([radii * np.cos(lean), radii * np.sin(lean)], 1) * size
    petal = tube(np.c_[around, levels * height], wire, 100, closed=closed, sides=8)
    copies = int(rng.integers(2, 19))
    pieces = [turned(petal, angle) for angle in np.arange(copies) * 2 * np.pi / copies]
    levels = rng.uniform(0, height, int(rng.integers(0, 4)))
    pieces += [ring(size * rng.uniform(0.2, 1.05), wire * rng.uniform(0.8, 2), z) for z in levels]
    work = turned(join(*pieces), rng.choice([0.0, 0.0, np.pi / 2, rng.uniform(0.2, 2.9)]), (1, 0, 0))
    if rng.random() < 0.4:
        stem = rod([0, 0, -size * rng.uniform(0.3, 1.5)], [0, 0, 0.2 * height], wire * rng.uniform(1.5, 8), 16)
        return [Part(work, any_material(rng)), Part(stem, any_material(rng))]
    return [Part(work, any_material(rng))]


def fretwork(rng: np.random.Generator) -> list[Part]:
    """A plate with random outline and holes, upright, leaning or lying, perhaps on a foot."""
    radius, thick = rng.uniform(0.04, 0.13), rng.uniform(0.0015, 0.012)
    holes = []
    for _ in range(int(rng.integers(1, 9))):
        distance, angle = radius * 0.75 * np.sqrt(rng.random()), rng.uniform(0, 6.3)
        at = distance * np.array([np.cos(angle), np.sin(angle)])
        holes.append(_blob(rng, radius * rng.uniform(0.08, 0.35), 0.4) + at)
    plate = extrude(_blob(rng, radius, 0.3), thick, holes)
    lean = rng.choice([0.0, np.pi / 2, rng.uniform(0.2, 1.5)])
    plate = turned(plate, lean, (1, 0, 0))
    if lean and rng.random() < 0.4:
        low = plate.bounds[0][2]
        foot = moved(extrude(_blob(rng, 0.4 * radius, 0.2), 0.006), z=low - 0.003)
        return [Part(plate, any_material(rng)), Part(foot, any_material(rng))]
    return [Part(plate, any_material(rng))]


def lattice(rng: np.random.Generator) -> list[Part]:
    """One to three layers of bars crossing at random angles and distances, lying or standing on posts or edge."""
    size, bar = rng.uniform(0.05, 0.14), log_uniform(rng, 0.0007, 0.005)
    bars: list[trimesh.Trimesh] = []
    for layer in range(int(rng.integers(1, 4))):
        angle, z = rng.uniform(0, np.pi), 1.8 * bar * layer
        places = np.sort(rng.uniform(-1, 1, int(rng.integers(3, 20)))) * size
        for x in places:
            half = np.sqrt(size**2 - x**2) * rng.uniform(0.8, 1.0) + bar
            bars.append(turned(rod([x, -half, z], [x, half, z], bar, 8), angle))
    bars.append(tube(np.c_[_blob(rng, 0.9 * size, 0.15), np.zeros(80)], 1.3 * bar, 160, closed=True, sides=8))
    if rng.random() < 0.5:
        angles = rng.uniform(0, 2 * np.pi, 4) + np.arange(4) * np.pi / 2
        foot = rng.uniform(0.01, 1.0) * size
        for x, y in 0.8 * size * np.stack([np.cos(angles), np.sin(angles)], 1):
            bars.append(rod([x, y, -foot], [x, y, 0], 1.5 * bar))
    grid = join(*bars)
    return [Part(turned(grid, rng.choice([0.0, 0.0, np.pi / 2, 1.2]), (1, 0, 0)), any_material(rng))]


def clump(rng: np.random.Generator) -> list[Part]:
    """A few solids run together: broad plain surfaces, edges and necks where no product has them."""
    size = rng.uniform(0.03, 0.09)
    solids = []
    for _ in range(int(rng.integers(1, 5))):
        extent = size * rng.uniform(0.4, 1.6, 3)
        kind = rng.integers(3)
        if kind == 0:
            solid = rounded_box(extent, rng.uniform(0.02, 0.4) * extent.min())
        elif kind == 1:
            solid = superellipsoid(extent, rng.uniform(0.3, 1.6), rng.uniform(0.3, 1.6), 24)
        else:
            radii = size * rng.uniform(0.1, 0.9, 5)
            profile = spline(np.c_[radii, np.linspace(0, extent[2], 5)], 30, overshoot=False)
            solid = revolve(np.vstack([[0, 0], profile, [0, extent[2]]]), 48)
        solids.append(
            moved(turned(solid, rng.uniform(0, 3.1), rng.normal(size=3).tolist()), *(rng.uniform(-0.6, 0.6, 3) * size))
        )
    if rng.random() < 0.5:
        return [Part(union(*solids), any_material(rng))]
    return [Part(solid, any_material(rng)) for solid in solids]


def heap(rng: np.random.Generator) -> list[Part]:
    """Two of the above into, on or before one another: what openings show is now the set, now the product itself."""
    kinds = (tangle, fretwork, lattice, clump)
    open_work, other = kinds[rng.integers(3)], kinds[rng.integers(4)]
    parts = open_work(rng)
    shift = rng.uniform(-0.05, 0.05, 3)
    return [*parts, *(Part(moved(part.mesh, *shift), part.material, part.texture) for part in other(rng))]


def slots(rng: np.random.Generator) -> list[Part]:
    """Bodies with narrow gaps between them, through which the set is seen in their shade: jaws, slits or handles."""
    parts = (_jaws, _slitted, _handled)[rng.integers(3)](rng)
    lean = rng.choice([0.0, 0.0, np.pi / 2, rng.uniform(0, np.pi)])
    return [Part(turned(part.mesh, lean, (1, 0, 0)), part.material) for part in parts]


def _gap(rng: np.random.Generator, size: float) -> float:
    return size * log_uniform(rng, 0.008, 0.1)


def _jaws(rng: np.random.Generator) -> list[Part]:
    """Two to four bars over one another, parallel or opening, held together at one end or both."""
    size = rng.uniform(0.06, 0.2)
    width, opening = size * rng.uniform(0.05, 0.5), rng.choice([0.0, rng.uniform(0.02, 0.3)])
    bars, z = [], 0.0
    for layer in range(int(rng.integers(2, 5))):
        thick, long = size * rng.uniform(0.03, 0.16), size * rng.uniform(0.65, 1.0)
        solid = rounded_box([long, width * rng.uniform(0.7, 1), thick], rng.uniform(0.05, 0.5) * min(thick, width))
        bars.append(moved(turned(moved(solid, long / 2), -opening * layer, (0, 1, 0)), z=z + thick / 2))
        z += thick + _gap(rng, size)
    held = [0.04] if opening or rng.random() < 0.6 else [0.04, 0.6]
    hinges = [moved(rounded_box([0.12 * size, width, z], 0.01 * size), place * size, z=z / 2) for place in held]
    if rng.random() < 0.5:
        return [Part(union(*bars, *hinges), any_material(rng))]
    return [*(Part(bar, any_material(rng)) for bar in bars), Part(union(*hinges), any_material(rng))]


def _slitted(rng: np.random.Generator) -> list[Part]:
    """A plate or block with parallel slits, or a comb of them."""
    size = rng.uniform(0.05, 0.16)
    depth, gap = size * rng.uniform(0.3, 1.0), _gap(rng, size)
    pitch = gap * rng.uniform(1.5, 6)
    places = np.arange(min(int(0.8 * size / pitch), 12) + 1) * pitch
    places -= places.mean()
    open_end = depth * rng.choice([0.0, 0.3])  # a comb's slits reach the edge and beyond
    slits = [rounded_outline(gap, 0.75 * depth, 0.5 * gap, 6, (x, open_end)) for x in places]
    outline = rounded_outline(size, depth, rng.uniform(0.02, 0.2) * depth)
    return [Part(extrude(outline, size * log_uniform(rng, 0.02, 0.5), slits), any_material(rng))]


def _handled(rng: np.random.Generator) -> list[Part]:
    """A turned body and a bow close beside it."""
    size = rng.uniform(0.05, 0.16)
    radii = size * rng.uniform(0.2, 0.5, 4)
    profile = spline(np.c_[radii, np.linspace(0, size, 4)], 30, overshoot=False)
    body = revolve(np.vstack([[0, 0], profile, [0, size]]), 48)
    wire, out = size * rng.uniform(0.02, 0.09), _gap(rng, size)
    low, high = np.sort(rng.uniform(0.08, 0.95, 2) * size)
    high = max(high, low + 3 * wire)
    levels = np.linspace(low, high, 6)
    reach = np.interp(levels, profile[:, 1], profile[:, 0]).max() + out + wire
    bow = np.r_[0.3 * size, np.full(4, reach), 0.3 * size]
    handle = tube(np.c_[bow, np.zeros(6), levels], wire, 60)
    if rng.random() < 0.5:
        return [Part(union(body, handle), any_material(rng))]
    return [Part(body, any_material(rng)), Part(handle, any_material(rng))]
