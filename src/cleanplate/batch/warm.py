"""Compiles the loops that a product needs, before its time is taken: a first product on a machine waits for them."""

import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np

from cleanplate.capture import Capture, View, write_capture
from cleanplate.geometry import Camera, look_at, rotation_z
from cleanplate.image import write_image
from cleanplate.pipeline import run_product
from cleanplate.settings import Settings

WIDTH, HEIGHT, VIEWS = 96, 80, 9


@lru_cache(maxsize=1)
def warm() -> None:
    """Run a disk of nine small views through all stages, once in a process; compiled code stays on the disk as well."""
    with tempfile.TemporaryDirectory(prefix="cleanplate-warm-") as name:
        folder = Path(name) / "B000000000"
        camera = Camera(WIDTH, HEIGHT, np.array([[200.0, 0, WIDTH / 2], [0, 200, HEIGHT / 2], [0, 0, 1]]), np.zeros(5))
        plate = np.full((HEIGHT, WIDTH, 3), 210, np.uint8)
        write_image(folder / "plate.png", plate)
        y, x = np.mgrid[:HEIGHT, :WIDTH]
        plate[(x - WIDTH / 2) ** 2 + (y - HEIGHT / 2) ** 2 < 20**2] = (60, 90, 160)
        views = []
        for n in range(VIEWS):
            write_image(folder / f"{n}.png", plate)
            pose = look_at(rotation_z(360 / VIEWS * n) @ np.array([0.4, 0, 0.2]), np.array([0, 0, 0.045]))
            views.append(View(f"v{n}", "c", f"{n}.png", "plate.png", None, 360 / VIEWS * n, pose))
        write_capture(Capture(folder, folder.name, {"c": camera}, tuple(views)))
        run_product(folder, Path(name) / "out", Settings("classical", resolution=16))
