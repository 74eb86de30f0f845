"""Masks and models against the truth: evaluate, compare, yield."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanplate.cli.common import AsJson, Device, Truth, app, exit_for, known_model, print_json, progress_bars, say

if TYPE_CHECKING:
    from cleanplate.evaluate import Comparison


@app.command()
def evaluate(
    predictions: Annotated[Path, typer.Argument(help="Folder of masks: <asin>/masks/<view id>.png.")],
    truth: Truth,
    as_json: AsJson = False,
) -> None:
    """Measure masks against the truth, per tag; exits with 3 if some are missing."""
    from cleanplate.capture import readable_captures
    from cleanplate.evaluate import compare_methods

    captures, refused = readable_captures(truth)
    comparison = compare_methods({predictions.name or "masks": predictions}, captures, refused=refused)
    report = next(iter(comparison.reports.values()))
    if as_json:
        print_json(report.to_dict() | {"refused": refused})
    else:
        _print_tables(comparison)
    exit_for(comparison.problems)


@app.command()
def compare(
    methods: Annotated[
        list[str] | None,
        typer.Argument(
            help="Each a model (difference, classical, default, ..., an .onnx file) or a folder of masks, named as "
            "NAME=WHAT or by itself; the first is what the others are compared with. "
            "By default: classical difference default."
        ),
    ] = None,
    *,
    truth: Truth,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for masks, compare.json, compare.html and figures.")],
    upside_down: Annotated[
        bool, typer.Option("--upside-down", help="Also give each model the pictures upside down, as the paper did.")
    ] = False,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Compare methods on captures with truth: Table 1 with confidence intervals, Figures 3 and 4; resumes."""
    from cleanplate.batch.compare import compare as compare_all
    from cleanplate.evaluate.measured import measured

    named = [method.rpartition("=") for method in methods or ["classical", "difference", "default"]]
    chosen = {name or Path(what).stem: what for name, _, what in named}
    if len(chosen) < len(named):
        raise typer.BadParameter("two methods have the same name; name them as NAME=WHAT", param_hint="METHODS")
    if odd := [name for name in chosen if "/" in name]:
        raise typer.BadParameter(f"{odd[0]!r} cannot name a folder; choose a name without '/'", param_hint="METHODS")
    command = measured("cleanplate")["command"]
    with progress_bars() as progress:
        comparison = compare_all(chosen, truth, out, upside_down, command, progress, device)
    say(f"wrote {out / 'compare.html'}")
    if as_json:
        print_json(comparison.to_dict())
    else:
        _print_tables(comparison)
    exit_for(comparison.problems)


@app.command("yield")
def measure(
    captures: Annotated[list[Path], typer.Argument(help="Whole captures with true masks and poses.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for masks, hulls and yield.json.")],
    model: Annotated[
        list[str] | None, typer.Option("--model", "-m", help="May be given again; by default classical and default.")
    ] = None,
    single: Annotated[
        bool, typer.Option("--single", help="Also judge each model without refinement by the other views.")
    ] = False,
    texture: Annotated[
        int | None, typer.Option(min=64, max=4096, help="Texels along the texture's side; by default the profile's.")
    ] = None,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Count the products that become a good model with each method's masks; resumes."""
    from cleanplate.batch.yields import measure_yield
    from cleanplate.evaluate.measured import measured
    from cleanplate.evaluate.yields import yield_table
    from cleanplate.files import write_json

    models = {Path(name).stem: known_model(name) for name in model or ["classical", "default"]}
    with progress_bars() as progress:
        summary = measure_yield(captures, out, models, single, texture, progress, device)
    summary["measured"] = measured("cleanplate")
    write_json(out / "yield.json", summary)
    say(f"wrote {out / 'yield.json'}")
    if as_json:
        print_json(summary)
    else:
        print(yield_table(summary))
    exit_for(summary["problems"])


def _print_tables(comparison: "Comparison") -> None:
    from rich.console import Console

    from cleanplate.evaluate import terminal_tables

    console = Console(width=None if sys.stdout.isatty() else 80)
    for table in terminal_tables(comparison, console.width):
        console.print(table)
