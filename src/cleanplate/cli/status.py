"""What became of a batch: status."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cleanplate.cli.batch import Accept, Export, apply_gate
from cleanplate.cli.common import AsJson, Out, Overwrite, app, exit_for, print_json, printable, say
from cleanplate.errors import SettingsError


@app.command()
def status(
    out: Annotated[str, typer.Argument(help="Folder or URI of results: what 'cleanplate run --out' was given.")],
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
        say(f"wrote {write_overview(out, found, summary)}")
    if table is not None:
        write_table(table, found)
        say(f"wrote {table}")
    if as_json:
        print_json(summary)
    else:
        _print(summary)


@app.command()
def fetch(
    store: Annotated[str, typer.Argument(help="URI of results in a store: what 'cleanplate run --out' was given.")],
    asins: Annotated[list[str] | None, typer.Argument(help="Only these products.")] = None,
    *,
    out: Out,
) -> None:
    """Bring published results from a store into a folder, checked by their digests; what is there already stays."""
    from cleanplate.batch.published import fetch as bring
    from cleanplate.batch.stores import is_uri
    from cleanplate.capture import check_output

    if not is_uri(store):
        raise SettingsError(f"{store}: is no URI of a store, such as s3://bucket/results")
    check_output(out)
    problems = bring(store, out, asins or [])
    exit_for([line for each in problems.values() for line in each])


def _print(summary: dict[str, Any]) -> None:
    states = ", ".join(f"{count} {state}" for state, count in sorted(summary["states"].items())) or "no products"
    print(f"{summary['products']} products: {states}")
    print(f"{summary['cpu_seconds'] / 3600:.2f} CPU hours; {summary['doubt_ml']:.1f} ml in doubt")
    for title, unit in (("slowest", "seconds"), ("worst agreement", "agreement"), ("most in doubt", "doubt_ml")):
        if each := summary[title][:5]:
            print(f"{title}: " + ", ".join(printable(f"{one['asin']} {one[unit]:.4g}") for one in each))
    for each in summary["reasons"][:10]:
        print(printable(f"{each['products']:>7} x {each['reason']} (such as {each['such as']})"))
