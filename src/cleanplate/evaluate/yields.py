"""Yield (S13): how many products become a good model; what passes is laid down in docs/explanation/yield.md."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float

EXACT = "exact"
OTHER_IOU = (0.80, 0.85, 0.90, 0.95)
BEYOND = 0.95
RESAMPLES = 10_000

Row = dict[str, Any]
"""What one product's model is like: `asin`, `tags`, `failures`, and the figures of `evaluate.solids.Agreement`."""


def summarise(rows: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """Return yields with 95% intervals over products, their paired differences, reasons and readings.

    Args:
        rows: by method, in one order of the products; `EXACT` among them, which are the exact masks.
    """
    products = rows[EXACT]
    weights = np.random.default_rng(0).multinomial(len(products), np.full(len(products), 1 / len(products)), RESAMPLES)
    passed = {name: np.array([not row["failures"] for row in each], float) for name, each in rows.items()}
    first = next(name for name in rows if name != EXACT)
    tags = sorted({tag for row in products for tag in row["tags"]})
    return {
        "products": len(products),
        "yield": {name: _interval(each, weights) for name, each in passed.items()},
        "more_than": first,
        "difference": {
            name: _interval(each - passed[first], weights) for name, each in passed.items() if name != first
        },
        "beyond_a_pixel": {name: _share(each, lambda row: row["iou_beyond"] >= BEYOND) for name, each in rows.items()},
        "at_iou": {
            name: {str(iou): _share(each, partial(_reaches, iou)) for iou in OTHER_IOU} for name, each in rows.items()
        },
        "by_tag": {
            name: {tag: float(np.mean([not row["failures"] for row in each if tag in row["tags"]])) for tag in tags}
            for name, each in rows.items()
        },
        "failures": {
            name: {reason: sum(reason in row["failures"] for row in each) for reason in _reasons(each)}
            for name, each in rows.items()
        },
        "rows": {
            name: [{key: value for key, value in row.items() if key != "key"} for row in each]
            for name, each in rows.items()
        },
    }


def yield_table(summary: Mapping[str, Any]) -> str:
    """Return a summary as Markdown."""
    lines = [
        "| masks | yield | 95% | beyond a pixel | IoU .80 | .85 | .95 | failed for |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, each in summary["yield"].items():
        readings = [summary["beyond_a_pixel"][name], *(summary["at_iou"][name][iou] for iou in ("0.8", "0.85", "0.95"))]
        failed = ", ".join(f"{reason} {count}" for reason, count in summary["failures"][name].items())
        cells = [name, f"{each['mean']:.0%}", f"{each['low']:.0%} to {each['high']:.0%}"]
        lines.append("| " + " | ".join([*cells, *(f"{each:.0%}" for each in readings), failed]) + " |")
    return "\n".join(lines)


def _reasons(rows: Sequence[Row]) -> list[str]:
    """Return all reasons for which a product failed."""
    return sorted({reason for row in rows for reason in row["failures"]})


def _reaches(iou: float, row: Row) -> bool:
    return bool(row["iou"] >= iou)


def _share(rows: Sequence[Row], volume: Callable[[Row], bool]) -> float:
    """Return the yield with the limit of volume IoU replaced by another test of the row."""
    others = [set(row["failures"]) - {"volume IoU"} for row in rows]
    return float(np.mean([not other and volume(row) for row, other in zip(rows, others, strict=True)]))


def _interval(values: Float[np.ndarray, " n"], weights: np.ndarray) -> dict[str, float]:
    """Return a mean over products with its 95% interval by bootstrap over products."""
    low, high = np.percentile(weights @ values / len(values), [2.5, 97.5])
    return {"mean": float(values.mean()), "low": float(low), "high": float(high)}
