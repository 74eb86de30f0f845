"""Masks against the truth: evaluate, compare."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanplate.cli.common import AsJson, Truth, app, exit_for, print_json, say

if TYPE_CHECKING:
    from cleanplate.evaluate import Comparison


@app.command()
def evaluate(
    predictions: Annotated[Path, typer.Argument(help="Folder of masks: <asin>/masks/<view id>.png.")],
    truth: Truth,
    as_json: AsJson = False,
) -> None:
    """Measure masks against the truth, per tag; exits with 3 if some are missing."""
    from cleanplate.evaluate import compare_methods

    comparison = compare_methods({predictions.name or "masks": predictions}, truth)
    report = next(iter(comparison.reports.values()))
    if as_json:
        print_json(report.to_dict())
    else:
        _print_tables(comparison)
    exit_for(comparison.problems)


@app.command()
def compare(
    methods: Annotated[
        list[str], typer.Argument(help="NAME=FOLDER of masks, or a folder; the first is the reference.")
    ],
    truth: Truth,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for compare.json, .html and figures.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare methods on the same captures: Table 1 with confidence intervals, Figures 3 and 4."""
    from cleanplate.evaluate import compare_methods, write_comparison

    named = [method.rpartition("=") for method in methods]
    folders = {name or Path(folder).name: Path(folder) for name, _, folder in named}
    if len(folders) < len(methods):
        raise typer.BadParameter("two methods have the same name; name them as NAME=FOLDER", param_hint="METHODS")
    comparison = compare_methods(folders, truth)
    if out is not None:
        write_comparison(out, comparison, folders, truth, command=" ".join(["cleanplate", *sys.argv[1:]]))
        say(f"wrote {out / 'compare.html'}")
    if as_json:
        print_json(comparison.to_dict())
    else:
        _print_tables(comparison)
    exit_for(comparison.problems)


def _print_tables(comparison: "Comparison") -> None:
    from rich.console import Console

    from cleanplate.evaluate import terminal_tables

    console = Console(width=None if sys.stdout.isatty() else 160)
    for table in terminal_tables(comparison):
        console.print(table)
