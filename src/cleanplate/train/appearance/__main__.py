"""`python -m cleanplate.train.appearance CAPTURES --run DIR`: stored squares, training, export.

CAPTURES are folders of captures with plates, true masks and maps of their materials. What the run has made lies below
DIR; the same command goes on after a kill, also with more captures.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import torch

from cleanplate.capture import find_captures, read_capture
from cleanplate.errors import CleanplateError
from cleanplate.train.appearance.examples import stored
from cleanplate.train.appearance.export import export
from cleanplate.train.appearance.fit import Fit, fit


def main() -> int:
    """Do what the command line says; return the exit code."""
    given = _arguments()
    torch.set_num_threads(given.threads)
    try:
        captures = [read_capture(each) for each in find_captures(given.captures)]
        squares = [found for each in captures if len(found := stored(each, given.run / "squares"))]
        if not squares:
            raise CleanplateError(f"{', '.join(map(str, given.captures))}: no capture shows anything to learn from")
        print(f"{len(squares)} captures, {sum(map(len, squares))} pictures", flush=True)
        network = fit(squares, given.run, given.init, replace(Fit(), steps=given.steps), given.minutes)
        print(export(network, given.run / "appearance.onnx"))
    except CleanplateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cleanplate.train.appearance", description=__doc__)
    parser.add_argument("captures", type=Path, nargs="+")
    parser.add_argument("--run", type=Path, required=True, help="this run's folder; an existing one goes on")
    parser.add_argument("--init", required=True, help="a compact network to begin with: a checkpoint, .onnx or default")
    parser.add_argument("--steps", type=int, default=Fit.steps)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop training after so long, resumable")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
