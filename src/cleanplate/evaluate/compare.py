"""Methods side by side on the same views: the paper's Table 1, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from cleanplate.errors import CaptureError
from cleanplate.evaluate.metrics import Metrics
from cleanplate.evaluate.observations import Observation
from cleanplate.evaluate.report import Report, evaluate_all

METRICS = tuple(Metrics.__dataclass_fields__)
OBSERVATIONS = tuple(Observation.__dataclass_fields__)
LOWER_IS_BETTER = {"hausdorff", "hausdorff_reverse", "hausdorff_mean", "false_foreground", "false_holes", "false_blobs"}
CONFIDENCE = 0.95
RESAMPLES = 4000


@dataclass(frozen=True)
class Cost:
    """Seconds a view from files to files, the median over captures; `cpu` is the processors' time over all threads."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Interval:
    """A mean over views with its confidence interval over products."""

    mean: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        """Return the three numbers by name."""
        return {"mean": self.mean, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class Comparison:
    """Reports of several methods on the same views.

    Attributes:
        reports: by method, in the order given.
        costs: of the methods for which they are known.
        upside_down: reports on the same pictures turned upside down, of the methods that were given them.
        seed: of the bootstrap.
        refused: captures that nothing could be compared on, and why.
    """

    reports: dict[str, Report]
    costs: dict[str, Cost] = field(default_factory=dict)
    upside_down: dict[str, Report] = field(default_factory=dict)
    seed: int = 0
    refused: tuple[str, ...] = ()

    @property
    def methods(self) -> list[str]:
        """The methods' names, in the order given."""
        return list(self.reports)

    @property
    def problems(self) -> list[str]:
        """Captures that were refused, and every prediction that was missing or unusable, with its method."""
        return [*self.refused] + [
            f"{name}: {problem}" for name, report in self.reports.items() for problem in report.problems
        ]

    def table(self) -> dict[str, dict[str, Interval]]:
        """Return each method's mean of each metric over views, with its interval."""
        return {name: self._row(report, METRICS) for name, report in self.reports.items()}

    def observations(self) -> dict[str, dict[str, Interval]]:
        """Return each method's mIoU, and its mean of each observation over the views that show it.

        Methods that were also given the pictures upside down have a second row.
        """
        turned = {f"{name}, upside down": report for name, report in self.upside_down.items()}
        rows = {name: self._row(report, ("miou", *OBSERVATIONS)) for name, report in (self.reports | turned).items()}
        return {name: row for name, row in rows.items() if len(row) > 1}

    def differences(self, reference: str) -> dict[str, dict[str, Interval]]:
        """Return each other method's mean minus the reference's, paired: both on the same resampled products.

        An interval without 0 is a difference that another choice of products would hardly undo.
        """
        weights = self._resampled_weights()
        result: dict[str, dict[str, Interval]] = {}
        for name, report in self.reports.items():
            if name != reference:
                result[name] = {}
                for metric in METRICS:
                    (ours, our_mean), (theirs, their_mean) = (
                        _resampled(each, metric, weights) for each in (report, self.reports[reference])
                    )
                    result[name][metric] = _interval(ours - theirs, our_mean - their_mean)
        return result

    def to_dict(self, reference: str | None = None) -> dict[str, Any]:
        """Return everything as JSON-able values; differences are to `reference`, by default the first method."""
        reference = reference or self.methods[0]
        first = next(iter(self.reports.values()))
        return {
            "methods": self.methods,
            "views": len(first.views),
            "products": len(first.by_product()),
            "bootstrap": {"over": "products", "resamples": RESAMPLES, "confidence": CONFIDENCE, "seed": self.seed},
            "table": _plain(self.table()),
            "reference": reference,
            "differences": _plain(self.differences(reference)),
            "observations": _plain(self.observations()),
            "seconds_per_view": {name: asdict(cost) for name, cost in self.costs.items()},
            "by_tag": {name: report.by_tag() for name, report in self.reports.items()},
            "by_elevation": {name: report.by_elevation() for name, report in self.reports.items()},
            "product_mean": {name: report.product_mean() for name, report in self.reports.items()},
            "problems": self.problems,
        }

    def _row(self, report: Report, names: Sequence[str]) -> dict[str, Interval]:
        weights = self._resampled_weights()
        row = {name: _resampled(report, name, weights) for name in names}
        return {name: _interval(samples, mean) for name, (samples, mean) in row.items() if np.isfinite(mean)}

    def _resampled_weights(self) -> Float[np.ndarray, "resamples products"]:
        """Return how often each product was drawn in each resample; the same draws for every method."""
        count = len(next(iter(self.reports.values())).by_product())
        return np.random.default_rng(self.seed).multinomial(count, np.full(count, 1 / count), RESAMPLES).astype(float)


def compare_methods(
    methods: Mapping[str, Path], captures: Sequence[Path], observing: bool = False, refused: Sequence[str] = ()
) -> Comparison:
    """Measure several folders of masks on the same captures; see `evaluate_masks` for their layout.

    Args:
        refused: captures that were left out already, and why; they stay among the problems.

    Raises:
        CaptureError: as `evaluate_masks`, or no method was given.
    """
    if not methods:
        raise CaptureError("nothing to compare; give at least one folder of masks, as NAME=FOLDER")
    return Comparison(evaluate_all(methods, captures, observing), refused=tuple(refused))


def _resampled(
    report: Report, name: str, weights: Float[np.ndarray, "resamples products"]
) -> tuple[Float[np.ndarray, " resamples"], float]:
    """Return the mean over the views that have a value in each resample, and as it is; products bring all their views.

    Where no view has one, the means are not numbers.
    """
    products = sorted({view.asin for view in report.views})
    row = {asin: n for n, asin in enumerate(products)}
    sums, counts = np.zeros((2, len(products)))
    for view in report.views:
        value = view.values().get(name)
        if value is not None:
            sums[row[view.asin]] += value
            counts[row[view.asin]] += 1
    with np.errstate(invalid="ignore"):
        return (weights @ sums) / (weights @ counts), float(sums.sum() / counts.sum())


def _interval(samples: Float[np.ndarray, " resamples"], mean: float) -> Interval:
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.nanpercentile(samples, [tail, 100 - tail])
    return Interval(mean, float(low), float(high))


def _plain(table: Mapping[str, Mapping[str, Interval]]) -> dict[str, dict[str, dict[str, float]]]:
    return {name: {metric: each.to_dict() for metric, each in row.items()} for name, row in table.items()}
