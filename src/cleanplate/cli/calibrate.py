"""A real rig: its board and its calibration."""

from pathlib import Path
from typing import Annotated

import typer

from cleanplate.cli.common import Overwrite, app, say

calibration = typer.Typer(help="Print the board, and calibrate a rig from photographs of it.", no_args_is_help=True)
app.add_typer(calibration, name="calibrate")

Columns = Annotated[int, typer.Option(min=3, help="Squares across the board.")]
Rows = Annotated[int, typer.Option(min=3, help="Squares down the board.")]
Square = Annotated[float, typer.Option(min=1e-4, help="Side of a square in metres, as measured on the print.")]
Marker = Annotated[float, typer.Option(min=1e-4, help="Side of a marker in metres.")]


@calibration.command("board")
def board(
    out: Annotated[Path, typer.Option("--out", "-o", help="The .pdf or .png to write; print it at 100%.")],
    columns: Columns = 9,
    rows: Rows = 6,
    square: Square = 0.03,
    marker: Marker = 0.022,
    overwrite: Overwrite = False,
) -> None:
    """Draw a ChArUco board that prints to scale; the default fits on A4."""
    from cleanplate.calibrate import Board, write_board
    from cleanplate.capture import check_new, check_output

    check_output(out)
    check_new(out, overwrite=overwrite)
    write_board(out, Board(columns, rows, square, marker))
    say(f"wrote {out}")


@calibration.command("rig")
def rig(
    photos: Annotated[
        Path, typer.Argument(help="Photographs <camera>_<degrees> of the board, or a folder of them per placement.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for rig.json, report.json and residuals.png.")],
    columns: Columns = 9,
    rows: Rows = 6,
    square: Square = 0.03,
    marker: Marker = 0.022,
    thickness: Annotated[float, typer.Option(min=0, help="Of what the board is printed on, metres.")] = 0.0,
    overwrite: Overwrite = False,
) -> None:
    """Find cameras, platen axis and step angles; `cleanplate import --rig` uses the result."""
    from cleanplate.calibrate import Board, calibrate
    from cleanplate.capture import check_new

    check_new(*(out / name for name in ("rig.json", "report.json", "residuals.png")), overwrite=overwrite)
    report = calibrate(photos, out, Board(columns, rows, square, marker), thickness)
    for camera, rms in report.rms.items():
        seen = f"{report.corners[camera]} corners in {report.photos[camera]} photographs"
        say(f"camera {camera}: {rms:.3f} px RMS, {seen}")
    say(f"wrote {out / 'rig.json'}, report.json and residuals.png")


@calibration.command("turntable")
def turntable(
    capture: Annotated[Path, typer.Argument(help="A capture whose views have angles (import without poses).")],
    masks: Annotated[Path, typer.Option(help="Folder of <view id>.png, or of <asin>/masks/<view id>.png.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for rig.json and report.json.")],
    width: Annotated[float | None, typer.Option(min=1e-4, max=20, help="The product's greatest width, metres.")] = None,
    height: Annotated[float | None, typer.Option(min=1e-4, max=20, help="The product's height, metres.")] = None,
    clockwise: Annotated[
        bool | None,
        typer.Option(
            "--clockwise/--counter-clockwise",
            help="How the platen turns as the capture's angles grow, seen from above; else found.",
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Find cameras without a board, by a product's masks; `cleanplate import --rig` uses the result."""
    from cleanplate.calibrate import calibrate_turntable
    from cleanplate.capture import check_new
    from cleanplate.cli.common import exit_for
    from cleanplate.cli.posing import tell_found

    check_new(*(out / name for name in ("rig.json", "report.json")), overwrite=overwrite)
    report = calibrate_turntable(capture, masks, out, width=width, height=height, clockwise=clockwise)
    tell_found(report)
    say(f"wrote {out / 'rig.json'} and report.json")
    exit_for([*report.odd])
