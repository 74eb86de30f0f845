"""Yield (S13): how many products become a good model; what passes is laid down in docs/explanation/yield.md."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float

EXACT = "exact"
OTHER_IOU = (0.80, 0.85, 0.90, 0.95)
BEYOND = 0.95
SINGLE = ", single views"
"""Ends the name of a method whose masks no other view refined."""
A_POINT = 0.01
"""mIoU by which a view is said to lose by the others."""
RESAMPLES = 10_000

Row = dict[str, Any]
"""What one product's model is like: `asin`, `tags`, `failures`, `miou` of each view's mask, and the figures of
`evaluate.solids.Agreement`."""


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
        "miou": {name: _mean_miou(each) for name, each in rows.items()},
        "miou_by_tag": {
            name: {tag: _mean_miou([row for row in each if tag in row["tags"]]) for tag in tags}
            for name, each in rows.items()
        },
        "lose_a_point": {
            name: _losing(each, rows[name + SINGLE]) for name, each in rows.items() if name + SINGLE in rows
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
    """Return a summary as Markdown; those of earlier versions know nothing of the masks themselves."""
    titles = ["masks", "mIoU", "views that lose a point", "yield", "95%", "beyond a pixel", "IoU .80", ".85", ".95"]
    titles = [title for title in [*titles, "failed for"] if "miou" in summary or title not in titles[1:3]]
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    for name, each in summary["yield"].items():
        readings = [summary["beyond_a_pixel"][name], *(summary["at_iou"][name][iou] for iou in ("0.8", "0.85", "0.95"))]
        failed = ", ".join(f"{reason} {count}" for reason, count in summary["failures"][name].items())
        cells = [name, *_of_masks(summary, name), f"{each['mean']:.0%}", f"{each['low']:.0%} to {each['high']:.0%}"]
        lines.append("| " + " | ".join([*cells, *(f"{each:.0%}" for each in readings), failed]) + " |")
    return "\n".join(lines)


def _of_masks(summary: Mapping[str, Any], name: str) -> list[str]:
    if "miou" not in summary:
        return []
    lose = summary["lose_a_point"]
    return [f"{summary['miou'][name]:.4f}", f"{lose[name]:.1%}" if name in lose else ""]


def _mean_miou(rows: Sequence[Row]) -> float:
    """Return the mean mIoU over all views."""
    return float(np.mean([miou for row in rows for miou in row["miou"]]))


def _losing(rows: Sequence[Row], single: Sequence[Row]) -> float:
    """Return the share of the views that lose more than a point by what other views told them."""
    gains = [np.subtract(row["miou"], alone["miou"]) for row, alone in zip(rows, single, strict=True)]
    return float((np.concatenate(gains) < -A_POINT).mean())


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
