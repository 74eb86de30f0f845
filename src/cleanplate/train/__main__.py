"""`torchrun -m cleanplate.train RECIPE DATASET... --checkpoints DIR`: training in several processes."""

import argparse
import sys
from pathlib import Path

from cleanplate.errors import CleanplateError
from cleanplate.train.fit import train
from cleanplate.train.recipes import RECIPES, recipe


def arguments() -> argparse.ArgumentParser:
    """Return the parser; no option of it may be the beginning of one of torchrun's."""
    parser = argparse.ArgumentParser(prog="python -m cleanplate.train", description=__doc__)
    parser.add_argument("recipe", choices=RECIPES)
    parser.add_argument("datasets", nargs="+", type=Path, help="packs, and folders of captures with true masks")
    # not --run, which torchrun takes for an abbreviation of its own --run-path
    parser.add_argument("--checkpoints", required=True, type=Path, help="this run's folder; an existing one is resumed")
    parser.add_argument("--init", help="imagenet, imagenet:FILE, opennsfw, default, a checkpoint or an exported .onnx")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop, resumable, after so long")
    parser.add_argument(
        "--steps", type=float, default=float("inf"), help="stop, resumable, after so many steps of the run"
    )
    return parser


def main() -> int:
    """Train as the command line says; return the exit code."""
    given = arguments().parse_args()
    try:
        print(train(recipe(given.recipe), given.datasets, given.checkpoints, given.init, given.minutes, given.steps))
    except CleanplateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
