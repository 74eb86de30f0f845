"""What a shop's page needs of finished products: listing."""

from pathlib import Path
from typing import Annotated

import typer

from cleanplate.cli.common import AsJson, Out, Overwrite, app, print_json, progress_bars, say
from cleanplate.errors import CleanplateError

ENOUGH = 1000
"""Pixels along the side that marketplaces ask for, so that customers can zoom."""


@app.command()
def listing(
    results: Annotated[list[Path], typer.Argument(help="Results of runs, and captures that are not where they were.")],
    out: Out,
    side: Annotated[int, typer.Option(min=64, max=4096, help="Pixels along the pictures' side, at most.")] = 1600,
    front: Annotated[
        float | None, typer.Option(help="Azimuth of the front in the world, degrees; by default that of the run.")
    ] = None,
    url: Annotated[str, typer.Option(help="Web address of the folder OUT; by default links are relative.")] = "",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Write what a shop's page needs: poster, thumbnails, 360 degree spin, models, JSON-LD and a page with all."""
    from cleanplate.asset.listing import write_listing
    from cleanplate.capture import check_new, check_output
    from cleanplate.report.products import find_products

    products = [product for product in find_products(results) if product.run is not None]
    if not products:
        raise CleanplateError(f"{results[0]}: no result of a run; name what 'cleanplate run --out' was given")
    for product in products:
        folder = out / product.capture.asin
        check_new(folder, overwrite=overwrite)
        check_output(folder, product.folder, product.capture.folder, marker="product.jsonld")
    written, problems = [], list[str]()
    with progress_bars() as progress:
        for done, product in enumerate(products, start=1):
            folder = out / product.capture.asin
            address = url and f"{url.rstrip('/')}/{product.capture.asin}/"
            try:
                found = write_listing(product.folder, product.capture, folder, side, front, address)
            except (CleanplateError, OSError) as error:
                problems.append(f"{product.capture.asin}: {error}")
                continue
            finally:
                progress("listing", done, len(products))
            written.append({"folder": str(folder), "side": found.side, "frames": found.frames, "models": found.models})
            turns = (
                f"{found.frames} frames"
                if found.frames
                else "no spin: too few views stand around the product at one height"
            )
            small = f"; the photographs show no more, shops ask for {ENOUGH}" if found.side < ENOUGH else ""
            say(f"{folder}: pictures of {found.side} pixels{small}; {turns}")
    for problem in problems:
        say(problem)
    if as_json:
        print_json(written)
    raise typer.Exit(1 if not written else 3 if problems else 0)
