"""How a model bears a wrong plate: an empty set, a bumped camera, another exposure.

    python benchmarks/segment_robust.py MODEL CAPTURES... [--views 12]

Prints mean false foreground on empty pairs (a plate against its own re-exposure) and mIoU under each change of plate.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from cleanplate.capture import find_captures, read_capture
from cleanplate.evaluate import evaluate_mask
from cleanplate.segment import load_model
from cleanplate.train.pairs import PairFile
from cleanplate.types import Image

NOISE = 1.5
"""Of 255: what tells two exposures of one scene apart."""


def exposed(picture: Image, gain: float) -> Image:
    """Return another exposure, with its own noise."""
    noise = np.random.default_rng(0).normal(0, NOISE, picture.shape)
    return np.clip(picture * gain + noise, 0, 255).astype(np.uint8)


def shifted(picture: Image, pixels: float) -> Image:
    """Return the plate of a camera that was bumped sideways."""
    frame = np.array([[1, 0, pixels], [0, 1, pixels / 2]])
    return cv2.warpAffine(picture, frame, picture.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)


CHANGES: dict[str, Callable[[Image], Image]] = {
    "none": lambda plate: plate,
    "shift 1 px": lambda plate: shifted(plate, 1),
    "shift 2 px": lambda plate: shifted(plate, 2),
    "shift 4 px": lambda plate: shifted(plate, 4),
    "exposure +10%": lambda plate: exposed(plate, 1.1),
    "exposure -10%": lambda plate: exposed(plate, 0.9),
    "exposure -25%": lambda plate: exposed(plate, 0.75),
}


def _first_pair(folder: Path) -> PairFile:
    capture = read_capture(folder)
    view = next(view for view in capture.views if view.plate and view.mask)
    return PairFile(capture.image_path(view), folder / str(view.plate), folder / str(view.mask), "test")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--views", type=int, default=12)
    given = parser.parse_args()
    model, found = load_model(str(given.model)), find_captures(given.captures)
    chosen = [_first_pair(folder).read() for folder in found[:: max(1, len(found) // given.views)]]
    for gain in (1.0, 0.95, 1.05):
        empty = [(model.segment(exposed(each.plate, gain), each.plate) >= 0.5).mean() for each in chosen]
        print(f"empty set, exposure x{gain}: false foreground {np.mean(empty):.4%}, worst {np.max(empty):.4%}")
    for name, change in CHANGES.items():
        scores = [
            evaluate_mask(model.segment(each.image, change(each.plate)) >= 0.5, each.mask).miou for each in chosen
        ]
        print(f"plate: {name}: mIoU {np.mean(scores):.4f}")


if __name__ == "__main__":
    main()
