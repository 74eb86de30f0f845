"""A comparison as a terminal table, and as one HTML page that needs no neighbours."""

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt8

from cleanplate.evaluate.compare import LOWER_IS_BETTER, Comparison, Interval
from cleanplate.files import write_bytes

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

Picture = UInt8[np.ndarray, "_ _ 3"]
"""A drawn figure, RGB."""

COLUMNS = {
    "miou": "mIoU",
    "maccuracy": "mAccuracy",
    "hausdorff": "Hausdorff px",
    "hausdorff_reverse": "reverse px",
    "hausdorff_mean": "both px",
    "foreground_iou": "fg IoU",
    "foreground_recall": "fg recall",
    "boundary_iou": "boundary IoU",
    "false_foreground": "false fg",
    "false_holes": "false holes",
    "false_blobs": "false blobs",
}
"""The table's columns, the paper's three first."""

OBSERVED = {
    "miou": "mIoU",
    "clean": "clean background called foreground",
    "shadow": "shadows called foreground",
    "reflection": "reflections called foreground",
    "alike": "missed where like the plate",
    "white": "missed where white",
    "offset": "contour's offset px",
}

_TEMPLATE = Path(__file__).parent / "comparison.html.j2"


def number(metric: str, value: float) -> str:
    """Format a metric's value: pixels with two decimals, ratios with four."""
    return f"{value:.2f}" if _in_pixels(metric) else f"{value:.4f}"


def _in_pixels(metric: str) -> bool:
    return metric.startswith("hausdorff") or metric == "offset"


def best(table: dict[str, dict[str, Interval]], metric: str) -> str:
    """Return the method with the best mean."""
    sign = -1 if metric in LOWER_IS_BETTER else 1
    return max(table, key=lambda name: sign * table[name][metric].mean)


def terminal_tables(comparison: Comparison, width: int = 80) -> "list[Table]":
    """Return Table 1 (each mean above its 95% interval over products), mIoU per tag and elevation, observations.

    Args:
        width: characters that each may be wide; one with more columns is split, so that no number is.
    """
    from rich.text import Text

    table = comparison.table()
    first = comparison.reports[comparison.methods[0]]
    winners = {metric: best(table, metric) for metric in COLUMNS}
    main = {
        name: {
            title: Text(_stacked(metric, row[metric]), "bold" if winners[metric] == name else "")
            for metric, title in COLUMNS.items()
        }
        | {"s/view": Text(_seconds(comparison, name))}
        for name, row in table.items()
    }
    parts = {f"{len(first.views)} views of {len(first.by_product())} products, 95% intervals over products": main}
    for title, groups in _groups(comparison).items():
        parts[f"mIoU per {title}"] = {
            method: {name: Text(number("miou", each["miou"])) for name, each in values.items()}
            for method, values in groups.items()
        }
    parts["What the paper observed, over the views that show it"] = {
        name: {title: Text(_stacked(each, row[each]) if each in row else "-") for each, title in OBSERVED.items()}
        for name, row in comparison.observations().items()
    }
    return [each for title, rows in parts.items() for each in _split(title, rows, width)]


def _split(title: str, rows: "Mapping[str, Mapping[str, Text]]", width: int) -> "Iterator[Table]":
    """Yield a table of methods by columns, and further ones for the columns that it has no room for."""
    from rich.table import Table
    from rich.text import Text

    edge = 3  # of a column: a line, and a blank at either side

    def needed(column: str) -> int:
        lines = (line for row in rows.values() for line in row[column].plain.split("\n"))
        return edge + max(map(len, [*column.split(), *lines]))

    names = max(len(word) for name in ("method", *rows) for word in name.split())
    waiting = list(next(iter(rows.values()), {}))
    while waiting:
        shown = [waiting.pop(0)]
        room = width - 1 - edge - names - needed(shown[0])
        while waiting and (room := room - needed(waiting[0])) >= 0:
            shown.append(waiting.pop(0))
        table = Table(title=title)
        table.add_column("method")
        for column in shown:
            table.add_column(column, justify="right")
        for name, row in rows.items():
            table.add_row(Text(name), *(row[column] for column in shown))
        yield table


def write_comparison_html(
    path: Path, comparison: Comparison, figures: Sequence[tuple[str, Picture]] = (), command: str = ""
) -> None:
    """Write one page with the tables, the differences to the first method, and figures (caption, picture).

    `command` is shown as what made the page.
    """
    import jinja2

    table = comparison.table()
    page = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        _TEMPLATE.read_text(encoding="utf-8")
    )
    first = comparison.reports[comparison.methods[0]]
    html = page.render(
        columns=COLUMNS,
        table=table,
        differences=comparison.differences(comparison.methods[0]),
        reference=comparison.methods[0],
        groups=_groups(comparison),
        observed=OBSERVED,
        observations=comparison.observations(),
        best={metric: best(table, metric) for metric in COLUMNS},
        views=len(first.views),
        products=len(first.by_product()),
        problems=comparison.problems,
        seconds={name: _seconds(comparison, name) for name in table},
        figures=[(caption, _data_uri(picture)) for caption, picture in figures],
        command=command,
        number=number,
        bounds=_bounds,
    )
    write_bytes(path, html.encode())


def _groups(comparison: Comparison) -> dict[str, dict[str, dict[str, dict[str, float]]]]:
    return {
        "tag": {name: report.by_tag() for name, report in comparison.reports.items()},
        "elevation in degrees": {name: report.by_elevation() for name, report in comparison.reports.items()},
    }


def _stacked(metric: str, interval: Interval) -> str:
    return f"{number(metric, interval.mean)}\n{_bounds(metric, interval)}"


def _bounds(metric: str, interval: Interval) -> str:
    digits = 1 if _in_pixels(metric) else 3
    return f"{interval.low:.{digits}f}..{interval.high:.{digits}f}"


def _seconds(comparison: Comparison, name: str) -> str:
    cost = comparison.costs.get(name)
    return f"{cost.wall:.2f}" if cost else "-"


def _data_uri(picture: Picture) -> str:
    import PIL.Image

    stream = io.BytesIO()
    PIL.Image.fromarray(picture).save(stream, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
