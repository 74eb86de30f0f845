"""Methods side by side on the same views: the paper's Table 1, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from cleanplate.errors import CaptureError
from cleanplate.evaluate.metrics import Metrics
from cleanplate.evaluate.report import Report, evaluate_masks

METRICS = tuple(Metrics.__dataclass_fields__)
LOWER_IS_BETTER = {"hausdorff", "hausdorff_reverse", "hausdorff_mean", "false_foreground"}
CONFIDENCE = 0.95
RESAMPLES = 4000


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
        seconds: per view, of the methods for which it is known.
        seed: of the bootstrap.
    """

    reports: dict[str, Report]
    seconds: dict[str, float] = field(default_factory=dict)
    seed: int = 0

    @property
    def methods(self) -> list[str]:
        """The methods' names, in the order given."""
        return list(self.reports)

    @property
    def problems(self) -> list[str]:
        """Every prediction that was missing or unusable, with its method."""
        return [f"{name}: {problem}" for name, report in self.reports.items() for problem in report.problems]

    def table(self) -> dict[str, dict[str, Interval]]:
        """Return each method's mean of each metric over views, with its interval."""
        weights = self._resampled_weights()
        return {
            name: {metric: _interval(_weighted(report, metric, weights), report.mean()[metric]) for metric in METRICS}
            for name, report in self.reports.items()
        }

    def differences(self, reference: str) -> dict[str, dict[str, Interval]]:
        """Return each other method's mean minus the reference's, paired: both on the same resampled products.

        An interval without 0 is a difference that another choice of products would hardly undo.
        """
        weights = self._resampled_weights()
        base = self.reports[reference]
        result = {}
        for name, report in self.reports.items():
            if name != reference:
                result[name] = {
                    metric: _interval(
                        _weighted(report, metric, weights) - _weighted(base, metric, weights),
                        report.mean()[metric] - base.mean()[metric],
                    )
                    for metric in METRICS
                }
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
            "seconds_per_view": self.seconds,
            "by_tag": {name: report.by_tag() for name, report in self.reports.items()},
            "by_elevation": {name: report.by_elevation() for name, report in self.reports.items()},
            "product_mean": {name: report.product_mean() for name, report in self.reports.items()},
            "problems": self.problems,
        }

    def _resampled_weights(self) -> Float[np.ndarray, "resamples products"]:
        """Return how often each product was drawn in each resample; the same draws for every method."""
        count = len(next(iter(self.reports.values())).by_product())
        return np.random.default_rng(self.seed).multinomial(count, np.full(count, 1 / count), RESAMPLES).astype(float)


def compare_methods(
    methods: Mapping[str, Path], captures: Sequence[Path], seconds: Mapping[str, float] | None = None
) -> Comparison:
    """Measure several folders of masks on the same captures; see `evaluate_masks` for their layout.

    Raises:
        CaptureError: as `evaluate_masks`, or no method was given.
    """
    if not methods:
        raise CaptureError("nothing to compare; give at least one folder of masks, as NAME=FOLDER")
    reports = {name: evaluate_masks(folder, captures) for name, folder in methods.items()}
    return Comparison(reports, dict(seconds or {}))


def _weighted(
    report: Report, metric: str, weights: Float[np.ndarray, "resamples products"]
) -> Float[np.ndarray, "resamples"]:
    """Return the mean over views of each resample: products bring all their views along."""
    totals: dict[str, list[float]] = {}
    for view in report.views:
        totals.setdefault(view.asin, []).append(getattr(view.metrics, metric))
    products = sorted(totals)
    sums = np.array([sum(totals[asin]) for asin in products])
    counts = np.array([len(totals[asin]) for asin in products])
    return (weights @ sums) / (weights @ counts)


def _interval(samples: Float[np.ndarray, "resamples"], mean: float) -> Interval:
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(samples, [tail, 100 - tail])
    return Interval(mean, float(low), float(high))


def _plain(table: Mapping[str, Mapping[str, Interval]]) -> dict[str, dict[str, dict[str, float]]]:
    return {name: {metric: each.to_dict() for metric, each in row.items()} for name, row in table.items()}
