"""A model's file against a profile: what was looked at, what was found, what is asked for."""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from itertools import permutations
from pathlib import Path
from typing import Literal

import numpy as np

from cleanplate.asset.profiles import AUDITOR_RANGE, Profile, find_profile
from cleanplate.errors import MeshError
from cleanplate.evaluate.asset.facts import Facts
from cleanplate.evaluate.asset.validator import HOW, khronos_issues

FILE_LIMIT = 1 << 29
"""Bytes of a model's file."""
TOLERANCE = 0.03
"""Of a side against the catalogue's: the auditor's default."""
FLOOR = 0.001
"""Metres between base and zero, or the same part of the height where that is more."""
SECONDS = 300

Outcome = Literal["pass", "fail", "not tested"]


@dataclass(frozen=True)
class Check:
    """One line of the certificate."""

    name: str
    outcome: Outcome
    got: str
    wanted: str


@dataclass(frozen=True)
class Verdict:
    """All that was looked at; `passed` if nothing failed."""

    file: str
    profile: str
    as_of: str
    source: str
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether no check failed; those that could not be made are named and do not count."""
        return all(check.outcome != "fail" for check in self.checks)

    def as_json(self) -> dict[str, object]:
        """Return plain values."""
        return {**asdict(self), "passed": self.passed}


def check_asset(
    path: Path, profile: str, size: tuple[float, float, float] | None = None, modules: Path | None = None
) -> Verdict:
    """Judge a GLB or USDZ, whoever made it.

    Args:
        size: the catalogue's width (x), height (y) and depth (z), metres.
        modules: where node finds the npm package gltf-validator; by default the current folder.

    Raises:
        SettingsError: no such profile.
        MeshError: the file is not there, too large, or cannot be read at all.
    """
    limits, facts = find_profile(profile), read_facts(path, modules)
    checks = [
        _validated(facts),
        _limit("file size", facts.size_bytes, limits.max_bytes, "bytes"),
        _limit("triangles", facts.triangles, limits.max_triangles),
        _limit("vertices", facts.vertices, limits.max_vertices),
        *_maps(facts, limits),
        *_places(facts),
        _extensions(facts, limits),
        *_stance(facts),
        _dimensions(facts, size),
    ]
    checks += [Check("read", "not tested", reason, "") for reason in facts.unread]
    return Verdict(path.name, limits.name, limits.as_of, limits.source, tuple(checks))


def read_facts(path: Path, modules: Path | None = None) -> Facts:
    """Read a model's file in a process of its own, with bounds on memory and time.

    Raises:
        MeshError: the file is not there, too large, or cannot be read.
    """
    if path.suffix.lower() not in (".glb", ".usdz"):
        raise MeshError(f"{path}: neither .glb nor .usdz; give a model of one of these kinds")
    if not path.is_file():
        raise MeshError(f"{path}: not found, or not a file")
    if (length := path.stat().st_size) > FILE_LIMIT:
        raise MeshError(f"{path}: {length} bytes, the limit is {FILE_LIMIT}; no shop takes so large a model")
    command = [sys.executable, "-P", "-m", "cleanplate.evaluate.asset.worker", str(path.resolve())]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise MeshError(f"{path}: reading it took over {SECONDS} s and was stopped; export it again") from error
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["its reader crashed"])[-1]
        raise MeshError(f"{path}: {reason}; export it again")
    facts = Facts.from_json(json.loads(done.stdout))
    if facts.kind == "GLB":
        facts.issues, facts.validator = khronos_issues(path, modules), "Khronos glTF validator"
    return facts


def _validated(facts: Facts) -> Check:
    wanted = "0 errors, 0 warnings"
    if facts.issues is None:
        return Check("official validator", "not tested", HOW, wanted)
    errors, warnings, messages = facts.issues.errors, facts.issues.warnings, facts.issues.messages
    got = "; ".join([f"{errors} errors, {warnings} warnings ({facts.validator})", *messages])
    return Check("official validator", "fail" if errors + warnings else "pass", got, wanted)


def _limit(name: str, got: int, most: int, unit: str = "") -> Check:
    return Check(name, "pass" if got <= most else "fail", f"{got:,} {unit}".strip(), f"at most {most:,} {unit}".strip())


def _maps(facts: Facts, limits: Profile) -> list[Check]:
    missing = sorted({role for roles in facts.materials for role in limits.required if role not in roles})
    has = "; ".join(", ".join(roles) or "none" for roles in facts.materials) or "no material"
    bad = missing or not facts.materials
    maps = Check("maps", "fail" if bad else "pass", f"of each material: {has}", ", ".join(limits.required))
    sizes = {(each.width, each.height) for each in facts.textures}
    odd = [size for size in sizes if not _fits(size, limits)]
    wanted = f"square, powers of two, {limits.min_texture} to {limits.max_texture}"
    got = ", ".join(f"{w} x {h}" for w, h in sorted(sizes)) or "none"
    textures = Check("texture sizes", "fail" if odd or not sizes else "pass", got, wanted)
    spans = [each.brightest for each in facts.textures if each.brightest]
    low, high = AUDITOR_RANGE
    if not spans:
        return [maps, textures, Check("base colour", "not tested", "no texture", f"{low} to {high}")]
    least, most = min(span[0] for span in spans), max(span[1] for span in spans)
    safe: Outcome = "pass" if low <= least and most <= high else "fail"
    return [maps, textures, Check("base colour", safe, f"{least} to {most}", f"brightest channel {low} to {high}")]


def _fits(size: tuple[int, int], limits: Profile) -> bool:
    side = size[0]
    return size[1] == side and side & (side - 1) == 0 and limits.min_texture <= side <= limits.max_texture


def _places(facts: Facts) -> list[Check]:
    rows = (
        ("texture coordinates within 0..1", facts.outside),
        ("texture not mirrored", facts.mirrored),
        ("texture not overlapping", facts.overlapping),
    )
    return [
        Check(name, "not tested", "no texture coordinates that can be read", "no triangle")
        if count is None
        else Check(name, "fail" if count else "pass", f"{count} triangles", "no triangle")
        for name, count in rows
    ]


def _extensions(facts: Facts, limits: Profile) -> Check:
    odd = [name for name in facts.extensions if name not in limits.extensions]
    got = ", ".join(facts.extensions) or "none"
    return Check("extensions", "fail" if odd else "pass", got, f"some of {', '.join(limits.extensions) or 'none'}")


def _stance(facts: Facts) -> list[Check]:
    low, high = np.array(facts.low), np.array(facts.high)
    sides = high - low
    allowed = max(FLOOR, FLOOR * float(sides[1]))
    base: Outcome = "pass" if abs(low[1]) <= allowed else "fail"
    off = float(np.abs(low + high)[[0, 2]].max() / 2)
    centred: Outcome = "pass" if off <= max(FLOOR, 0.01 * float(sides.max())) else "fail"
    metres: Outcome = "pass" if 0.002 <= sides.max() <= 20 else "fail"
    return [
        Check("base at zero", base, f"lowest point at y = {1000 * low[1]:.2f} mm", f"within {1000 * allowed:.1f} mm"),
        Check("pivot centred", centred, f"{1000 * off:.1f} mm off the middle of x and z", "within 1% of the size"),
        Check("units", metres, _sides(sides), "metres: the largest side 2 mm to 20 m"),
    ]


def _dimensions(facts: Facts, size: tuple[float, float, float] | None) -> Check:
    sides = np.array(facts.high) - np.array(facts.low)
    if size is None:
        return Check("dimensions", "not tested", _sides(sides), "give the catalogue's by --size")
    wanted = f"{_sides(np.array(size))}, each within {TOLERANCE:.0%}"
    if _near(sides, np.array(size)):
        return Check("dimensions", "pass", _sides(sides), wanted)
    turned = [order for order in permutations(range(3)) if _near(sides[list(order)], np.array(size))]
    hint = "; the sides are right in another order: the product lies or is turned" if turned else ""
    return Check("dimensions", "fail", _sides(sides) + hint, wanted)


def _near(sides: np.ndarray, size: np.ndarray) -> bool:
    return bool((np.abs(sides - size) <= TOLERANCE * size).all())


def _sides(sides: np.ndarray) -> str:
    return " x ".join(f"{1000 * side:.1f}" for side in sides) + " mm (x, y up, z)"
