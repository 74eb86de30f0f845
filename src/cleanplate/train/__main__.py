"""`torchrun -m cleanplate.train RECIPE DATASET... --run DIR`: training in several processes."""

import argparse
import sys
from pathlib import Path

from cleanplate.errors import CleanplateError
from cleanplate.train.fit import train
from cleanplate.train.recipes import RECIPES, recipe


def main() -> int:
    """Train as the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m cleanplate.train", description=__doc__)
    parser.add_argument("recipe", choices=RECIPES)
    parser.add_argument("datasets", nargs="+", type=Path, help="folders of captures with true masks")
    parser.add_argument("--run", required=True, type=Path, help="folder of this run; an existing one is resumed")
    parser.add_argument("--init", help="imagenet, imagenet:FILE, default, a checkpoint or an exported .onnx")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop, resumable, after so long")
    given = parser.parse_args()
    try:
        print(train(recipe(given.recipe), given.datasets, given.run, given.init, given.minutes))
    except CleanplateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
