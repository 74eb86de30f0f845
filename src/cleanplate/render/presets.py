"""The four rigs that ship, each varied mildly by its seed (domain randomisation within a preset)."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np

from cleanplate.render.config import (
    RGB,
    ArmConfig,
    EnclosureConfig,
    MechanicsConfig,
    PanelConfig,
    PlateConfig,
    PlatenConfig,
    PlatenKind,
    ResponseConfig,
    RigConfig,
)

PRESETS = ("marvin", "softbox_table", "coloured_backdrop", "dark_box")


def make_rig(preset: str, seed: int, subject_radius_m: float = 0.12, aim_height_m: float = 0.08) -> RigConfig:
    """A rig of a preset for subjects within `subject_radius_m` of the point `aim_height_m` above the platen.

    Raises:
        ValueError: an unknown preset.
    """
    if preset not in PRESETS:
        raise ValueError(f"unknown rig preset {preset!r}: choose one of {', '.join(PRESETS)}")
    rng = np.random.default_rng([seed, zlib.crc32(preset.encode())])
    rig = _marvin(rng, preset, seed, subject_radius_m, aim_height_m)
    if preset == "softbox_table":
        return _softbox_table(rig, rng)
    if preset == "coloured_backdrop":
        return _coloured_backdrop(rig, rng)
    if preset == "dark_box":
        return _dark_box(rig, rng)
    return rig


def _tint(rng: np.random.Generator, level: float, spread: float) -> RGB:
    """A near-neutral colour of about `level`."""
    r, g, b = np.clip(level * (1 + rng.normal(0, spread, 3)), 0.02, 0.93)
    return float(r), float(g), float(b)


def _marvin(rng: np.random.Generator, preset: str, seed: int, radius: float, aim: float) -> RigConfig:
    distance = max(float(rng.uniform(0.7, 1.05)), 3.2 * radius)
    first = float(rng.uniform(1.5, 7.0))
    arm = ArmConfig(
        first_elevation_deg=first,
        last_elevation_deg=first + float(rng.uniform(76.0, 81.0)),
        distance_m=distance,
        aim_height_m=aim,
        subject_radius_m=radius,
        framing=float(rng.uniform(1.06, 1.2)),
    )
    wall = float(rng.uniform(0.68, 0.9))
    enclosure = EnclosureConfig(
        half_width_m=distance + float(rng.uniform(0.25, 0.5)),
        floor_z_m=-float(rng.uniform(0.12, 0.45)),
        ceiling_z_m=aim + distance + float(rng.uniform(0.2, 0.5)),
        wall_albedo=_tint(rng, wall, 0.015),
        floor_albedo=_tint(rng, wall * float(rng.uniform(0.6, 1.0)), 0.015),
        seams=int(rng.integers(1, 4)),
        seam_width_m=float(rng.uniform(0.002, 0.006)),
    )
    return RigConfig(
        preset=preset,
        seed=seed,
        arm=arm,
        enclosure=enclosure,
        panels=_panels(rng, enclosure),
        platen=_platen(rng, radius, aim),
        mechanics=_mechanics(rng),
        response=_response(rng),
        plate=PlateConfig(),
    )


def _panels(rng: np.random.Generator, box: EnclosureConfig) -> tuple[PanelConfig, ...]:
    """One or two panels on most walls; their size and power drive highlights and shadows."""
    height = box.ceiling_z_m - box.floor_z_m
    warmth = float(rng.normal(0, 0.06))
    colour = np.array([1 + warmth, 1.0, 1 - warmth])
    panels = []
    for wall in ("front", "right", "back", "left", "ceiling"):
        if wall not in ("right", "ceiling") and rng.random() < 0.3:
            continue
        span = height if wall != "ceiling" else 2 * box.half_width_m
        radiance = colour * float(np.exp(rng.normal(1.6, 0.5)))
        panels.append(
            PanelConfig(
                wall=wall,
                centre=(float(rng.uniform(-0.35, 0.35)), float(rng.uniform(-0.1, 0.35))),
                width_m=2 * box.half_width_m * float(rng.uniform(0.2, 0.5)),
                height_m=span * float(rng.uniform(0.2, 0.45)),
                radiance=(float(radiance[0]), float(radiance[1]), float(radiance[2])),
            )
        )
    return tuple(panels)


def _platen(rng: np.random.Generator, radius: float, aim: float) -> PlatenConfig:
    kinds: tuple[PlatenKind, ...] = ("matt", "glossy", "glass")
    reach = float(np.hypot(radius, 0.3 * aim))
    return PlatenConfig(
        kind=kinds[int(rng.choice(3, p=[0.35, 0.4, 0.25]))],
        radius_m=reach * float(rng.uniform(1.1, 2.8)),
        thickness_m=float(rng.uniform(0.008, 0.025)),
        colour=_tint(rng, float(rng.choice([rng.uniform(0.75, 0.9), rng.uniform(0.4, 0.75)], p=[0.8, 0.2])), 0.012),
        roughness=float(rng.uniform(0.05, 0.3)),
        rim_colour=_tint(rng, float(rng.uniform(0.08, 0.8)), 0.03),
        rim_width_m=float(rng.uniform(0.0, 0.012)),
        bolts=int(rng.choice([0, 3, 4, 6, 8, 12])),
        bolt_radius_m=float(rng.uniform(0.002, 0.006)),
    )


def _mechanics(rng: np.random.Generator) -> MechanicsConfig:
    return MechanicsConfig(
        rails=int(rng.integers(0, 3)),
        rail_width_m=float(rng.uniform(0.015, 0.05)),
        posts=int(rng.integers(0, 4)),
        clutter=int(rng.integers(0, 4)),
        colour=_tint(rng, float(rng.uniform(0.05, 0.7)), 0.05),
        metal_colour=_tint(rng, float(rng.uniform(0.55, 0.9)), 0.02),
        metal_roughness=float(rng.uniform(0.15, 0.5)),
    )


def _response(rng: np.random.Generator) -> ResponseConfig:
    return ResponseConfig(
        key=float(rng.uniform(0.75, 1.15)),
        white_balance=_gains(rng, 0.025),
        vignetting=float(rng.uniform(0.0, 0.2)),
        blur_px=float(rng.uniform(0.4, 0.9)),
        shot_noise=float(10 ** rng.uniform(-4.6, -3.6)),
        read_noise=float(rng.uniform(0.0006, 0.003)),
        shoulder=float(rng.uniform(0.65, 0.95)),
        gamma=float(rng.uniform(0.9, 1.12)),
        jpeg_quality=int(rng.integers(88, 97)),
    )


def _gains(rng: np.random.Generator, sd: float) -> RGB:
    r, g, b = np.exp(rng.normal(0, sd, 3))
    return float(r), float(g), float(b)


def _softbox_table(rig: RigConfig, rng: np.random.Generator) -> RigConfig:
    """A product table in a grey room under two or three large softboxes; a wide table in place of the platen."""
    panels = tuple(
        PanelConfig(
            wall=wall,
            centre=(float(rng.uniform(-0.3, 0.3)), float(rng.uniform(0.0, 0.4))),
            width_m=rig.enclosure.half_width_m * float(rng.uniform(0.7, 1.0)),
            height_m=rig.enclosure.half_width_m * float(rng.uniform(0.5, 0.8)),
            radiance=(8.0, 8.0, 8.0),
        )
        for wall in rng.permutation(["left", "right", "ceiling", "front"])[: int(rng.integers(2, 4))]
    )
    reach = rig.arm.subject_radius_m
    return replace(
        rig,
        panels=panels,
        enclosure=replace(rig.enclosure, wall_albedo=_tint(rng, float(rng.uniform(0.25, 0.6)), 0.03), seams=0),
        platen=replace(rig.platen, kind="glossy", radius_m=3.2 * reach, roughness=0.3, bolts=0, rim_width_m=0.0),
        mechanics=replace(rig.mechanics, rails=0),
    )


def _coloured_backdrop(rig: RigConfig, rng: np.random.Generator) -> RigConfig:
    """Walls and platen in one strong colour (chroma paper)."""
    hue = float(rng.uniform(0, 1))
    wave = 0.5 + 0.5 * np.cos(2 * np.pi * (hue - np.array([0.0, 1 / 3, 2 / 3])))
    r, g, b = (float(c) for c in 0.06 + 0.6 * wave)
    return replace(
        rig,
        enclosure=replace(rig.enclosure, wall_albedo=(r, g, b), floor_albedo=(r, g, b)),
        platen=replace(rig.platen, kind="matt", colour=(r, g, b)),
    )


def _dark_box(rig: RigConfig, rng: np.random.Generator) -> RigConfig:
    """Black walls, dark platen: bright edges and deep reflections."""
    dark = _tint(rng, float(rng.uniform(0.03, 0.08)), 0.05)
    return replace(
        rig,
        enclosure=replace(rig.enclosure, wall_albedo=dark, floor_albedo=dark),
        platen=replace(rig.platen, colour=_tint(rng, float(rng.uniform(0.04, 0.15)), 0.05)),
        response=replace(rig.response, key=float(rng.uniform(0.5, 0.8))),
    )
