"""Glasses, bottles, jars and vases."""

from __future__ import annotations

import numpy as np

from cleanplate.render.products import textures
from cleanplate.render.products.assembly import cut
from cleanplate.render.products.dressing import draw
from cleanplate.render.products.primitives import revolve, spline, vessel
from cleanplate.render.products.shapes import footed, radius_at, ribbed_cap
from cleanplate.render.products.sheets import wrap
from cleanplate.render.products.types import Part


def tumbler(rng: np.random.Generator) -> list[Part]:
    """A drinking glass or beaker, straight, flared or barrel-shaped, round or facetted, often with a heavy foot."""
    h = rng.uniform(0.07, 0.17)
    r = h * rng.uniform(0.24, 0.5)
    foot, belly = rng.uniform(0.68, 1.0), rng.uniform(0.9, 1.15)
    wall = rng.uniform(0.0014, 0.004)
    outside = footed([[r * foot, 0], [r * (foot + belly) / 2, h * 0.3], [r * belly, h * 0.65], [r, h]], foot=0.93)
    mesh = vessel(outside, wall, rng.uniform(1.2, 5) * wall, int(rng.choice([8, 10, 72, 72, 72])))
    material = draw(rng, clear_glass=5, tinted_glass=2, frosted_glass=1.5, translucent_plastic=1, plastic=1, ceramic=1)
    return [Part(mesh, material)]


def stemware(rng: np.random.Generator) -> list[Part]:
    """A wine, champagne or cocktail glass: foot, thin stem and bowl in one piece."""
    h = rng.uniform(0.13, 0.26)
    stem = h * rng.uniform(0.3, 0.55)
    r, foot = h * rng.uniform(0.14, 0.24), h * rng.uniform(0.15, 0.2)
    thin = rng.uniform(0.0025, 0.005)
    belly, mouth = rng.uniform(0.9, 1.25), rng.uniform(0.75, 1.2)
    base = [[foot, 0], [foot, 0.0015], [foot * 0.6, 0.005], [thin * 1.4, 0.012], [thin, stem * 0.5], [thin * 1.3, stem]]
    bowl_h = h - stem
    bowl = [[r * 0.55, stem + 0.1 * bowl_h], [r * belly, stem + 0.45 * bowl_h], [r * mouth, h]]
    outside = footed(base + bowl, 110, foot=0.97)
    wall = rng.uniform(0.0011, 0.002)
    mesh = vessel(outside, wall, stem + 2.5 * wall, 80)
    return [Part(mesh, draw(rng, clear_glass=7, tinted_glass=2, frosted_glass=1, chrome=0.5, gold=0.3))]


def bottle(rng: np.random.Generator) -> list[Part]:
    """A bottle with a cap and mostly a label; glass ones are hollow."""
    h = rng.uniform(0.12, 0.34)
    r, neck = h * rng.uniform(0.11, 0.24), h * rng.uniform(0.035, 0.07)
    shoulder, collar = h * rng.uniform(0.45, 0.72), h * rng.uniform(0.78, 0.9)
    foot = rng.uniform(0.88, 1.0)
    points = [[r * foot, 0], [r, 0.04 * h], [r, shoulder], [neck * 1.15, collar], [neck, h * 0.95], [neck, h]]
    outside = footed(points, 90, foot=0.95)
    body = draw(
        rng,
        clear_glass=4,
        tinted_glass=3,
        plastic=3,
        translucent_plastic=2,
        gloss_white=2,
        frosted_glass=1,
        matt_white=1,
    )
    mesh = vessel(outside, rng.uniform(0.0018, 0.0035), 0.006, 64)
    parts = [Part(mesh, body)]
    if rng.random() < 0.85:
        cap = draw(rng, plastic=3, gloss_white=2, brushed_metal=2, gold=1, chrome=1, wood=0.7)
        tall = h * rng.uniform(0.05, 0.12)
        parts.append(Part(ribbed_cap(neck * rng.uniform(1.15, 1.5), tall, h + 3e-4, int(rng.choice([0, 0, 30]))), cap))
    if rng.random() < 0.75:
        low, high = h * rng.uniform(0.08, 0.15), shoulder * rng.uniform(0.75, 0.95)
        width = rng.choice([2.0, 3.0, 2 * np.pi])
        image = textures.label(rng, width * r / (high - low))
        parts.append(Part(wrap(outside, low, high, width), draw(rng, label=1), image))
    return parts


def jar(rng: np.random.Generator) -> list[Part]:
    """A storage jar with a lid, sometimes filled, sometimes labelled."""
    h, squat = rng.uniform(0.06, 0.2), rng.uniform(0.3, 0.6)
    r = h * squat
    mouth, wall = r * rng.uniform(0.75, 0.97), rng.uniform(0.0022, 0.004)
    outside = footed([[0.93 * r, 0], [r, 0.06 * h], [r, 0.82 * h], [mouth, 0.93 * h], [mouth, h]], 70, foot=0.95)
    facets = int(rng.choice([6, 8, 72, 72, 72, 72]))
    body = draw(rng, clear_glass=6, tinted_glass=1, frosted_glass=1, ceramic=2, gloss_white=1.5, translucent_plastic=1)
    parts = [Part(vessel(outside, wall, 1.5 * wall, facets), body)]
    lid = draw(rng, brushed_metal=2, gold=1.5, plastic=2, wood=2, gloss_white=1, chrome=1)
    if rng.random() < 0.8:
        ribs = int(rng.choice([0, 0, 40]))
        parts.append(Part(ribbed_cap(mouth + 0.0015, h * rng.uniform(0.08, 0.16), h + 3e-4, ribs), lid))
    if facets == 72 and rng.random() < 0.5:
        low, high, width = 0.15 * h, rng.uniform(0.5, 0.78) * h, rng.uniform(1.2, 3.0)
        parts.append(
            Part(wrap(outside, low, high, width), draw(rng, label=1), textures.label(rng, width * r / (high - low)))
        )
    if body.kind == "clear_glass" and rng.random() < 0.5:
        top, inner = rng.uniform(0.3, 0.75) * h, radius_at(outside, 0.4 * h) - 1.35 * wall
        apothem = np.cos(np.pi / facets)
        filling = revolve(
            np.array([[0, 2 * wall], [inner * apothem * 0.95, 2 * wall], [inner * apothem * 0.97, top], [0, top]]), 48
        )
        parts.append(Part(filling, draw(rng, plastic=1, matt_white=1, rubber=0.5, wood=1)))
    return parts


def vase(rng: np.random.Generator) -> list[Part]:
    """A vase of free profile, round, facetted or fluted."""
    h = rng.uniform(0.1, 0.34)
    levels = np.linspace(0, 1, 5)
    radii = h * rng.uniform(0.1, 0.36, 5)
    radii[3] *= rng.uniform(0.45, 1.0)
    outside = footed(np.stack([radii, levels * h], 1).tolist(), 80, foot=0.9)
    wall = rng.uniform(0.0025, 0.005)
    mesh = vessel(outside, wall, 1.5 * wall, int(rng.choice([6, 12, 96, 96, 96])))
    flutes = int(rng.choice([0, 0, 8, 12, 16, 24])) if len(mesh.vertices) > 2000 else 0
    if flutes:
        a = np.arctan2(mesh.vertices[:, 1], mesh.vertices[:, 0]) + rng.uniform(0, 8) * mesh.vertices[:, 2]
        mesh.vertices[:, :2] *= (1 + rng.uniform(0.01, 0.035) * np.cos(flutes * a))[:, None]
    material = draw(
        rng,
        ceramic=4,
        gloss_white=2,
        matt_white=3,
        clear_glass=3,
        tinted_glass=2,
        frosted_glass=1,
        gold=0.5,
        chrome=0.5,
    )
    return [Part(mesh, material)]


def funnel(rng: np.random.Generator) -> list[Part]:
    """A funnel standing on its mouth, open at both ends."""
    r, h = rng.uniform(0.035, 0.09), rng.uniform(0.08, 0.2)
    spout, wall = r * rng.uniform(0.08, 0.2) + 0.002, rng.uniform(0.0012, 0.0025)
    cone = h * rng.uniform(0.4, 0.65)
    outside = spline([[spout, 0], [spout * 1.2, h - cone], [r * 0.97, h * 0.93], [r, h]], 70, overshoot=False)
    outside = np.vstack([[0, -0.01], [spout, -0.01], outside])
    mesh = vessel(outside, wall, 0.5 * wall, 64)
    drill = revolve(
        np.array([[0, -1.0], [max(spout - wall, 0.0012), -1.0], [max(spout - wall, 0.0012), 0.004], [0, 0.004]]), 64
    )
    mesh = cut(mesh, drill)
    mesh.vertices = mesh.vertices @ np.diag([1.0, -1.0, -1.0])  # stands on its mouth
    material = draw(rng, clear_glass=1, brushed_metal=3, chrome=1, plastic=3, translucent_plastic=2, gloss_white=2)
    return [Part(mesh, material)]
