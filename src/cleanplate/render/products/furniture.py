"""Furniture at a model's scale: chairs, stools, tables, lamps."""

from __future__ import annotations

import numpy as np
import trimesh

from cleanplate.render.products import textures
from cleanplate.render.products.assembly import cut, join, moved
from cleanplate.render.products.dressing import draw
from cleanplate.render.products.primitives import (
    extrude,
    revolve,
    ring,
    rod,
    rounded_box,
    rounded_outline,
    spline,
    tube,
    vessel,
)
from cleanplate.render.products.shapes import footed
from cleanplate.render.products.sheets import box_mapped
from cleanplate.render.products.types import Material, Part


def _frame_material(rng: np.random.Generator) -> Material:
    return draw(rng, wood=4, paint=2, gloss_white=1.5, matt_white=1.5, brushed_metal=1.5, chrome=1, plastic=1)


def _seat_part(rng: np.random.Generator, mesh: trimesh.Trimesh, frame: Material) -> Part:
    if rng.random() < 0.4:
        return Part(mesh, frame)
    material = draw(rng, fabric=3, wood=2, plastic=2, matt_white=1)
    image = {"fabric": textures.weave, "wood": textures.wood}.get(material.kind)
    return Part(box_mapped(mesh), material, image(rng)) if image else Part(mesh, material)


def _legs(w: float, d: float, top: float, thick: float, splay: float, square: bool) -> list[trimesh.Trimesh]:
    sides = 4 if square else 14
    return [
        rod([x * (1 + splay) * w, y * (1 + splay) * d, 0], [x * w, y * d, top], thick, sides)
        for x in (-0.5, 0.5)
        for y in (-0.5, 0.5)
    ]


def chair(rng: np.random.Generator) -> list[Part]:
    """A chair with slatted, spindled or panelled back, with or without arms."""
    w, d, seat_z = rng.uniform(0.09, 0.15), rng.uniform(0.09, 0.14), rng.uniform(0.09, 0.14)
    back, thick = rng.uniform(0.08, 0.15), rng.uniform(0.0025, 0.007)
    frame = _frame_material(rng)
    seat = moved(rounded_box((d * 1.08, w * 1.08, 0.012), 0.004), z=seat_z)
    pieces = _legs(0.94 * d, 0.94 * w, seat_z, thick, rng.uniform(0, 0.25), rng.random() < 0.4)
    lean = rng.uniform(0.0, 0.035)
    posts = [([-0.47 * d, y, seat_z], [-0.47 * d - lean, y, seat_z + back]) for y in (-0.47 * w, 0.47 * w)]
    pieces += [rod(*p, thick, 12) for p in posts]
    count = int(rng.integers(2, 8))
    if rng.random() < 0.5:  # spindles under a top rail
        for y in np.linspace(-0.36, 0.36, count) * w:
            pieces.append(rod([-0.47 * d, y, seat_z], [-0.47 * d - lean, y, seat_z + back], 0.5 * thick, 8))
        levels = [0.96]
    else:
        levels = np.linspace(0.35, 0.95, min(count, 4)).tolist()
    for t in levels:
        rail = rounded_box((1.3 * thick, 0.98 * w, rng.uniform(0.008, 0.02)), 0.002)
        pieces.append(moved(rail, x=-0.47 * d - t * lean, z=seat_z + t * back))
    if rng.random() < 0.35:
        for y in (-0.5 * w, 0.5 * w):
            arm = [
                [-0.47 * d - 0.4 * lean, y, seat_z + 0.45 * back],
                [0.3 * d, y, seat_z + 0.45 * back],
                [0.46 * d, y, seat_z],
            ]
            pieces.append(tube(arm, 0.9 * thick, 24))
    for y in (-0.47, 0.47):
        pieces.append(rod([-0.5 * d, y * w, 0.4 * seat_z], [0.5 * d, y * w, 0.4 * seat_z], 0.6 * thick, 10))
    return [Part(join(*pieces), frame), _seat_part(rng, seat, frame)]


def stool(rng: np.random.Generator) -> list[Part]:
    """A stool or small table: round or square top, three or four legs, a foot ring."""
    h, r = rng.uniform(0.1, 0.26), rng.uniform(0.05, 0.12)
    count, thick = int(rng.choice([3, 4, 4])), rng.uniform(0.003, 0.008)
    splay, turn = rng.uniform(0.8, 1.35), np.pi / 4
    frame = _frame_material(rng)
    around = [(np.cos(a), np.sin(a)) for a in turn + np.arange(count) * 2 * np.pi / count]
    pieces = [rod([r * splay * c, r * splay * s, 0], [0.72 * r * c, 0.72 * r * s, h], thick, 14) for c, s in around]
    level = rng.uniform(0.2, 0.5)
    at = r * (splay * (1 - level) + 0.72 * level)
    if rng.random() < 0.7:
        pieces.append(ring(at, 0.6 * thick, level * h))
    top_thick = rng.uniform(0.006, 0.02)
    if rng.random() < 0.6:
        soft = 0.4 * top_thick
        profile = [[0, 0], [r - soft, 0], [r, soft], [r, top_thick - soft], [r - soft, top_thick], [0, top_thick]]
        top = moved(revolve(np.array(profile)), z=h - 0.2 * top_thick)
    else:
        top = moved(rounded_box((1.9 * r, 1.9 * r, top_thick), 0.3 * top_thick), z=h + 0.3 * top_thick)
    if rng.random() < 0.15:
        return [Part(join(*pieces), frame), Part(moved(top, z=0.2 * top_thick + 3e-4), draw(rng, clear_glass=1))]
    return [Part(join(*pieces), frame), _seat_part(rng, top, frame)]


def lamp(rng: np.random.Generator) -> list[Part]:
    """A table lamp: turned foot or straight post, open shade, bulb and cable."""
    h, r = rng.uniform(0.18, 0.36), rng.uniform(0.05, 0.11)
    shade_h = h * rng.uniform(0.28, 0.42)
    foot = rng.uniform(0.5, 0.8) * r
    post = h - 0.75 * shade_h
    if rng.random() < 0.5:
        radii = [foot, *(rng.uniform(0.15, 0.9, 3) * foot), 0.008]
    else:
        radii = [foot, 0.006, 0.006, 0.006, 0.006]
    levels = [0.008, 0.02, 0.4 * post, 0.75 * post, post]
    curve = spline(np.stack([radii, levels], 1), 70, overshoot=False)
    body = revolve(np.vstack([[0, 0], [foot, 0], curve, [0, post]]))
    top, wide = rng.uniform(0.45, 1.0) * r, r
    z0 = h - shade_h
    shade = vessel(np.vstack([[0, 0], footed([[wide, 0], [top, shade_h]], 20)[1:]]), 0.0016, 0.0016, 80)
    bore = revolve(np.array([[0, -1], [wide * 0.93, -1], [wide * 0.93, 0.0025], [0, 0.0025]]))
    shade = moved(cut(shade, bore), z=z0)
    spider = [
        rod(
            [0, 0, h - 0.3 * shade_h],
            [
                (0.7 * top + 0.3 * wide - 5e-4) * np.cos(a),
                (0.7 * top + 0.3 * wide - 5e-4) * np.sin(a),
                h - 0.3 * shade_h,
            ],
            0.001,
            6,
        )
        for a in np.arange(3) * 2.0944
    ]
    stem = rod([0, 0, post - 0.01], [0, 0, h - 0.29 * shade_h], 0.0025)
    bulb = footed([[0.011, 0], [0.011, 0.015], [0.024, 0.045], [0.012, 0.064]], 30)
    bulb_mesh = moved(revolve(np.vstack([bulb, [0, 0.066]]) * min(1.0, 0.3 * top / 0.024)), z=post + 2e-3)
    cable = tube(
        [
            [-0.8 * foot, 0, 0.004],
            [-1.6 * foot, 0.2 * foot, 0.003],
            [-2.0 * foot, 1.1 * foot, 0.003],
            [-1.1 * foot, 1.7 * foot, 0.003],
        ],
        0.0025,
        50,
    )
    base = draw(rng, ceramic=3, brushed_metal=2, chrome=1, gold=1, wood=2, gloss_white=2, clear_glass=1, paint=1)
    cloth = draw(rng, matt_white=3, fabric=3, frosted_glass=1, paint=1, plastic=1)
    metal = draw(rng, chrome=1, brushed_metal=1, gold=1)
    parts = [
        Part(body, base),
        Part(shade, cloth),
        Part(join(*spider, stem), metal),
        Part(bulb_mesh, draw(rng, gloss_white=1)),
    ]
    if rng.random() < 0.6:
        parts.append(Part(cable, draw(rng, rubber=1, plastic=1)))
    return parts


def shelf(rng: np.random.Generator) -> list[Part]:
    """An open rack of two to four boards between posts or panels."""
    w, d, h = rng.uniform(0.12, 0.28), rng.uniform(0.07, 0.14), rng.uniform(0.14, 0.36)
    count, thick, frame = int(rng.integers(2, 5)), rng.uniform(0.003, 0.008), _frame_material(rng)
    boards = [moved(rounded_box((w, d, 1.6 * thick), 0.001), z=z) for z in np.linspace(0.12, 0.95, count) * h]
    if rng.random() < 0.6:
        posts = _legs(0.96 * w, 0.92 * d, h, thick, 0.0, rng.random() < 0.5)
    else:
        panel = extrude(rounded_outline(d, h, 0.01), 1.5 * thick)
        upright = trimesh.Trimesh(panel.vertices[:, [2, 0, 1]] + [0, 0, h / 2], panel.faces, process=False)
        posts = [moved(upright, x=-0.51 * w), moved(upright, x=0.5 * w)]
    board_material = frame if rng.random() < 0.5 else draw(rng, wood=3, gloss_white=1, brushed_metal=1, plastic=1)
    return [Part(join(*posts), frame), Part(join(*boards), board_material)]
