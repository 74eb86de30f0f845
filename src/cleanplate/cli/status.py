"""What became of a batch: status."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cleanplate.cli.batch import Accept, Export, apply_gate
from cleanplate.cli.common import AsJson, Overwrite, app, print_json, printable, say


@app.command()
def status(
    out: Annotated[Path, typer.Argument(help="Folder of results: what 'cleanplate run --out' was given.")],
    html: Annotated[bool, typer.Option("--html", help="Also write OUT/overview.html, with every product.")] = False,
    table: Annotated[
        Path | None, typer.Option(help="Also write a table of all products: a .sqlite or .jsonl file.")
    ] = None,
    accept: Accept = None,
    export: Export = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Tell what became of a batch: states, reasons, the slowest, the worst, and what is in doubt."""
    from cleanplate.batch.overview import write_overview
    from cleanplate.batch.status import records, summarise, write_table
    from cleanplate.capture import check_new

    if table is not None:
        check_new(table, overwrite=overwrite)
    found = records(out)
    summary = summarise(found)
    if accept is not None:
        summary["accepted"] = apply_gate(out, accept, export, overwrite)
    if html:
        write_overview(out / "overview.html", found, summary)
        say(f"wrote {out / 'overview.html'}")
    if table is not None:
        write_table(table, found)
        say(f"wrote {table}")
    if as_json:
        print_json(summary)
    else:
        _print(summary)


def _print(summary: dict[str, Any]) -> None:
    states = ", ".join(f"{count} {state}" for state, count in sorted(summary["states"].items())) or "no products"
    print(f"{summary['products']} products: {states}")
    print(f"{summary['cpu_seconds'] / 3600:.2f} CPU hours; {summary['doubt_ml']:.1f} ml in doubt")
    for title, unit in (("slowest", "seconds"), ("worst agreement", "agreement"), ("most in doubt", "doubt_ml")):
        if each := summary[title][:5]:
            print(f"{title}: " + ", ".join(printable(f"{one['asin']} {one[unit]:.4g}") for one in each))
    for each in summary["reasons"][:10]:
        print(printable(f"{each['products']:>7} x {each['reason']} (such as {each['such as']})"))
