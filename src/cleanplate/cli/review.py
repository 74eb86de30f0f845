"""Pages in the browser: review, view."""

from pathlib import Path
from typing import Annotated

import typer

from cleanplate.cli.common import Model, Overwrite, app, say

Host = Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0 lets the local network in, with the token.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at; 0 takes a free one.")]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")]


@app.command()
def review(
    paths: Annotated[list[Path], typer.Argument(help="Captures, folders of captures, or outputs of runs.")],
    model: Model = "default",
    reviewer: Annotated[str | None, typer.Option(help="Whom the journal names; the login name if missing.")] = None,
    export: Annotated[
        Path | None, typer.Option(help="Open no page; copy the accepted masks with their pictures to this folder.")
    ] = None,
    overwrite: Overwrite = False,
    host: Host = "127.0.0.1",
    port: Port = 0,
    browser: Browser = True,
) -> None:
    """Look at masks, the doubtful ones first, correct and accept them; or export the accepted ones as a data set."""
    from cleanplate.capture import check_new
    from cleanplate.web import export_accepted, serve_review

    if export is None:
        serve_review(paths, host, port, browser, model, reviewer)
        return
    check_new(export, overwrite=overwrite)
    for folder in export_accepted(paths, export):
        say(f"wrote {folder}")


@app.command()
def view(
    paths: Annotated[list[Path], typer.Argument(help="Outputs of runs.")],
    host: Host = "127.0.0.1",
    port: Port = 0,
    browser: Browser = True,
) -> None:
    """Show models with AR, beside the pictures that they were made from."""
    from cleanplate.web import serve_view

    serve_view(paths, host, port, browser)
