"""The command line. Rooms are imported inside the commands, so that `--help` is instant."""

import sys
from typing import Annotated

import typer

from cleanplate import __version__
from cleanplate.cli import (  # noqa: F401  (each registers its commands)
    calibrate,
    check,
    convert,
    evaluate,
    importing,
    listing,
    render,
    review,
    run,
    status,
    train,
)
from cleanplate.cli.common import app, say
from cleanplate.errors import CleanplateError, SettingsError

__all__ = ["app", "main"]


def _version(value: bool | None) -> None:
    if value:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool | None, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = None,
) -> None:
    pass


def main() -> None:
    """Run the command line; errors meant for users become one line and exit code 1."""
    try:
        app()
    except CleanplateError as error:
        say(f"error: {error}")
        sys.exit(2 if isinstance(error, SettingsError) else 1)
    except OSError as error:
        say(f"error: {error.filename or ''}: {error.strerror or error}")
        sys.exit(1)
