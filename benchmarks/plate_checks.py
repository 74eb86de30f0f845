"""How well plates with something in them are told apart: `python benchmarks/plate_checks.py COLLECTION ...`.

Of some views of each collection: `plate_excess` of the right plate under the true mask and the classical one, and of a
plate that another view of the same camera stands in for, as if the product had not been cleared away.
"""

import argparse
from pathlib import Path

import numpy as np

from cleanplate.capture import Capture, View, find_captures, read_capture
from cleanplate.image import read_image, read_mask
from cleanplate.image.plate_check import plate_excess
from cleanplate.segment import load_model

CAPTURES, VIEWS = 10, 4


def spread(values: list[float]) -> str:
    if not values:
        return "-"
    return f"{np.median(values):.3f}, {np.percentile(values, 90):.3f}, {max(values):.3f} of {len(values)}"


def of_view(capture: Capture, view: View) -> tuple[float | None, float | None, float | None]:
    """Return the excess under the true mask, under the classical one, and of a plate with the product in it."""
    model, image = load_model("classical"), read_image(capture.image_path(view))
    plate, truth = read_image(capture.folder / str(view.plate)), read_mask(capture.folder / str(view.mask))
    right = plate_excess(image, plate, model.segment(image, plate) >= 0.5)
    others = [each for each in capture.views if each.camera == view.camera and each.id != view.id]
    if not others:
        return plate_excess(image, plate, truth), right, None
    full = read_image(capture.image_path(others[0]))
    return (
        plate_excess(image, plate, truth),
        right,
        plate_excess(image, full, model.segment(image, full) >= 0.5),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collections", type=Path, nargs="+")
    print("Median, 90th percentile and largest:\n")
    print("| collection | true masks | classical | product in the plate |\n|---|---|---|---|")
    for collection in parser.parse_args().collections:
        folders = find_captures([collection])
        found: list[tuple[float | None, ...]] = []
        for folder in folders[:: max(1, len(folders) // CAPTURES)][:CAPTURES]:
            capture = read_capture(folder)
            views = [view for view in capture.views if view.plate and view.mask]
            found += [of_view(capture, view) for view in views[:: max(1, len(views) // VIEWS)][:VIEWS]]
        columns = [[value for value in column if value is not None] for column in zip(*found, strict=True)]
        print(f"| {collection.name} | {' | '.join(map(spread, columns))} |", flush=True)


if __name__ == "__main__":
    main()
