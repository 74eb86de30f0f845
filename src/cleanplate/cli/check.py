"""Finished models against what shops accept: check-asset."""

from pathlib import Path
from typing import Annotated

import typer

from cleanplate.cli.common import AsJson, Overwrite, Profile, app, print_json, say


@app.command("check-asset")
def check_asset(
    file: Annotated[Path, typer.Argument(help="A .glb or .usdz, whoever made it.")],
    profile: Profile = "default",
    size: Annotated[
        tuple[float, float, float] | None,
        typer.Option(help="The catalogue's width, height and depth in millimetres.", metavar="W H D"),
    ] = None,
    certificate: Annotated[Path | None, typer.Option(help="Write the verdict as a page of HTML there.")] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Judge a model by a shop's limits and the official validators; exits with 1 if it would be refused."""
    from cleanplate.capture import check_new
    from cleanplate.evaluate.asset.certificate import write_certificate
    from cleanplate.evaluate.asset.check import check_asset as judge

    if size is not None and not all(0 < side < 1e6 for side in size):
        raise typer.BadParameter(f"{size} is not three lengths in millimetres", param_hint="--size")
    if certificate is not None:
        check_new(certificate, overwrite=overwrite)
    metres = None if size is None else (size[0] / 1000, size[1] / 1000, size[2] / 1000)
    verdict = judge(file, profile, metres)
    if certificate is not None:
        write_certificate(certificate, verdict, file)
    if as_json:
        print_json(verdict.as_json())
    else:
        for check in verdict.checks:
            say(
                f"{check.outcome:<10}  {check.name}: {check.got}"
                + (f" (asked for: {check.wanted})" if check.wanted else "")
            )
        say(f"{verdict.file}: {'passed' if verdict.passed else 'refused'} for {verdict.profile}")
    raise typer.Exit(0 if verdict.passed else 1)
