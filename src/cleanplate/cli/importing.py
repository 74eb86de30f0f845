"""Photographs from elsewhere into a capture: import."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cleanplate.cli.common import Model, app, exit_for, say

if TYPE_CHECKING:
    from cleanplate.capture import Capture
    from cleanplate.capture.rig import Rig
    from cleanplate.exchange.photographs import Plan


@app.command("import")
def import_capture(
    images: Annotated[Path, typer.Argument(help="Folder of photographs; plates may lie among them.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The capture folder to make; pictures are copied into it.")],
    asin: Annotated[str | None, typer.Option(help="Ten characters A-Z, 0-9.")] = None,
    name: Annotated[
        str | None, typer.Option(help="The product's name, kept as the title; makes an id where there is no ASIN.")
    ] = None,
    plates: Annotated[
        Path | None, typer.Option(help="Folder of plates, named or in folders as their cameras or pictures.")
    ] = None,
    plate: Annotated[
        str | None, typer.Option(help="Names of the plates, such as '*empty*'; else names and folders tell.")
    ] = None,
    plate_from: Annotated[
        Literal["views"] | None,
        typer.Option(help="Make the plates that are missing of the views: the camera must stand still."),
    ] = None,
    turntable: Annotated[
        int | None, typer.Option(min=2, help="Steps of a full turn: pictures in the order of their names.")
    ] = None,
    clockwise: Annotated[
        bool | None,
        typer.Option(
            "--clockwise/--counter-clockwise",
            help="How the platen turns, seen from above; found with --width or --height, else counter-clockwise.",
        ),
    ] = None,
    width: Annotated[
        float | None,
        typer.Option(
            min=1e-4,
            max=20,
            help="The product's greatest width, metres: finds poses by silhouettes; with --poses floor and scale.",
        ),
    ] = None,
    height: Annotated[
        float | None,
        typer.Option(min=1e-4, max=20, help="The product's height, metres: as --width; give both if you can."),
    ] = None,
    model: Model = "default",
    angles: Annotated[
        str | None, typer.Option(help="How names tell angles, such as '{camera}_{deg}' or '{camera}/{*}_{deg}'.")
    ] = None,
    table: Annotated[Path | None, typer.Option(help="A CSV with the columns picture, deg and maybe camera.")] = None,
    rig: Annotated[Path | None, typer.Option(help="A calibrated rig: its cameras and poses.")] = None,
    lens: Annotated[
        float | None, typer.Option(min=4, max=3000, help="Focal length in mm of 35 mm film, where EXIF tells none.")
    ] = None,
    poses: Annotated[
        Path | None,
        typer.Option(
            help="COLMAP folder, Metashape .xml, RealityCapture .csv, transforms.json, OpenCV .yml, *_par.txt or 3x4 "
            "matrices (.json)."
        ),
    ] = None,
    pose_format: Annotated[str | None, typer.Option(help="The poses' format; by default their name tells.")] = None,
    up: Annotated[
        str, typer.Option(help="Up in the poses' world: find, keep, x, -y, ... or three numbers 0,0,1.")
    ] = "find",
    origin: Annotated[
        str | None,
        typer.Option(
            help="The platen's middle in the poses' world: x,y,z, find (where the cameras look) or foot (there, as "
            "high as masks show the product to stand); else its own."
        ),
    ] = None,
    scale: Annotated[float, typer.Option(min=1e-9, help="Metres per unit of the poses' world.")] = 1.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be made, and make nothing.")] = False,
) -> None:
    """Make a capture of photographs; exits with 3 if some were left out or have no plate."""
    from cleanplate.errors import CaptureError
    from cleanplate.exchange.photographs import with_plates_from_views, write_plan
    from cleanplate.exchange.photographs.plan import check_id, product_id

    finds = width is not None or height is not None
    _check_ways([turntable, angles, table, poses], rig, finds, scale, origin)
    if asin is None and name is None:
        raise typer.BadParameter("give the product's --name, or its --asin", param_hint="--name")
    product = check_id(asin) if asin is not None else product_id(str(name))
    if images.resolve().is_relative_to(out.resolve()):
        raise CaptureError(f"{out}: holds the photographs; name a folder outside of them")
    by_foot = origin == "foot" or (finds and origin in (None, "find"))
    if poses is not None:
        world = (up, "foot" if by_foot else origin, scale)
        plan = _plan_posed(images, poses, pose_format, world, plates, plate)
    else:
        plan = _plan_named(images, (turntable, angles, table), bool(clockwise) and not finds, rig, lens, plates, plate)
    if dry_run:
        _print_table(plan)
        say(f"nothing was written; without --dry-run: {out} ({product})")
        exit_for([*plan.problems])
    from tempfile import TemporaryDirectory

    found: Rig | None = None
    with TemporaryDirectory(prefix="cleanplate-") as room:
        if plate_from == "views":
            plan = with_plates_from_views(plan, Path(room))
        if finds or by_foot:
            from cleanplate.cli.posing import with_found_floor, with_found_poses
        if poses is not None and (finds or by_foot):
            plan = with_found_floor(plan, model, width, height, by_foot)
        elif finds:
            plan, found = with_found_poses(plan, model, width, height, clockwise)
        capture = write_plan(plan, out, product, name, found)
    _tell(plan, out, capture)


def _check_ways(ways: Sequence[object], rig: Path | None, finds: bool, scale: float, origin: str | None) -> None:
    """Refuse options that say the same thing twice.

    Args:
        ways: to tell angles or poses, None where not given; the last is a file of poses.
        finds: whether a length of the product is given.
    """
    if sum(way is not None for way in ways) > 1 or (ways[-1] is not None and rig is not None):
        raise typer.BadParameter("give one of --turntable, --angles, --table and --poses", param_hint="--poses")
    if finds and rig is not None:
        raise typer.BadParameter("--width and --height find poses; --rig gives them", param_hint="--width")
    if finds and scale != 1.0:
        raise typer.BadParameter("--width and --height tell the scale; give these or --scale", param_hint="--scale")
    if origin is not None and ways[-1] is None:
        raise typer.BadParameter("is of the world of --poses, which are not given", param_hint="--origin")


def _tell(plan: "Plan", out: Path, capture: "Capture") -> None:
    """Print what was made, and exit with 3 if something was left out."""
    for note in plan.notes:
        say(note)
    say(f"{out}: {capture.asin}, {len(capture.views)} views of {len(capture.cameras)} cameras")
    if any(view.pose is None for view in capture.views):
        say("no poses yet, which models need: import with --width or --height (by silhouettes), --rig or --poses")
    exit_for([*plan.problems])


def _plan_posed(
    images: Path,
    poses: Path,
    pose_format: str | None,
    world: tuple[str, str | None, float],
    plates: Path | None,
    plate: str | None,
) -> "Plan":
    from cleanplate.exchange.photographs import plan_posed
    from cleanplate.exchange.poses import levelled, read_poses

    up, origin, scale = world
    return plan_posed(images, levelled(read_poses(poses, images, pose_format), up, origin, scale), plates, plate)


def _plan_named(
    images: Path,
    ways: tuple[int | None, str | None, Path | None],
    clockwise: bool,
    rig: Path | None,
    lens: float | None,
    plates: Path | None,
    plate: str | None,
) -> "Plan":
    from cleanplate.capture.naming import list_pictures, scan_names, unreadable_pictures
    from cleanplate.capture.rig import read_rig
    from cleanplate.exchange.photographs import (
        by_order,
        by_pattern,
        by_table,
        plan_named,
        split_plates,
        turned_clockwise,
    )

    turntable, angles, table = ways
    problems = unreadable_pictures(images, deep=True)
    found = [path for path in list_pictures(images, deep=True) if plates is None or not path.is_relative_to(plates)]
    pictures, empty = split_plates(images, found, plate)
    if angles is None and table is None and (on_top := [path for path in pictures if path.parent == images]):
        if below := [path.relative_to(images).as_posix() for path in pictures if path.parent != images]:
            problems.append(f"{len(below)} pictures in folders below {images} were left out: {', '.join(below[:3])}")
        pictures = on_top
    if plates is not None:
        problems += unreadable_pictures(plates, deep=True)
        given = list(list_pictures(plates, deep=True))
        empty += split_plates(plates, given, plate)[1] if plate else given
    if turntable is not None:
        named = by_order(images, pictures, turntable)
    elif angles is not None:
        named = by_pattern(images, pictures, angles)
    elif table is not None:
        named, missing = by_table(images, pictures, table)
        problems += missing
    else:
        named = scan_names(images, pictures)
    calibrated = read_rig(rig) if rig else None
    if clockwise and not (calibrated and calibrated.clockwise):
        named = turned_clockwise(named)
    plan = plan_named(images, named, empty, plates=plates, rig=calibrated, lens_mm=lens)
    plan.problems[:0] = problems
    return plan


def _print_table(plan: "Plan") -> None:
    rows = [("view", "camera", "degrees", "plate", "pose"), *plan.table()]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for note in plan.notes:
        print(note)
