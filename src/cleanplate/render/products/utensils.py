"""Cutlery and hand tools of the kitchen, lying on the platen or standing on their heads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import trimesh

from cleanplate.render.products import textures
from cleanplate.render.products.assembly import join, moved, refined, turned, union
from cleanplate.render.products.dressing import draw
from cleanplate.render.products.primitives import (
    extrude,
    revolve,
    rod,
    rounded_outline,
    spline,
    superellipsoid,
    sweep,
    tube,
    vessel,
)
from cleanplate.render.products.shapes import footed
from cleanplate.render.products.sheets import box_mapped
from cleanplate.render.products.types import Material, Part


def _steel(rng: np.random.Generator) -> Material:
    return draw(rng, chrome=4, brushed_metal=4, gold=1, plastic=0.7, wood=0.7)


def _bent(mesh: trimesh.Trimesh, height: float, length: float) -> trimesh.Trimesh:
    """A flat piece along x given the S-bend of cutlery."""
    x = mesh.vertices[:, 0] / length
    mesh.vertices[:, 2] += height * (np.exp(-(((x - 0.25) / 0.16) ** 2)) + 0.5 * np.clip(x - 0.45, 0, None))
    return mesh


def _blade_outline(stations: Sequence[float], widths: Sequence[float] | np.ndarray, count: int = 60) -> np.ndarray:
    curve = spline(np.stack([stations, widths], 1), count, overshoot=False)
    return np.vstack([np.stack([curve[:, 0], -curve[:, 1]], 1), np.stack([curve[:, 0], curve[:, 1]], 1)[::-1]])


def cutlery(rng: np.random.Generator) -> list[Part]:
    """One to four of fork, spoon and knife, side by side."""
    length, steel = rng.uniform(0.14, 0.22), _steel(rng)
    kinds = rng.permutation(["fork", "spoon", "knife", "spoon"])[: rng.integers(1, 5)]
    sizes = {"fork": _fork, "spoon": _spoon, "knife": _knife}
    parts, y = [], 0.0
    handle = draw(rng, plastic=1, wood=1) if rng.random() < 0.25 else None
    for kind in kinds:
        mesh = moved(turned(sizes[kind](length), rng.normal(0, 0.06)), y=y)
        parts.append(Part(mesh, steel))
        if handle:
            grip = superellipsoid((0.42 * length, 0.016, 0.011), 0.6, 0.7, 16)
            parts.append(Part(moved(grip, x=0.8 * length, y=y, z=0.012), handle))
        y += rng.uniform(0.028, 0.05)
    return parts


def _fork(length: float) -> trimesh.Trimesh:
    widths = np.array([9, 11, 12, 8, 3.2, 4, 8, 5]) * 1e-3
    outline = _blade_outline([0, 0.02, 0.24, 0.32, 0.4, 0.7, 0.98, 1], widths) * [length, 1]
    slots = [rounded_outline(0.24 * length, 0.0034, 0.0016, at=(0.07 * length, y)) for y in (-0.0062, 0, 0.0062)]
    plate = extrude(outline, 0.002, slots)
    return _bent(refined(plate, 0.006), 0.016, length)


def _spoon(length: float) -> trimesh.Trimesh:
    outline = _blade_outline(
        [0, 0.01, 0.12, 0.26, 0.36, 0.7, 0.98, 1], np.array([1, 8, 20, 13, 3.2, 4, 8, 5]) * 1e-3
    ) * [length, 1]
    plate = refined(extrude(outline, 0.002), 0.005)
    x, y, z = plate.vertices.T
    inside = np.clip(1 - ((x - 0.14 * length) / (0.15 * length)) ** 2 - (y / 0.021) ** 2, 0, None)
    plate.vertices[:, 2] = z - 0.014 * np.sqrt(inside)
    return _bent(plate, 0.008, length)


def _knife(length: float) -> trimesh.Trimesh:
    outline = _blade_outline([0, 0.02, 0.2, 0.52, 0.56, 0.9, 1], np.array([1, 6, 10, 9, 5, 7.5, 6]) * 1e-3) * [
        length,
        1,
    ]
    return extrude(outline, 0.004, bevel=0.0015)


def turner(rng: np.random.Generator) -> list[Part]:
    """A slotted turner, spatula or server, lying on its head with the handle up."""
    length, width = rng.uniform(0.2, 0.32), rng.uniform(0.06, 0.09)
    depth = width * rng.uniform(0.9, 1.4)
    slots = int(rng.integers(0, 6))
    pitch = width / max(slots, 1)
    holes = [
        rounded_outline(0.6 * depth, 0.4 * pitch, 0.19 * pitch, at=(0, (i - (slots - 1) / 2) * 0.85 * pitch))
        for i in range(slots)
    ]
    head = extrude(rounded_outline(depth, width, 0.012), 0.0022, holes)
    metal = draw(rng, brushed_metal=3, chrome=3, plastic=3, wood=1, rubber=2, gloss_white=1)
    lift = rng.uniform(0.03, 0.06)
    stem = tube(
        [[0.46 * depth, 0, 0.001], [0.5 * depth + 0.03, 0, lift * 0.5], [0.5 * depth + 0.5 * length, 0, lift]],
        0.003,
        30,
    )
    grip = sweep(
        spline([[0.5 * depth + 0.45 * length, 0, 0.95 * lift], [0.5 * depth + length, 0, lift]], 30),
        0.009,
        0.8 + 0.25 * np.sin(np.linspace(0.3, 2.9, 30)),
        sides=16,
    )
    handle = draw(rng, plastic=2, wood=2, rubber=1, brushed_metal=1)
    return [Part(join(head, stem), metal), Part(grip, handle)]


def ladle(rng: np.random.Generator) -> list[Part]:
    """A soup ladle with a hooked handle."""
    r = rng.uniform(0.025, 0.05)
    cup = vessel(footed([[0.3 * r, 0], [0.8 * r, 0.25 * r], [r, 0.8 * r]], 40), 0.0015, 0.0015, 60)
    length = rng.uniform(0.16, 0.28)
    lean = rng.uniform(0.15, 0.5) * length
    points = [
        [0.97 * r, 0, 0.76 * r],
        [1.3 * r + 0.3 * lean, 0, 0.4 * length],
        [1.2 * r + lean, 0, length],
        [1.2 * r + lean + 0.02, 0, length + 0.012],
        [1.2 * r + lean + 0.034, 0, length - 0.006],
    ]
    metal = _steel(rng)
    return [Part(cup, metal), Part(tube(points, rng.uniform(0.0022, 0.004), 60), metal)]


def whisk(rng: np.random.Generator) -> list[Part]:
    """A balloon whisk: looped wires in a handle, lying or standing on the handle's end."""
    loops, wire = int(rng.integers(4, 9)), rng.uniform(0.0007, 0.0014)
    length, belly = rng.uniform(0.1, 0.17), rng.uniform(0.02, 0.04)
    wires = []
    for i in range(loops):
        c, s = np.cos(np.pi * i / loops), np.sin(np.pi * i / loops)
        half = [[0.004, 0], [belly * 0.75, 0.4 * length], [belly, 0.72 * length], [0.45 * belly, 0.97 * length]]
        path = [[r, z] for r, z in half] + [[0, length * (1 + 0.004 * i)]] + [[-r, z] for r, z in half[::-1]]
        wires.append(tube([[r * c, r * s, z] for r, z in path], wire, 56, sides=6))
    long = rng.uniform(0.09, 0.14)
    profile = spline(
        [[0.005, -long], [0.011, -0.85 * long], [0.0085, -0.3 * long], [0.01, -0.02], [0.006, 0.008]],
        40,
        overshoot=False,
    )
    grip = revolve(np.vstack([[0, -long], profile, [0, 0.008]]), 32)
    metal = draw(rng, chrome=4, brushed_metal=4, gold=0.7, plastic=1)
    handle = metal if rng.random() < 0.5 else draw(rng, wood=2, plastic=2, rubber=1, gloss_white=1)
    meshes = [join(*wires), grip]
    if rng.random() < 0.75:
        tilt = np.pi / 2 + 0.5 * np.arctan2(belly - 0.011, length)
        meshes = [turned(m, tilt, (0, 1, 0)) for m in meshes]
    return [Part(meshes[0], metal), Part(meshes[1], handle)]


def board(rng: np.random.Generator) -> list[Part]:
    """A chopping board with a grip hole, lying, sometimes with a rolling pin on it."""
    w, d, t = rng.uniform(0.2, 0.36), rng.uniform(0.13, 0.24), rng.uniform(0.008, 0.022)
    hole = rounded_outline(0.022, min(0.09, 0.5 * d), 0.01, at=(0.5 * w - 0.03, 0))
    plate = extrude(rounded_outline(w, d, rng.uniform(0.004, 0.04)), t, [hole], 0.0015)
    material = draw(rng, wood=5, plastic=2, matt_white=1, clear_glass=1)
    image = textures.wood(rng) if material.kind == "wood" else None
    parts = [Part(box_mapped(plate) if image is not None else plate, material, image)]
    if rng.random() < 0.5 and material.kind != "clear_glass":
        r = rng.uniform(0.018, 0.028)
        roll = 0.6 * w
        pin = union(
            rod([-roll / 2, 0, 0], [roll / 2, 0, 0], r, 40),
            superellipsoid((1.6 * roll, 0.9 * r, 0.9 * r), 1, 0.35, 30),
        )
        parts.append(
            Part(
                moved(turned(pin, rng.uniform(-0.5, 0.5)), z=t + r - 2e-4),
                draw(rng, wood=4, brushed_metal=1, matt_white=1),
            )
        )
    return parts
