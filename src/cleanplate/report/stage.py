"""The stage: a product's results in, its page and overlays out; and what a person is told of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.capture import Capture, View
from cleanplate.files import read_object
from cleanplate.geometry import Mesh, read_mesh
from cleanplate.image import read_image, read_mask, read_probability, write_image
from cleanplate.report.overlay import overlay
from cleanplate.report.page import ViewPanel, view_panel, write_report

DOUBTFUL_AGREEMENT = 0.9
"""Mean IoU between masks and re-projected hull below which the model is called doubtful; sound masks reach 0.99."""

TELLING = 0.01
"""Of a mask's pixels: less that other views change is noise along the outline, and nothing to look at."""


def read_facts(output: Path) -> dict[str, Any]:
    """Return what a stage wrote beside its output; empty where there is none."""
    return read_object(output.with_suffix(".json"))


def hull_problems(hull: Path) -> list[str]:
    """Return a sentence for what is implausible, each reason why views were left out, and masks that do not agree."""
    facts = read_facts(hull)
    views: dict[str, list[str]] = {}
    for view, reason in facts["unused"].items():
        views.setdefault(reason, []).append(view)
    problems = list(facts.get("implausible", []))
    problems += [
        f"{'view' if len(each) == 1 else 'views'} {', '.join(each)}: {reason}; left out of the hull"
        for reason, each in views.items()
    ]
    if (mean := float(np.mean(_agreement(facts)))) < DOUBTFUL_AGREEMENT:
        problems.append(
            f"{hull}: the masks contradict each other: re-projected, the hull fills {mean:.0%} of them; "
            f"look at the worst views in report.html, correct their masks and run again"
        )
    return problems


def figures(hull: Path, glb: Path, views: int) -> dict[str, Any]:
    """Return what the report says of a product's hull and model; `views` is how many the capture has."""
    shape, asset = read_facts(hull), read_facts(glb)
    agreement = _agreement(shape)
    return {
        "views used": f"{len(agreement)} of {views}",
        "size": " x ".join(f"{1000 * side:.1f}" for side in asset["extent"]) + " mm (x, y up, z)",
        "hull volume": f"{1e6 * shape['volume']:.1f} ml",
        "hull cell": f"{1000 * shape['cell']:.2f} mm",
        "watertight": "yes" if shape["watertight"] else "no",
        "triangles": asset["triangles"],
        "GLB": f"{asset['size_bytes'] / 1e6:.2f} MB",
        "materials": _materials(asset),
        "texture": f"{asset['seen']:.0%} of it seen by a photograph, the rest filled in from around",
        "surface unknown": f"{shape['unknown']:.0%}, flat or hollow: silhouettes cannot tell",
        **_misses(shape),
        "mean agreement": f"{sum(agreement) / len(agreement):.4f}",
        "worst agreement": f"{min(agreement):.4f}",
    }


def _misses(facts: dict[str, Any]) -> dict[str, str]:
    miss = facts.get("tangent_miss_pixels")
    return {} if miss is None else {"masks and poses": f"agree to {miss:.2f} pixels in the median (touching planes)"}


def measures(hull: Path, glb: Path, views: int) -> dict[str, float]:
    """Return the same as numbers, for rules and tables.

    `agreement` is the mean IoU of the masks with the hull seen from their views, `worst_agreement` the least;
    `doubt_ml` the volume times what the masks disagree on: about how much of the model is in question.
    """
    shape, asset = read_facts(hull), read_facts(glb)
    agreement, volume = _agreement(shape), 1e6 * shape["volume"]
    mean = sum(agreement) / len(agreement)
    return {
        "agreement": round(mean, 6),
        "worst_agreement": round(min(agreement), 6),
        "views": views,
        "views_used": len(agreement),
        "volume_ml": round(volume, 3),
        "doubt_ml": round(volume * (1 - mean), 3),
        "unknown": round(shape["unknown"], 6),
        "watertight": int(shape["watertight"]),
        "triangles": asset["triangles"],
        "bytes": asset["size_bytes"],
    }


def _materials(asset: dict[str, Any]) -> str:
    """Say what the surface was taken for, and how surely."""
    shares = sorted(asset["materials"].items(), key=lambda share: -share[1])
    named = ", ".join(f"{name} {share:.0%}" for name, share in shares if share >= 0.005)
    return f"{named}; taken with confidence {asset['confidence']:.2f}"


def _agreement(facts: dict[str, Any]) -> list[float]:
    return [value for view, value in facts["agreement"].items() if view not in facts["unused"]]


def write_product(
    capture: Capture,
    folder: Path,
    out: Path,
    figures: dict[str, Any],
    problems: Sequence[str],
    shown: Sequence[Path],
) -> None:
    """Write report.html and overlays/<view id>.jpg below `out`.

    Args:
        capture: with the views that have a mask in `folder`/masks.
        folder: the product's results.
        figures, problems: to be told.
        shown: hull and models, the GLB first of these; empty where there is none.

    Raises:
        ImageError, MeshError: a picture, mask or hull cannot be read.
    """
    mesh = read_mesh(shown[0]) if shown else None
    facts = read_facts(shown[0]) if shown else {}
    notes = facts.get("unused", {}) | facts.get("doubtful", {})
    panels = [_panel(capture, view, folder, out, mesh, notes.get(view.id)) for view in capture.views]
    name = f"{capture.title} ({capture.asin})" if capture.title else capture.asin
    write_report(out / "report.html", name, figures, problems, panels, shown[1:], capture.tags)


def _panel(capture: Capture, view: View, folder: Path, out: Path, mesh: Mesh | None, note: str | None) -> ViewPanel:
    image, mask = read_image(capture.image_path(view)), read_mask(folder / "masks" / f"{view.id}.png")
    plate, seen = capture.plate_path(view), None
    if mesh and view.pose:
        from cleanplate.geometry.raster import silhouette

        seen = silhouette(mesh, capture.camera_of(view), view.pose)
    write_image(out / "overlays" / f"{view.id}.jpg", overlay(image, mask), quality=85)
    note = note or _refined_note(folder, view)
    return view_panel(view.id, image, read_image(plate) if plate else None, mask, seen, note)


def _refined_note(folder: Path, view: View) -> str:
    """Say what the other views changed in a mask; nothing if that is no more than an outline's noise."""
    before, after = (folder / kind / f"{view.id}.png" for kind in ("probabilities", "refined"))
    if not (before.is_file() and after.is_file()):
        return ""
    first, refined = (read_probability(path) >= 0.5 for path in (before, after))
    filled, removed = int((refined & ~first).sum()), int((first & ~refined).sum())
    share = (filled + removed) / max(int(refined.sum()), 1)
    if share < TELLING:
        return ""
    changed = f"{filled} px filled in, {removed} removed, {100 * share:.0f}% of it"
    return f"its mask was refined by what other views show: {changed}; look at it"
