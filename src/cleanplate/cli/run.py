"""Captures to models: run, segment, reconstruct, demo."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanplate.cli.common import (
    AsJson,
    Captures,
    Feedback,
    Front,
    Jobs,
    Model,
    NoFloor,
    Out,
    Profile,
    Resolution,
    Usdz,
    app,
    finish,
    print_json,
    progress_bars,
    say,
    tell,
    writes_usdz,
)

if TYPE_CHECKING:
    from cleanplate.batch import BatchResult
    from cleanplate.pipeline import Settings


def _run(captures: list[Path], out: Path, settings: "Settings", jobs: int = 1) -> "BatchResult":
    from cleanplate.batch import run_batch
    from cleanplate.capture import find_captures

    with progress_bars() as progress:
        return run_batch(find_captures(captures), out, settings, jobs, tell, progress)


@app.command()
def run(
    captures: Captures,
    out: Out,
    model: Model = "default",
    resolution: Resolution = 256,
    profile: Profile = "default",
    no_floor: NoFloor = False,
    front: Front = -90.0,
    usdz: Usdz = None,
    feedback: Feedback = True,
    jobs: Jobs = 1,
    as_json: AsJson = False,
) -> None:
    """Turn captures into masks, hull, GLB, USDZ and report; what is done already is skipped."""
    from cleanplate.pipeline import Settings

    floor = None if no_floor else 0.0
    settings = Settings(model, resolution, profile, front, writes_usdz(usdz), floor, feedback)
    finish(_run(captures, out, settings, jobs), as_json)


@app.command()
def segment(captures: Captures, out: Out, model: Model = "default", jobs: Jobs = 1, as_json: AsJson = False) -> None:
    """Make masks alone, with overlays and report."""
    from cleanplate.pipeline import Settings

    settings = Settings(model, stages="segment")
    finish(_run(captures, out, settings, jobs), as_json)


@app.command()
def reconstruct(
    capture: Annotated[Path, typer.Argument(help="A capture folder with poses.")],
    masks: Annotated[Path, typer.Option(help="Folder of masks named <view id>.png.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The .glb to write; the hull's .ply lies beside it.")],
    resolution: Resolution = 256,
    profile: Profile = "default",
    no_floor: NoFloor = False,
    front: Front = -90.0,
    usdz: Usdz = None,
) -> None:
    """Carve the visual hull of given masks and write it as a GLB, and a USDZ beside it."""
    from cleanplate.capture import read_capture
    from cleanplate.hull import write_hull
    from cleanplate.pipeline import Settings, write_model

    if out.suffix != ".glb":
        raise typer.BadParameter(f"{out} does not end in .glb", param_hint="--out")
    settings = Settings(profile=profile, front_deg=front, usdz=writes_usdz(usdz))
    description = read_capture(capture)
    write_hull(description, masks, out.with_suffix(".ply"), resolution, None if no_floor else 0.0)
    write_model(out.with_suffix(".ply"), description, masks, out, settings)
    say(f"wrote {out}")


@app.command()
def demo(
    out: Out = Path("cleanplate-demo"), model: Model = "default", usdz: Usdz = None, as_json: AsJson = False
) -> None:
    """Run the main job on the embedded sample captures and print where the results lie."""
    from cleanplate.pipeline import Settings

    batch = _run([Path(__file__).parents[1] / "samples"], out, Settings(model, usdz=writes_usdz(usdz)))
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
