"""The data set card: what it is, what is in it, under which licences; with a sheet of samples."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

from cleanplate.capture import read_capture
from cleanplate.dataset.manifest import read_manifest
from cleanplate.dataset.sheet import contact_sheet
from cleanplate.dataset.stats import ELEVATION_BINS_DEG, DatasetStats, dataset_stats
from cleanplate.files import write_bytes
from cleanplate.image import write_image

_SAMPLES = 24


def write_card(folder: Path, name: str, command: str, licences: tuple[str, ...]) -> Path:
    """Write `folder`/CARD.md and `folder`/samples.jpg, and return the card's path.

    Args:
        command: what made the data set.
        licences: one line per source.

    Raises:
        CaptureError, ImageError: a manifest, capture or picture that cannot be read.
    """
    entries = read_manifest(folder)
    picks = np.linspace(0, len(entries) - 1, min(_SAMPLES, len(entries))).round().astype(int)
    sheet = contact_sheet([read_capture(folder / entries[i].asin) for i in picks], columns=3)
    write_image(folder / "samples.jpg", sheet, quality=85)
    card = folder / "CARD.md"
    write_bytes(card, _text(name, command, licences, dataset_stats(folder)).encode())
    return card


def _text(name: str, command: str, licences: tuple[str, ...], stats: DatasetStats) -> str:
    products, views = sum(stats.products.values()), sum(stats.views.values())
    bins = [f"{a}-{b}°" for a, b in pairwise(ELEVATION_BINS_DEG)]
    low, median, high = stats.coverage
    lines = [
        f"# {name}",
        "",
        f"{products} products, {views} views, each an image, the plate of its camera (the empty set), an exact mask,",
        "a pose, and per product the true mesh, in the format cleanplate-capture/1. Made by",
        "",
        f"    {command}",
        "",
        "![samples](samples.jpg)",
        "",
        *_table("Split", "Products", stats.products),
        *_table("Split", "Views", stats.views),
        *_table("Tag", "Products", stats.tags),
        *_table("Camera elevation", "Views", dict(zip(bins, stats.elevations, strict=True))),
        *_table("Image size", "Views", stats.sizes),
        f"Foreground share of a view: median {median:.1%}, 5th to 95th percentile {low:.1%} to {high:.1%}.",
        "",
        *_table("Family", "Products", stats.families),
        "## Licences",
        "",
        *(f"- {licence}" for licence in licences),
        "",
        "The pictures are simulated: walls keep the light of the empty set, lenses do not distort, liquids are absent.",
    ]
    return "\n".join(lines) + "\n"


def _table(left: str, right: str, counts: dict[str, int]) -> list[str]:
    return [f"| {left} | {right} |", "|---|---:|", *(f"| {k} | {v} |" for k, v in counts.items()), ""]
