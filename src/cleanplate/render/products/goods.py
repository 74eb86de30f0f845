"""Packaged goods and decoration: cartons, cans, tubes, candle holders, frames."""

from __future__ import annotations

import numpy as np
import trimesh

from cleanplate.render.products import textures
from cleanplate.render.products.assembly import join, moved, turned
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
    stack_rings,
    sweep,
    vessel,
)
from cleanplate.render.products.shapes import footed, ribbed_cap
from cleanplate.render.products.sheets import box_mapped, sheet, wrap
from cleanplate.render.products.types import Part


def carton(rng: np.random.Generator) -> list[Part]:
    """A printed box, standing or lying, sometimes with a window."""
    size = np.sort(rng.uniform(0.03, 0.26, 3)) * [0.8, 1, 1]
    size = rng.permutation(size).clip(0.02, 0.28)
    box = rounded_box(size, rng.uniform(0.0006, 0.003), 3)
    parts = [Part(moved(box_mapped(box), z=size[2] / 2), draw(rng, label=1), textures.box_atlas(rng))]
    if rng.random() < 0.3:  # a window or seal on top
        w, d = 0.5 * size[0], 0.5 * size[1]
        flap = extrude(rounded_outline(w, d, 0.2 * min(w, d)), 6e-4)
        parts.append(Part(moved(flap, z=size[2] + 2e-4), draw(rng, plastic=2, gloss_white=1, gold=1)))
    return parts


def can(rng: np.random.Generator) -> list[Part]:
    """A tin or drinks can with rolled rims, ring-pull, beads and a label all round."""
    h = rng.uniform(0.04, 0.2)
    r = rng.uniform(0.25, 0.55) * h if h > 0.08 else rng.uniform(0.5, 0.9) * h
    r = min(r, 0.075)
    neck = rng.choice([1.0, 0.86])
    rim, lip = 0.0018, r * neck
    profile = [
        [0, 0.003],
        [lip - 0.004, 0.003],
        [lip - 0.002, 0],
        [lip, 0.001],
        [r, 0.012],
        [r, h - 0.014],
        [lip, h - 0.004],
        [lip + 0.001, h],
        [lip - rim, h],
        [lip - rim - 0.001, h - 0.004],
        [0, h - 0.004],
    ]
    metal = draw(rng, brushed_metal=3, chrome=2, gold=1, gloss_white=0.7)
    pull = moved(ring(0.009, 0.0013, 0, 0.75, 30), x=0.3 * r, z=h - 0.003)
    parts = [Part(join(revolve(np.array(profile)), pull), metal)]
    body = np.array(profile)[3:7]
    if rng.random() < 0.85:
        image = (
            textures.label(rng, 2.2 * np.pi * r / h) if rng.random() < 0.8 else textures.pattern(rng, 2 * np.pi * r / h)
        )
        parts.append(Part(wrap(body, 0.014, h - 0.016, 2 * np.pi), draw(rng, label=1), image))
    return parts


def squeeze_tube(rng: np.random.Generator) -> list[Part]:
    """A tube (toothpaste, cream) standing on its cap or lying: round at one end, flat at the crimp."""
    length, r = rng.uniform(0.08, 0.18), rng.uniform(0.014, 0.027)
    t = np.linspace(0, 1, 30)[:, None]
    a = np.linspace(0, 2 * np.pi, 64, endpoint=False)[None]
    x = r * (1 + 0.5 * t) * np.cos(a)
    y = r * np.sin(a) * (1 - t**1.3 * 0.96)
    z = 0.012 + length * t + 0 * a
    rings = np.concatenate([np.stack([0.5 * x[:1], 0.5 * y[:1], z[:1] - 0.006], -1), np.stack([x, y, z], -1)])
    body = stack_rings(rings, [0, 0, 0.005], [0, 0, 0.0125 + length])
    cap = ribbed_cap(r * rng.uniform(0.5, 0.98), 0.016, -0.006, int(rng.choice([0, 30])))
    material = draw(rng, plastic=3, gloss_white=3, matt_white=2, brushed_metal=1, label=2)
    image = textures.label(rng, 1.0) if rng.random() < 0.7 else None
    tilt = rng.choice([0.0, np.pi / 2])
    meshes = [turned(m, tilt, (1, 0, 0)) for m in (_planar(body, r) if image is not None else body, cap)]
    return [Part(meshes[0], material, image), Part(meshes[1], draw(rng, plastic=3, gloss_white=2, chrome=0.5))]


def _planar(mesh: trimesh.Trimesh, r: float) -> trimesh.Trimesh:
    x, _, z = mesh.vertices.T
    uv = np.stack([0.5 + x / (3.2 * r), (z - z.min()) / np.ptp(z)], 1)
    mesh.visual = trimesh.visual.TextureVisuals(uv=uv)
    return mesh


def candle_holder(rng: np.random.Generator) -> list[Part]:
    """A candlestick or a chandelier of several arms with candles."""
    h, arms = rng.uniform(0.1, 0.26), int(rng.choice([1, 1, 2, 3, 5]))
    foot = rng.uniform(0.035, 0.06)
    radii = [foot, 0.35 * foot, *(rng.uniform(0.12, 0.4, 3) * foot), 0.2 * foot]
    curve = spline(np.stack([radii, np.array([0.004, 0.02, 0.3 * h, 0.5 * h, 0.75 * h, h])], 1), 90, overshoot=False)
    stem = revolve(np.vstack([[0, 0], [foot, 0], curve, [0, h]]))
    reach = 0.0 if arms == 1 else rng.uniform(0.05, 0.1)
    cup = vessel(footed([[0.006, 0], [0.011, 0.01], [0.0125, 0.022]], 20), 0.0015, 0.003, 32)
    pan = revolve(np.array([[0, -0.002], [0.018, -0.002], [0.021, 0.002], [0, 0.001]]), 40)
    candle_h = rng.uniform(0.03, 0.14)
    wax = revolve(
        np.array([[0, 0.0035], [0.0105, 0.0035], [0.0105, candle_h - 0.002], [0.009, candle_h], [0, candle_h - 0.001]]),
        32,
    )
    wick = rod([0, 0, candle_h - 0.003], [0.001, 0, candle_h + 0.008], 0.0007, 6)
    metal, candles = [stem], []
    for i in range(arms):
        a = 2 * np.pi * i / arms
        at = np.array([reach * np.cos(a), reach * np.sin(a), h + (0.012 if arms > 1 else 0.0)])
        if arms > 1:
            way, level = (0, 0.55, 1, 1), (0.8 * h, 0.72 * h, 0.85 * h, at[2] - 0.001)
            bend = np.array([[w * at[0], w * at[1], z] for w, z in zip(way, level, strict=True)])
            metal.append(sweep(spline(bend, 30), 0.0028))
        metal += [moved(m, *at) for m in (cup, pan)]
        candles += [moved(m, *at) for m in (wax, wick)]
    parts = [Part(join(*metal), draw(rng, gold=3, chrome=3, brushed_metal=2, paint=1, gloss_white=1, ceramic=1))]
    if rng.random() < 0.8:
        parts.append(Part(join(*candles), draw(rng, matt_white=3, plastic=2, gloss_white=1)))
    return parts


def picture_frame(rng: np.random.Generator) -> list[Part]:
    """A leaning picture frame: moulding, print, backing, a strut behind."""
    w, h = rng.uniform(0.09, 0.22), rng.uniform(0.1, 0.26)
    border, deep = rng.uniform(0.006, 0.025), rng.uniform(0.006, 0.016)
    outer = rounded_outline(w, h, 0.001, 2)
    frame = extrude(outer, deep, [rounded_outline(w - 2 * border, h - 2 * border, 0.001, 2)], 0.0015)
    y, x = np.meshgrid(
        np.linspace(-0.5, 0.5, 3) * (h - border), np.linspace(-0.5, 0.5, 3) * (w - border), indexing="ij"
    )
    plane = np.stack([x, y, np.full_like(x, 0.35 * deep)], -1)
    image = textures.pattern(rng, w / h) if rng.random() < 0.5 else textures.label(rng, w / h)
    picture = sheet(plane, plane - [0, 0, 0.3 * deep])
    lean = rng.uniform(0.15, 0.4)
    material = draw(rng, wood=3, gold=2, brushed_metal=1, gloss_white=2, matt_white=1, paint=1, plastic=1)
    backing = extrude(rounded_outline(w - border, h - border, 0.001, 2), 0.04 * deep)
    parts = [
        Part(frame, material),
        Part(picture, draw(rng, label=1), image),
        Part(backing, draw(rng, plastic=1, wood=2)),
    ]
    parts = [Part(turned(p.mesh, np.pi / 2 - lean, (1, 0, 0)), p.material, p.texture) for p in parts]
    foot = parts[0].mesh.bounds[0, 2]
    hinge = [0, 0.2 * h * np.sin(lean), 0.2 * h * np.cos(lean)]
    strut = sweep(np.array([hinge, [0, hinge[1] + 0.35 * h, foot + 0.002]]), rounded_outline(0.003, 0.03, 0.001))
    return [*parts, Part(strut, parts[2].material)]


def clock(rng: np.random.Generator) -> list[Part]:
    """An alarm clock: drum, dial with ticks and hands, feet, bells, rim."""
    r, d = rng.uniform(0.03, 0.075), rng.uniform(0.02, 0.045)
    case = revolve(
        np.array([[0, 0], [0.92 * r, 0], [r, 0.15 * d], [r, d], [0.9 * r, d], [0.88 * r, 0.85 * d], [0, 0.85 * d]])
    )
    dial = extrude(circle(0.86 * r, 60)[:, :2], 0.001)
    ticks = [
        moved(turned(moved(rounded_box((0.1 * r, 0.025 * r, 0.0012), 2e-4), x=0.74 * r), a))
        for a in np.arange(12) * np.pi / 6
    ]
    hands = [
        turned(moved(rounded_box((length * r, 0.045 * r, 0.001), 2e-4), x=0.42 * length * r, z=z), rng.uniform(0, 6.28))
        for length, z in ((0.62, 0.002), (0.42, 0.0035))
    ]
    z = 0.85 * d + 0.001
    case_m = draw(rng, chrome=2, brushed_metal=1, gold=1, gloss_white=2, plastic=2, paint=1, wood=1)
    face, ink = draw(rng, matt_white=3, plastic=1), draw(rng, plastic=1, paint=1)
    feet = [
        moved(rod([0, 0, 0], [0.35 * s * r, -0.35 * r, 0], 0.06 * r), x=0.55 * s * r, y=-0.8 * r, z=0.5 * d)
        for s in (-1, 1)
    ]
    meshes = [join(case, *feet), moved(dial, z=z - 5e-4), moved(join(*ticks, *hands), z=z + 5e-4)]
    if rng.random() < 0.5:
        bell = revolve(np.array([[0, 0], [0.38 * r, 0], [0.3 * r, 0.2 * r], [0, 0.28 * r]]), 40)
        bells = [
            moved(turned(turned(bell, -np.pi / 2, (1, 0, 0)), -0.6 * s), x=0.58 * s * r, y=0.92 * r, z=0.5 * d)
            for s in (-1, 1)
        ]
        meshes[0] = join(meshes[0], *bells)
    tilt = np.pi / 2 - rng.uniform(0, 0.15)
    return [Part(turned(m, tilt, (1, 0, 0)), q) for m, q in zip(meshes, (case_m, face, ink), strict=True)]
