"""What a data set holds, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cleanplate.capture import read_capture
from cleanplate.dataset.manifest import read_manifest
from cleanplate.geometry import elevation
from cleanplate.image import read_mask

ELEVATION_BINS_DEG = tuple(range(0, 91, 10))


@dataclass(frozen=True)
class DatasetStats:
    """Counts over a data set."""

    products: dict[str, int]
    """By split."""
    views: dict[str, int]
    """By split."""
    tags: dict[str, int]
    """Products with each tag; "none" for those without."""
    families: dict[str, int]
    sizes: dict[str, int]
    """Views by "WIDTHxHEIGHT"."""
    elevations: tuple[int, ...]
    """Views per 10 degrees of camera elevation, from the horizon to the zenith."""
    coverage: tuple[float, float, float]
    """Share of foreground pixels per masked view: 5th percentile, median, 95th; zeros without masks."""


def dataset_stats(folder: Path) -> DatasetStats:
    """Count a data set that has a manifest.

    Raises:
        CaptureError, ImageError: a manifest, capture or mask that cannot be read.
    """
    entries = read_manifest(folder)
    sizes: Counter[str] = Counter()
    elevations, coverage = [], []
    for entry in entries:
        capture = read_capture(folder / entry.asin)
        for view in capture.views:
            camera, mask = capture.camera_of(view), capture.mask_path(view)
            sizes[f"{camera.width}x{camera.height}"] += 1
            if view.pose is not None:
                elevations.append(np.clip(elevation(view.pose), 0, 90))
            if mask is not None:
                coverage.append(read_mask(mask).mean())
    low, median, high = np.percentile(coverage, [5, 50, 95]) if coverage else (0.0, 0.0, 0.0)
    return DatasetStats(
        products=dict(Counter(e.split for e in entries)),
        views={s: sum(e.views for e in entries if e.split == s) for s in sorted({e.split for e in entries})},
        tags=dict(Counter(tag for e in entries for tag in e.tags or ("none",)).most_common()),
        families=dict(sorted(Counter(e.family or "unknown" for e in entries).items())),
        sizes=dict(sizes),
        elevations=tuple(int(n) for n in np.histogram(elevations, ELEVATION_BINS_DEG)[0]),
        coverage=(float(low), float(median), float(high)),
    )
