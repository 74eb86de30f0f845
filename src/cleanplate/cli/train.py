"""Networks: train, export."""

from pathlib import Path
from typing import Annotated

import typer

from cleanplate.cli.common import Overwrite, app, say
from cleanplate.errors import require


@app.command()
def train(
    recipe: Annotated[
        str,
        typer.Argument(
            help="paper, paper-small, -middle, -gpu, -gpu-finish, compact, compact-large, -finish, -gpu or -tune."
        ),
    ],
    datasets: Annotated[list[Path], typer.Argument(help="Packs, or folders of captures with true masks.")],
    run: Annotated[Path, typer.Option(help="Folder of this run; an existing one is resumed.")],
    init: Annotated[
        str | None,
        typer.Option(
            help="imagenet, imagenet:FILE, opennsfw, default (the shipped network), a checkpoint or an .onnx."
        ),
    ] = None,
    minutes: Annotated[float, typer.Option(min=0, help="Stop, resumable, after so long.")] = float("inf"),
    steps: Annotated[float, typer.Option(min=0, help="Stop, resumable, after so many steps.")] = float("inf"),
) -> None:
    """Train a network; several processes: torchrun -m cleanplate.train (there --run is --checkpoints)."""
    require("torch", "train")
    from cleanplate.capture import check_output
    from cleanplate.train.fit import train as fit
    from cleanplate.train.recipes import recipe as find

    check_output(run, *datasets)
    print(fit(find(recipe), datasets, run, init, minutes, steps))


@app.command()
def export(
    checkpoints: Annotated[
        list[Path], typer.Argument(help="A run's folder or a .safetensors checkpoint; of several the mean weights.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The .onnx file to write.")],
    bits: Annotated[int, typer.Option(help="Bits of each stored weight: 32, 16 or 8.")] = 16,
    longest: Annotated[
        int | None,
        typer.Option(min=32, help="The longer side that the network sees, in pixels; by default the recipe's."),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Of the probability; by default as validation chose it.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Write a trained network as ONNX, for `--model FILE.onnx`."""
    require("torch", "train")
    from cleanplate.capture import check_new, check_output
    from cleanplate.train.export import export as write

    check_output(out)
    check_new(out, overwrite=overwrite)
    say(f"wrote {write(checkpoints, out, bits, longest, threshold)}")
