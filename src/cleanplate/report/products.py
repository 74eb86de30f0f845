"""What a page shows: captures, and the products that runs made of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleanplate.capture import Capture, View, find_captures, read_capture
from cleanplate.errors import CaptureError
from cleanplate.files import read_object

RESULT = "result.json"


@dataclass(frozen=True)
class Product:
    """A capture with the masks that belong to it.

    Attributes:
        capture: where the pictures lie.
        run: the product's folder in a run's output, `<out>/<asin>`; None for a capture on its own.
    """

    capture: Capture
    run: Path | None = None

    @property
    def folder(self) -> Path:
        """Where masks and journal are written."""
        return self.capture.folder if self.run is None else self.run

    def mask_path(self, view: View) -> Path:
        """Return where a view's mask lies, or will: the run's prediction, or the capture's own truth."""
        if self.run is None:
            return self.capture.mask_path(view) or self.capture.folder / "masks" / f"{view.id}.png"
        return self.run / "masks" / f"{view.id}.png"

    def hull_facts(self) -> dict[str, Any]:
        """Return what the run knows of the hull; empty where there is none."""
        return {} if self.run is None else read_object(self.run / "hull.json")

    def hull_mesh(self) -> Path | None:
        """Return the run's hull, or None."""
        path = None if self.run is None else self.run / "hull.ply"
        return path if path is not None and path.is_file() else None


def find_products(paths: Iterable[Path]) -> list[Product]:
    """Return the products named by `paths`: captures, folders of captures, and outputs of runs.

    A run's capture is found by the path in its result.json, or among the other `paths` by its ASIN; then it is not
    listed a second time on its own.

    Raises:
        CaptureError: a path is none of these, or the capture of a run cannot be found.
    """
    runs: list[Path] = []
    captures: list[Capture] = []
    for path in paths:
        if found := list(_runs(path)):
            runs += found
        else:
            captures += map(read_capture, find_captures([path]))
    by_asin = {capture.asin: capture for capture in captures}
    products = [Product(_capture_of(run, by_asin), run) for run in dict.fromkeys(runs)]
    taken = {product.capture.folder.resolve() for product in products}
    return products + [Product(capture) for capture in captures if capture.folder.resolve() not in taken]


def _runs(path: Path) -> Iterator[Path]:
    for folder in (path, *sorted(child for child in path.glob("*") if child.is_dir())):
        has_masks = (folder / RESULT).is_file() or (folder / "masks").is_dir()
        if has_masks and not (folder / "capture.json").is_file():
            yield folder


def _capture_of(run: Path, by_asin: dict[str, Capture]) -> Capture:
    if run.name in by_asin:
        return by_asin[run.name]
    recorded = read_object(run / RESULT).get("capture")
    if isinstance(recorded, str) and (Path(recorded) / "capture.json").is_file():
        return read_capture(Path(recorded))
    where = f"its {RESULT} names {recorded!r}, which is not there" if recorded else f"it has no {RESULT}"
    raise CaptureError(f"{run}: the capture with the pictures cannot be found ({where}); name its folder as well")
