"""A comparison as a folder: compare.json, compare.html, and Figures 3 to 5 as PNG and PDF."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cleanplate.evaluate.compare import Comparison
from cleanplate.evaluate.panels import Choice, choose_farthest, choose_gains, choose_worst, draw_panels, write_figure
from cleanplate.evaluate.tables import best, write_comparison_html
from cleanplate.files import write_json


def write_comparison(
    out: Path, comparison: Comparison, methods: Mapping[str, Path], captures: Sequence[Path], command: str = ""
) -> None:
    """Write tables and figures of a comparison below `out`.

    Figure 3 shows, of each kind of view, where the best method gains most over the first; Figure 4 its worst products;
    Figure 5 the views where its outline is farthest from the truth. Each comes with the
    masks and with the errors (missed red, extra blue).

    Args:
        methods: the folders of masks that were compared, by name; the first is the reference.
        captures: captures or collections that hold the views.
        command: shown as what made the page.

    Raises:
        CaptureError: the captures have changed since they were compared.
        ImageError: a picture cannot be read.
    """
    # First of all, since a folder with pictures and without it is not known for one's own.
    write_json(out / "compare.json", comparison.to_dict() | {"command": command})
    figures = []
    for name, title, choices in _figures(comparison):
        for suffix, errors in (("", False), ("-errors", True)):
            picture = draw_panels(choices, dict(methods), captures, errors=errors)
            for kind in (".png", ".pdf"):
                write_figure(out / f"{name}{suffix}{kind}", picture)
            figures.append((title + (": errors, missed red, extra blue" if errors else ""), picture))
    write_comparison_html(out / "compare.html", comparison, figures, command)


def _figures(comparison: Comparison) -> list[tuple[str, str, list[Choice]]]:
    first, winner = comparison.methods[0], best(comparison.table(), "miou")
    chosen = [("figure4", f"Figure 4: the worst products of {winner}", choose_worst(comparison, winner))]
    chosen.append(
        ("figure5", f"Figure 5: where {winner} is farthest from the truth", choose_farthest(comparison, winner))
    )
    if winner != first:
        gains = choose_gains(comparison, winner, first)
        chosen.insert(0, ("figure3", f"Figure 3: where {winner} gains most over {first}, of each kind", gains))
    return [each for each in chosen if each[2]]
