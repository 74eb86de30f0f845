"""A picture of the residuals: systematic patterns show what a number hides."""

import numpy as np

from cleanplate.calibrate.detect import Sighting
from cleanplate.types import Image

PANEL = 360
MAGNIFY = 50
COLUMNS = 4


def draw_residuals(sightings: list[Sighting], residuals: list[np.ndarray]) -> Image:
    """Draw one panel for each camera: where corners were seen, and their residuals, magnified 50 times."""
    import cv2

    names = sorted({sighting.camera for sighting in sightings})
    panels = []
    for name in names:
        own = [(s, r) for s, r in zip(sightings, residuals, strict=True) if s.camera == name]
        width, height = own[0][0].size
        scale = PANEL / width
        panel = np.full((round(height * scale) + 24, PANEL, 3), 255, np.uint8)
        for sighting, residual in own:
            starts = np.rint(sighting.pixels * scale).astype(int)
            ends = np.rint(sighting.pixels * scale + residual * MAGNIFY * scale).astype(int)
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
                cv2.line(panel, start, end, (200, 40, 40), 1, cv2.LINE_AA)
                cv2.circle(panel, start, 1, (30, 30, 30), -1)
        rms = np.sqrt(np.square(np.concatenate([r for _, r in own])).sum(axis=1).mean())
        text = f"{name}: RMS {rms:.3f} px, x{MAGNIFY}"
        cv2.putText(panel, text, (6, panel.shape[0] - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
        panels.append(panel)
    tall = max(panel.shape[0] for panel in panels)
    panels = [np.pad(p, ((0, tall - p.shape[0]), (0, 0), (0, 0)), constant_values=255) for p in panels]
    columns = min(COLUMNS, len(panels))
    panels += [np.full_like(panels[0], 255)] * (-len(panels) % columns)
    return np.vstack([np.hstack(panels[k : k + columns]) for k in range(0, len(panels), columns)])
