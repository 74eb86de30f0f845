"""Captures and masks from and to elsewhere: validate, schema, import, convert."""

from pathlib import Path
from typing import Annotated

import typer

from cleanplate.cli.common import AsJson, Captures, Overwrite, app, exit_for, print_json, printable, say


@app.command()
def validate(captures: Captures, as_json: AsJson = False) -> None:
    """Name every problem of capture folders at once; exits with 1 if there is one."""
    from cleanplate.capture import find_captures, validate_capture

    problems = {str(folder): validate_capture(folder) for folder in find_captures(captures)}
    if as_json:
        print_json(problems)
    else:
        for folder, found in problems.items():
            told = f"{len(found)} problem{'s' * (len(found) > 1)}" if found else "sound"
            print(f"{printable(folder)}: {told}")
            for problem in found:
                print(f"  {printable(problem)}")
    raise typer.Exit(1 if any(problems.values()) else 0)


@app.command()
def schema() -> None:
    """Print the JSON schema of capture.json."""
    from cleanplate.capture.schema import json_schema

    print_json(json_schema())


@app.command()
def convert(
    source: Annotated[list[Path], typer.Argument(help="Captures, or one file, zip or folder of an annotation tool.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file or folder to write.")],
    to: Annotated[
        str | None,
        typer.Option(
            help="Masks: coco, coco-uncompressed, cvat-images, cvat-masks, label-studio, labelme or png. Poses of one "
            "capture: colmap, colmap-binary, nerfstudio, middlebury, matrices or opencv."
        ),
    ] = None,
    captures: Annotated[
        list[Path] | None, typer.Option(help="Write masks of these captures: <out>/<asin>/masks/<view id>.png.")
    ] = None,
    masks: Annotated[
        Path | None, typer.Option(help="Send these predicted masks, not the captures' own: <asin>/masks/<view id>.png.")
    ] = None,
    source_format: Annotated[
        str | None, typer.Option("--from", help="The source's format; by default it tells.")
    ] = None,
    label: Annotated[str | None, typer.Option(help="The class to write, or to read where there are several.")] = None,
    prefix: Annotated[str, typer.Option(help="Put before each picture's name, such as a URL.")] = "",
    empty: Annotated[bool, typer.Option("--empty", help="Pictures that nobody annotated have empty masks.")] = False,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Take masks to annotation tools, between them, and back, or poses to other programs; exits with 3 if some fail."""
    from cleanplate.capture import check_new, find_captures
    from cleanplate.exchange import convert_masks, export_masks, import_masks
    from cleanplate.exchange.poses import WRITERS

    if (captures is None) == (to is None):
        raise typer.BadParameter("give either --to (a format) or --captures (to import for)", param_hint="--to")
    if captures is None:  # a result holds who made each mask, and keeps what a person made
        check_new(out, overwrite=overwrite)
    if to in WRITERS:
        _convert_poses(source, out, str(to))
        return
    holds_captures = masks is not None or any(source[0].glob("capture.json")) or any(source[0].glob("*/capture.json"))
    if len(source) > 1 and (captures is not None or not holds_captures):
        raise typer.BadParameter("a tool's export is one file, zip or folder", param_hint="SOURCE")
    if captures is not None:
        result = import_masks(source[0], find_captures(captures), out, source_format, label, empty)
    elif holds_captures:
        result = export_masks(find_captures(source), out, str(to), masks, label or "product", prefix)
    else:
        result = convert_masks(source[0], out, str(to), source_format, label, prefix, empty)
    if as_json:
        print_json(result.as_json())
    else:
        say(f"{result.written} masks written to {out}")
        for note in result.notes:
            say(note)
    exit_for(list(result.problems))


def _convert_poses(source: list[Path], out: Path, to: str) -> None:
    from cleanplate.capture import check_output, find_captures, read_capture
    from cleanplate.exchange.poses import poses_of, write_poses

    folders = find_captures(source)
    if len(folders) != 1:
        raise typer.BadParameter(f"{len(folders)} captures; poses are written of one at a time", param_hint="SOURCE")
    check_output(out, folders[0])
    poses = poses_of(read_capture(folders[0]))
    write_poses(out, poses, to)
    say(f"poses of {len(poses.images)} pictures and {len(poses.cameras)} cameras written to {out}")
