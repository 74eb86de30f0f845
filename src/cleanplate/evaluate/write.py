"""A comparison as files: JSON, page and figures."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cleanplate.evaluate.compare import Comparison
from cleanplate.evaluate.panels import choose_gains, choose_worst, draw_panels, write_figure
from cleanplate.evaluate.tables import write_comparison_html, write_comparison_json


def write_comparison(
    out: Path, comparison: Comparison, folders: Mapping[str, Path], captures: Sequence[Path], command: str = ""
) -> None:
    """Write compare.json, compare.html, and the paper's Figures 3 and 4 as PNG and PDF, into `out`.

    The last method is the one whose gains over the first (Figure 3) and worst cases (Figure 4) are shown.

    Args:
        folders: of the masks compared, by method.
        captures: that they were compared on.
        command: shown on the page as what made it.
    """
    first, last = comparison.methods[0], comparison.methods[-1]
    figures = []
    gains = choose_gains(comparison, last, first) if first != last else []
    for name, caption, choices in (
        ("figure-3", f"Where {last} gains most over {first}, per tag", gains),
        ("figure-4", f"Where {last} is worst", choose_worst(comparison, last)),
    ):
        if not choices:
            continue
        for suffix, errors in (("", False), ("-errors", True)):
            picture = draw_panels(choices, dict(folders), captures, errors=errors)
            write_figure(out / f"{name}{suffix}.png", picture)
            write_figure(out / f"{name}{suffix}.pdf", picture)
            figures.append((f"{caption}{'; missed red, extra blue' if errors else ''}", picture))
    write_comparison_json(out / "compare.json", comparison)
    write_comparison_html(out / "compare.html", comparison, figures, command)
