"""Simulated captures and collections of them: render, dataset."""

import glob
from pathlib import Path
from typing import Annotated, Literal

import typer

from cleanplate.cli.common import Overwrite, app, exit_for, print_json, printable, say
from cleanplate.errors import require

dataset = typer.Typer(help="Make, check and count data sets.", no_args_is_help=True)
app.add_typer(dataset, name="dataset")

Up = Literal["y", "z"]
Size = Annotated[str | None, typer.Option(help="Width x height of the pictures, such as 320x256.")]


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise typer.BadParameter(f"{text!r} is not WIDTHxHEIGHT", param_hint="--size")
    return int(width), int(height)


@app.command()
def render(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the captures; run again to resume.")],
    family: Annotated[list[str] | None, typer.Option(help="A procedural family; may be given again.")] = None,
    meshes: Annotated[Path | None, typer.Option(help="An OBJ, GLB or PLY mesh, or a folder of them.")] = None,
    count: Annotated[int, typer.Option(min=1, help="Captures of each family or mesh.")] = 1,
    preset: Annotated[str, typer.Option(help="marvin, softbox_table, coloured_backdrop or dark_box.")] = "marvin",
    views: Annotated[int, typer.Option(min=1, help="Pictures of each product.")] = 38,
    size: Size = "640x512",
    seed: Annotated[int, typer.Option(help="Of products, rigs and noise.")] = 0,
    dress: Annotated[bool, typer.Option("--dress", help="Give the meshes other materials.")] = False,
    scale: Annotated[float, typer.Option(min=1e-9, help="Metres per unit of the meshes: 0.001 for millimetres.")] = 1.0,
    up: Annotated[Up | None, typer.Option(help="The meshes' upward axis; without it y for GLB, z for others.")] = None,
) -> None:
    """Photograph products on a simulated rig: captures with true masks, plates, poses and meshes."""
    require("mitsuba", "render")
    from cleanplate.capture import check_output
    from cleanplate.render import render_collection

    pixels = _size(size) or (640, 512)
    check_output(out, *([meshes] if meshes else []), marker="manifest.jsonl")
    report = render_collection(out, family or (), meshes, count, preset, views, pixels, seed, dress, scale, up, say)
    say(f"made {len(report.made)}, already there {len(report.skipped)}, failed {len(report.failed)}")
    raise typer.Exit(3 if report.failed else 0)


@dataset.command("make")
def make(
    recipe: Annotated[
        str,
        typer.Argument(
            help="segmentation-10k, kitchen-5k, train-small, -hard, -thin, -open, -more, -abstract, -shapes, -views, "
            "-wires, -solids, -slots, -arms, -heaps, -mixed, test-145 or yield-30"
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The data set's folder; run again to resume.")],
    meshes: Annotated[Path | None, typer.Option(help="Folder of OBJ, GLB or PLY scans to render beside.")] = None,
    scale: Annotated[float, typer.Option(min=1e-6, help="Fraction of the recipe's products.")] = 1.0,
    size: Size = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many products.")] = None,
) -> None:
    """Render a composition of products on simulated rigs, with manifest and card."""
    require("mitsuba", "render")
    from cleanplate.capture import check_output
    from cleanplate.render import make_dataset

    check_output(out, *([meshes] if meshes else []), marker="manifest.jsonl")
    report = make_dataset(recipe, out, meshes, scale, _size(size), limit, say)
    say(f"made {len(report.made)}, already there {len(report.skipped)}, failed {len(report.failed)}")
    raise typer.Exit(3 if report.failed else 0)


@dataset.command("manifest")
def manifest(
    folder: Annotated[Path, typer.Argument(help="Captures side by side.")],
    validation: Annotated[float, typer.Option(min=0, max=1, help="Share of products for validation.")] = 1 / 3,
    test: Annotated[float, typer.Option(min=0, max=1, help="Share of products for testing.")] = 0.0,
    overwrite: Overwrite = False,
) -> None:
    """Write manifest.jsonl: splits by product, and checksums; exits with 3 if a capture had to be left out."""
    from cleanplate.capture import check_new
    from cleanplate.dataset import write_manifest

    check_new(folder / "manifest.jsonl", overwrite=overwrite)
    refused: list[str] = []
    say(f"{len(write_manifest(folder, validation, test, refused))} captures in {folder / 'manifest.jsonl'}")
    exit_for(refused)


@dataset.command("validate")
def validate(folder: Annotated[Path, typer.Argument(help="A data set with a manifest.")]) -> None:
    """Name every problem of a data set; exits with 1 if there is one."""
    from cleanplate.dataset import validate_dataset

    problems = validate_dataset(folder)
    for problem in problems:
        print(printable(problem))
    say(f"{len(problems)} problems" if problems else "sound")
    raise typer.Exit(1 if problems else 0)


@dataset.command("stats")
def stats(folder: Annotated[Path, typer.Argument(help="A data set with a manifest.")]) -> None:
    """Print a data set's counts as JSON."""
    from dataclasses import asdict

    from cleanplate.dataset import dataset_stats

    print_json(asdict(dataset_stats(folder)))


@dataset.command("pack")
def pack(
    datasets: Annotated[list[Path], typer.Argument(help="Folders of captures with true masks.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Path and name of the packs, to which -000.pack is added.")],
    validation: Annotated[
        float, typer.Option(min=0, max=1, help="Share of products held out where there is no manifest.")
    ] = 0.1,
    shard: Annotated[int, typer.Option(min=1, help="Megabytes of a pack, at most.")] = 60,
    overwrite: Overwrite = False,
) -> None:
    """Write the training views of data sets into a few large files, which other machines train from."""
    from cleanplate.capture import check_new, check_output
    from cleanplate.train.pack import write_packs

    check_output(out.parent / f"{out.name}-000.pack")
    before = set(out.parent.glob(f"{glob.escape(out.name)}-[0-9][0-9][0-9].pack"))
    check_new(*sorted(before), overwrite=overwrite)
    written = write_packs(datasets, out, validation, shard << 20)
    for path in written:
        say(f"wrote {path}")
    for path in sorted(before - set(written)):  # of more packs than there are now: training would read both
        path.unlink()
        say(f"removed {path}")
