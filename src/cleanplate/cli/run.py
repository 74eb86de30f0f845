"""Captures to models: run, segment, reconstruct, demo."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cleanplate.cli.batch import (
    Accept,
    Batch,
    Cpus,
    Export,
    Given,
    Log,
    Timeout,
    Verbose,
    led_by,
    run_captures,
    run_unit,
)
from cleanplate.cli.common import (
    Also,
    AsJson,
    Captures,
    Device,
    Front,
    Model,
    NoFloor,
    Out,
    Overwrite,
    Place,
    Profile,
    Refine,
    Resolution,
    Usdz,
    Vessel,
    app,
    floor_of,
    print_json,
    progress_bars,
    say,
    spread,
    tell,
    writes_usdz,
)
from cleanplate.errors import CleanplateError, gathered
from cleanplate.settings import MASKS, Settings


def settings_of(
    *,
    model: Model = "default",
    resolution: Resolution = 256,
    profile: Profile = "default",
    also: Also = None,
    vessel: Vessel = None,
    no_floor: NoFloor = False,
    front: Front = -90.0,
    usdz: Usdz = None,
    refine: Refine = True,
    device: Device = "auto",
) -> Settings:
    """Return what a product is asked for."""
    floor, wall, written = floor_of(no_floor=no_floor), vessel and vessel / 1000, writes_usdz(usdz)
    return Settings(
        model, resolution, profile, front, written, floor, refine, device=device, also=tuple(also or ()), vessel=wall
    )


@app.command()
@spread(settings=settings_of, led=led_by)
def run(
    given: Given = None,
    *,
    out: Place,
    settings: Settings,
    led: dict[str, Any],
    accept: Accept = None,
    export: Export = None,
    as_json: AsJson = False,
) -> None:
    """Turn captures into masks, hull, GLB, USDZ and report; what is done already is skipped."""
    run_captures(Batch(given or [], out, accept=accept, export=export, **led), settings, as_json)


@app.command()
@spread(floor=floor_of, led=led_by)
def segment(
    given: Given = None,
    *,
    out: Place,
    model: Model = "default",
    floor: float | None,
    refine: Refine = True,
    device: Device = "auto",
    led: dict[str, Any],
    as_json: AsJson = False,
) -> None:
    """Make masks alone, with overlays and report."""
    settings = Settings(model, floor=floor, refine=refine, stages=(*MASKS, "report"), device=device)
    run_captures(Batch(given or [], out, **led), settings, as_json)


@app.command("run-one")
@spread(settings=settings_of)
def run_one(
    capture: Annotated[str, typer.Argument(help="One capture: a folder, or a URI in a store.")],
    out: Annotated[str, typer.Argument(help="Where the batch's results lie: a folder, or a URI in a store.")],
    *,
    settings: Settings,
    cpus: Cpus = 0,
    timeout: Timeout = None,
    log: Log = None,
    verbose: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Run one product: the unit for schedulers of clusters. It may be killed, and run again, at any moment."""
    run_unit(capture, out, settings, cpus, timeout, log, verbose, as_json)


@app.command()
@spread(floor=floor_of)
def refine(
    captures: Captures,
    masks: Annotated[
        Path,
        typer.Option(
            help="Masks of any tool: <view id>.png, <picture name>.png or <asin>/masks/<view id>.png; grey is a "
            "probability."
        ),
    ],
    out: Out,
    floor: float | None,
) -> None:
    """Let the views of each capture refine given masks, hard or soft, and write them as <asin>/masks/<view id>.png."""
    from cleanplate.batch.given import refine_given
    from cleanplate.capture import find_captures

    folders = find_captures(captures)
    problems, failed = [], 0
    with progress_bars() as progress:
        for done, folder in enumerate(folders, start=1):
            try:
                found = refine_given(folder, masks, out, floor)
                problems += [f"{folder.name}: {each}" for each in gathered(found)]
            except CleanplateError as error:
                failed += 1
                problems.append(f"{folder}: {error}")
            progress("refine", done, len(folders))
    for problem in problems:
        say(problem)
    say(f"refined the masks of {len(folders) - failed} of {len(folders)} captures below {out}")
    raise typer.Exit(1 if failed == len(folders) else 3 if problems else 0)


@app.command()
@spread(floor=floor_of)
def reconstruct(
    capture: Annotated[Path, typer.Argument(help="A capture folder with poses.")],
    masks: Annotated[Path, typer.Option(help="Folder of masks: <view id>.png, or COLMAP's <picture name>.png.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The .glb to write; the hull's .ply lies beside it.")],
    resolution: Resolution = 256,
    profile: Profile = "default",
    vessel: Vessel = None,
    *,
    floor: float | None,
    front: Front = -90.0,
    usdz: Usdz = None,
    overwrite: Overwrite = False,
) -> None:
    """Carve the visual hull of given masks and write it as a GLB, and a USDZ beside it."""
    from cleanplate.asset import write_asset
    from cleanplate.capture import check_new, check_output, read_capture
    from cleanplate.hull import write_hull, write_vessel

    if out.suffix != ".glb":
        raise typer.BadParameter(f"{out} does not end in .glb", param_hint="--out")
    check_output(out, capture, masks)
    check_new(*(out.with_suffix(suffix) for suffix in (".glb", ".ply", ".json", ".usdz")), overwrite=overwrite)
    wall = None if vessel is None else Settings(vessel=vessel / 1000).vessel
    asked, description, hull = writes_usdz(usdz), read_capture(capture), out.with_suffix(".ply")
    write_hull(description, masks, hull, resolution, floor)
    if wall is not None:
        write_vessel(hull, hull, wall)
    write_asset(hull, description, masks, out, profile, asked, front)
    say(f"wrote {out}")


@app.command()
def demo(
    out: Out = Path("cleanplate-demo"),
    model: Model = "default",
    usdz: Usdz = None,
    every: Annotated[int, typer.Option(min=1, max=6, help="Take every n-th photograph; 1 takes all 38.")] = 2,
    as_json: AsJson = False,
) -> None:
    """Run the main job on the embedded sample captures and print where the results lie."""
    from cleanplate.batch import run_batch
    from cleanplate.capture import find_captures, read_capture, write_thinned
    from cleanplate.cores import cores

    samples = find_captures([Path(__file__).parents[1] / "samples"])
    chosen = [write_thinned(read_capture(each), every, out / "captures" / each.name) for each in samples]
    settings, at_once = Settings(model, usdz=writes_usdz(usdz)), min(len(samples), cores())
    with progress_bars() as progress:
        batch = run_batch(chosen, out, settings, at_once, tell, progress)
    for product in batch.products:
        folder = Path(product.folder)
        say(f"\n{product.asin}")
        say(f"  masks   {folder / 'masks'}")
        for model_file in sorted(folder.glob(f"{product.asin}.[gu]*")):
            say(f"  {model_file.suffix[1:].upper():<7} {model_file}")
        say(f"  report  {folder / 'report.html'}")
    if as_json:
        print_json(batch.as_json())
    # The hard sample has doubtful views, named above: that is part of what the demo shows.
    raise typer.Exit(1 if any(product.status == "failed" for product in batch.products) else 0)
