"""A folder of predicted masks x captures with truth -> scores of every view, and their means."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.capture import Capture, View, find_captures, read_capture
from cleanplate.errors import CaptureError, ImageError
from cleanplate.evaluate.metrics import Metrics, evaluate_mask
from cleanplate.evaluate.observations import Observation, Regions, find_regions, observe
from cleanplate.geometry import elevation
from cleanplate.image import read_image, read_mask
from cleanplate.types import Mask


@dataclass(frozen=True)
class ViewScore:
    """One view's metrics.

    Attributes:
        asin: the product.
        view: the view's id.
        metrics: of the predicted mask against the truth.
        tags: the product's.
        elevation: of the camera in degrees, where the view has a pose.
        problem: why there was no prediction to measure; an empty mask was measured in its place.
        observation: where it was asked for and the view has a plate.
    """

    asin: str
    view: str
    metrics: Metrics
    tags: tuple[str, ...] = ()
    elevation: float | None = None
    problem: str | None = None
    observation: Observation | None = None

    def values(self) -> dict[str, float | None]:
        """Return metrics and observations by name."""
        return self.metrics.to_dict() | (asdict(self.observation) if self.observation else {})


@dataclass(frozen=True)
class Report:
    """Every view's score; a view without a usable prediction is in it, as an empty mask and by name."""

    views: tuple[ViewScore, ...]
    without_truth: int = 0

    @property
    def problems(self) -> list[str]:
        """One sentence for each view that had no usable prediction."""
        return [view.problem for view in self.views if view.problem]

    def mean(self) -> dict[str, float]:
        """Return the mean of each metric over views."""
        return _mean(self.views)

    def by_product(self) -> dict[str, dict[str, float]]:
        """Return each product's means over its views."""
        return self._grouped(lambda view: [view.asin])

    def product_mean(self) -> dict[str, float]:
        """Return the mean over products of each product's means, so that one with many views weighs no more."""
        products = list(self.by_product().values())
        return {name: float(np.mean([each[name] for each in products])) for name in products[0]}

    def by_tag(self) -> dict[str, dict[str, float]]:
        """Return the means over the views of each tag's products; a product counts for each of its tags."""
        return self._grouped(lambda view: view.tags)

    def by_elevation(self, step: float = 15.0) -> dict[str, dict[str, float]]:
        """Return the means over the views in each band of `step` degrees of camera elevation, lowest first."""
        bands: dict[int, list[ViewScore]] = defaultdict(list)
        for view in self.views:
            if view.elevation is not None:
                bands[int(view.elevation // step)].append(view)
        return {f"{band * step:g}..{(band + 1) * step:g}": _mean(bands[band]) for band in sorted(bands)}

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-able values."""
        return {
            "count": {
                "views": len(self.views),
                "products": len({view.asin for view in self.views}),
                "problems": len(self.problems),
                "without_truth": self.without_truth,
            },
            "mean": self.mean(),
            "product_mean": self.product_mean(),
            "by_product": self.by_product(),
            "by_tag": self.by_tag(),
            "by_elevation": self.by_elevation(),
            "problems": self.problems,
            "views": [
                {"asin": view.asin, "view": view.view, "elevation": view.elevation, **view.metrics.to_dict()}
                for view in self.views
            ],
        }

    def _grouped(self, keys: Callable[[ViewScore], Iterable[str]]) -> dict[str, dict[str, float]]:
        groups: dict[Hashable, list[ViewScore]] = defaultdict(list)
        for view in self.views:
            for key in keys(view):
                groups[key].append(view)
        return {str(key): _mean(groups[key]) for key in sorted(groups, key=str)}


def evaluate_masks(predictions: Path, captures: Sequence[Path]) -> Report:
    """Measure `<predictions>/<asin>/masks/<view id>.png` against the truth of captures or collections.

    Masks of other tools may also lie at `<predictions>/<asin>/<view id>.png`. A prediction that is missing, damaged
    or of another size is measured as an empty mask, so that no method gains by leaving hard views out, and is named
    in `Report.problems`.

    Raises:
        CaptureError: a path holds no capture, a capture cannot be read, or none has a true mask.
        ImageError: a true mask cannot be read.
    """
    return evaluate_all({"": predictions}, captures)[""]


def evaluate_all(methods: Mapping[str, Path], captures: Sequence[Path], observing: bool = False) -> dict[str, Report]:
    """Measure several folders of masks by name, reading the truth once; see `evaluate_masks`.

    Args:
        observing: also measure what the paper observed, in views that have a plate.

    Raises:
        CaptureError, ImageError: as `evaluate_masks`; when observing, also for an image or plate.
    """
    scores: dict[str, list[ViewScore]] = {name: [] for name in methods}
    judged = without_truth = 0
    for folder in find_captures(captures):
        capture = read_capture(folder)
        for view in capture.views:
            truth_path = capture.mask_path(view)
            if truth_path is None:
                without_truth += 1
                continue
            judged += 1
            truth = read_mask(truth_path)
            regions = _regions(capture, view, truth) if observing else None
            for name, predictions in methods.items():
                scores[name].append(_score(predictions, capture, view, truth, regions))
    if not judged:
        raise CaptureError(
            f"{', '.join(map(str, captures))}: no view has a true mask to measure against; add masks to capture.json"
        )
    return {name: Report(tuple(views), without_truth) for name, views in scores.items()}


def _regions(capture: Capture, view: View, truth: Mask) -> Regions | None:
    plate = capture.plate_path(view)
    return None if plate is None else find_regions(read_image(capture.image_path(view)), read_image(plate), truth)


def _score(predictions: Path, capture: Capture, view: View, truth: Mask, regions: Regions | None) -> ViewScore:
    prediction, problem = read_prediction(predictions, capture.asin, view.id, truth.shape)
    return ViewScore(
        capture.asin,
        view.id,
        evaluate_mask(prediction, truth),
        capture.tags,
        None if view.pose is None else elevation(view.pose),
        problem,
        observe(prediction, regions) if regions else None,
    )


def read_prediction(predictions: Path, asin: str, view: str, shape: tuple[int, ...]) -> tuple[Mask, str | None]:
    """Return a view's predicted mask, or an empty one of `shape` (h, w) and what was wrong."""
    folder = predictions / asin
    candidates = (folder / "masks" / f"{view}.png", folder / f"{view}.png")
    path = next((path for path in candidates if path.is_file()), candidates[0])
    try:
        mask = read_mask(path)
        if mask.shape == shape:
            return mask, None
        problem = f"{path}: {mask.shape[1]}x{mask.shape[0]} pixels, its image has {shape[1]}x{shape[0]}"
    except (ImageError, OSError) as error:
        problem = str(error)
    return np.zeros(shape, bool), problem


def _mean(views: Sequence[ViewScore]) -> dict[str, float]:
    rows = [view.metrics.to_dict() for view in views]
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
