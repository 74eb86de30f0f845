"""Pots, pans, kettles, colanders, sieves, mills."""

from __future__ import annotations

import numpy as np
import trimesh

from cleanplate.render.products.assembly import cut, join, moved, turned
from cleanplate.render.products.dressing import draw
from cleanplate.render.products.primitives import (
    extrude,
    revolve,
    ring,
    rod,
    rounded_outline,
    spline,
    sweep,
    tube,
    vessel,
)
from cleanplate.render.products.shapes import dome_lid, footed, knob, radius_at, screw
from cleanplate.render.products.types import Material, Part


def _pan_metal(rng: np.random.Generator) -> Material:
    return draw(rng, brushed_metal=4, chrome=2, paint=2, ceramic=1, gloss_white=1, plastic=0.5)


def _grip(rng: np.random.Generator) -> Material:
    return draw(rng, plastic=3, rubber=2, wood=2, brushed_metal=2)


def pot(rng: np.random.Generator) -> list[Part]:
    """A cooking pot with two side handles, mostly with a lid of metal or glass."""
    r = rng.uniform(0.07, 0.14)
    h, wall = r * rng.uniform(0.7, 1.5), rng.uniform(0.002, 0.004)
    outside = footed([[0.94 * r, 0], [r, 0.06 * h], [r, 0.97 * h], [1.02 * r, h]], 40, foot=0.97)
    body, grip = _pan_metal(rng), _grip(rng)
    parts = [Part(vessel(outside, wall, 1.5 * wall, 80), body)]
    z, reach, wide, thick = h * rng.uniform(0.7, 0.88), rng.uniform(0.02, 0.035), r * rng.uniform(0.25, 0.4), 0.004
    for side in (1, -1):
        points = [[0.985 * r * np.cos(a), 0.985 * r * np.sin(a), z] for a in (-wide / r, wide / r)]
        out = [[r + reach, -0.8 * wide, z + 0.004], [r + reach, 0.8 * wide, z + 0.004]]
        loop = tube([points[0], *out, points[1]], thick, 30)
        parts.append(Part(_mirrored_x(loop) if side < 0 else loop, grip))
    if rng.random() < 0.7:
        lid = draw(rng, brushed_metal=2, chrome=1, clear_glass=1.5) if rng.random() < 0.6 else body
        top, rise = h + 4e-4, r * rng.uniform(0.1, 0.3)
        parts.append(
            Part(moved(_glass_lid(r, rise) if lid.kind == "clear_glass" else dome_lid(1.01 * r, rise), z=top), lid)
        )
        parts.append(
            Part(knob(rng, rng.uniform(0.02, 0.035), top + rise + (3e-3 if lid.kind == "clear_glass" else -1e-3)), grip)
        )
    return parts


def _mirrored_x(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    return trimesh.Trimesh(mesh.vertices * (-1, 1, 1), mesh.faces[:, ::-1], process=False)


def _glass_lid(radius: float, rise: float) -> trimesh.Trimesh:
    a = np.linspace(0, np.pi / 2, 16)
    top = np.stack([radius * np.cos(a), 0.004 + (rise - 0.004) * np.sin(a)], 1)
    under = np.stack([0.98 * radius * np.cos(a), (rise - 0.004) * np.sin(a)], 1)[::-1]
    under[0, 0] = top[-1, 0] = 0.0
    return revolve(np.vstack([top, under]), 72)


def pan(rng: np.random.Generator) -> list[Part]:
    """A frying or sauce pan with one long riveted handle that has a hanging hole."""
    r = rng.uniform(0.06, 0.12)
    h, wall = r * rng.uniform(0.25, 0.9), rng.uniform(0.0022, 0.004)
    outside = footed([[r * rng.uniform(0.7, 0.97), 0], [0.97 * r, 0.5 * h], [r, h]], 50, foot=0.95)
    body, grip = _pan_metal(rng), _grip(rng)
    length, broad = min(r * rng.uniform(1.1, 1.8), 0.38 - 2 * r), rng.uniform(0.016, 0.024)
    flat = rounded_outline(length, broad, 0.49 * broad, 10)
    flat[:, 1] *= 0.8 + 0.25 * np.cos(2 * np.pi * flat[:, 0] / length)
    hole = rounded_outline(0.3 * broad + 0.008, 0.3 * broad, 0.14 * broad, at=(0.5 * length - 0.7 * broad, 0))
    handle = turned(extrude(flat, rng.uniform(0.007, 0.012), [hole], 0.002), -rng.uniform(0.0, 0.35), (0, 1, 0))
    handle = moved(handle, x=r + 0.48 * length, z=0.75 * h + 0.16 * length * rng.random())
    reach = handle.vertices[:, 0].argmin()
    handle = moved(handle, z=0.8 * h - handle.vertices[reach, 2])
    parts = [Part(vessel(outside, wall, 1.3 * wall, 80), body), Part(handle, grip)]
    rivet = turned(screw(0.004, 0.002), -np.pi / 2, (0, 1, 0))
    inner = radius_at(outside, 0.8 * h) - wall
    parts.append(Part(join(*(moved(rivet, x=inner, y=y, z=0.8 * h) for y in (-0.006, 0.006))), draw(rng, chrome=1)))
    return parts


def kettle(rng: np.random.Generator) -> list[Part]:
    """A stove kettle: closed body, stub spout, bail handle over the top."""
    r = rng.uniform(0.07, 0.11)
    h = r * rng.uniform(0.9, 1.5)
    mouth = 0.4 * r
    outside = footed([[0.9 * r, 0], [r, 0.18 * h], [0.82 * r, 0.7 * h], [mouth, h]], 60, foot=0.97)
    body, grip = draw(rng, chrome=2, brushed_metal=3, paint=2, ceramic=1, gloss_white=1.5), _grip(rng)
    shell = vessel(outside, 0.0025, 0.003, 80)
    spout = sweep(
        spline([[-0.7 * r, 0, 0.55 * h], [-1.2 * r, 0, 0.8 * h], [-1.4 * r, 0, h]], 24),
        0.02,
        np.linspace(1, 0.6, 24),
        sides=20,
    )
    arch = h * rng.uniform(0.55, 0.8)
    side, level = np.array([-0.75, -0.8, 0, 0.8, 0.75]) * r, h + np.array([0, 0.6, 1, 0.6, 0]) * arch
    level[[0, -1]] = 0.78 * h
    bail = np.stack([0.9 * side, 0 * side, level] if rng.random() < 0.5 else [0 * side, side, level], 1)
    top = moved(dome_lid(1.05 * mouth, 0.12 * h), z=h)
    return [
        Part(join(shell, spout), body),
        Part(tube(bail, rng.uniform(0.003, 0.007), 50, sides=14), grip),
        Part(top, body),
        Part(knob(rng, 0.02, 1.11 * h), grip),
    ]


def colander(rng: np.random.Generator) -> list[Part]:
    """A perforated bowl on a foot ring with two handles."""
    r = rng.uniform(0.08, 0.14)
    h, wall = r * rng.uniform(0.55, 0.85), rng.uniform(0.0015, 0.0025)
    outside = footed([[0.35 * r, 0.008], [0.62 * r, 0.1 * h], [0.92 * r, 0.55 * h], [r, h]], 60, foot=0.8)
    shell = vessel(outside, wall, wall, 90)
    drills, size = [], rng.uniform(0.0022, 0.0042)
    for row, t in enumerate(np.linspace(0.14, 0.8, int(rng.integers(4, 8)))):
        z = t * h
        radius = radius_at(outside, z)
        slope = np.arctan2(radius_at(outside, z + 1e-3) - radius_at(outside, z - 1e-3), 2e-3)
        count = max(int(2 * np.pi * radius / (size * rng.uniform(3.4, 4.6))), 6)
        for a in (np.arange(count) + 0.5 * (row % 2)) * 2 * np.pi / count:
            out = np.array([np.cos(a) * np.cos(slope), np.sin(a) * np.cos(slope), -np.sin(slope)])
            at = np.array([radius * np.cos(a), radius * np.sin(a), z])
            drills.append(rod(at - 0.006 * out, at + 0.006 * out, size, 8))
    shell = cut(shell, *drills)
    material = draw(rng, brushed_metal=4, chrome=2, plastic=2, gloss_white=2, paint=2)
    foot = ring(0.38 * r, 0.004, 0.006)
    ears = []
    for side in (1, -1):
        points = [[0.97 * r, -0.2 * r], [r + 0.028, -0.16 * r], [r + 0.028, 0.16 * r], [0.97 * r, 0.2 * r]]
        ears.append(tube([[side * x, y, 0.93 * h] for x, y in points], 0.003, 30))
    return [Part(join(shell, foot), material), Part(join(*ears), material if rng.random() < 0.6 else _grip(rng))]


def sieve(rng: np.random.Generator) -> list[Part]:
    """A kitchen sieve: a bowl of fine woven wires in a hoop with a handle."""
    r = rng.uniform(0.045, 0.1)
    depth, wire = r * rng.uniform(0.35, 0.8), rng.uniform(0.0004, 0.0008)
    count = int(rng.integers(13, 24))
    metal = draw(rng, brushed_metal=3, chrome=3, gold=0.5)
    strands = []
    for c in np.linspace(-0.94, 0.94, count) * r:
        half = np.sqrt(r**2 - c**2)
        s = np.linspace(-half, half, 18)
        z = -depth * (1 - (s**2 + c**2) / r**2)
        strands.append(sweep(np.stack([s, np.full(18, c), z], 1), wire, sides=5))
        strands.append(sweep(np.stack([np.full(18, c), s, z + wire], 1), wire, sides=5))
    hoop = ring(r, rng.uniform(0.0018, 0.003))
    length = rng.uniform(0.8, 1.7) * r
    neck = tube([[r, 0, 0], [r + 0.3 * length, 0, 0.004], [r + 0.5 * length, 0, 0.002]], 0.0028, 20)
    hook = tube([[-r, -0.008, 0], [-r - 0.014, -0.006, 0], [-r - 0.014, 0.006, 0], [-r, 0.008, 0]], 0.0016, 20)
    grip = rod([r + 0.35 * length, 0, 0.003], [r + 1.1 * length, 0, 0.003], rng.uniform(0.005, 0.009), 20)
    return [Part(join(*strands), metal), Part(join(hoop, neck, hook), metal), Part(grip, _grip(rng))]


def mill(rng: np.random.Generator) -> list[Part]:
    """A turned pepper mill: body, head, metal band and knob."""
    h = rng.uniform(0.08, 0.32)
    radii = h * rng.uniform(0.07, 0.16, 7)
    radii[0] = max(radii[0], 0.11 * h)
    waist = rng.uniform(0.6, 0.75)
    low = spline(np.stack([radii[:5], np.linspace(0, waist, 5) * h], 1), 60, overshoot=False)
    body = revolve(np.vstack([[0, 0], low, [0, waist * h]]), 64)
    high = spline(
        [[radii[4], (waist + 0.005) * h], [radii[5], 0.83 * h], [0.6 * radii[5], 0.94 * h], [0.004, 0.96 * h]],
        40,
        overshoot=False,
    )
    head = revolve(np.vstack([[0, (waist + 0.005) * h], high, [0, 0.96 * h]]), 64)
    material = draw(rng, wood=4, plastic=1, ceramic=1, brushed_metal=1, gloss_white=1, matt_white=1, chrome=1)
    band = revolve(
        np.array(
            [
                [0, waist * h - 0.001],
                [0.9 * radii[4], waist * h - 0.001],
                [0.9 * radii[4], (waist + 0.006) * h],
                [0, (waist + 0.006) * h],
            ]
        ),
        48,
    )
    metal = draw(rng, chrome=2, brushed_metal=1, gold=1)
    cap = material if rng.random() < 0.6 else metal
    return [Part(body, material), Part(head, cap), Part(join(band, knob(rng, 0.014, 0.955 * h)), metal)]
