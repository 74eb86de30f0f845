"""Masks of the plain thresholded difference, the reference of Table 1.

    python benchmarks/plain_masks.py CAPTURES --out D

Writes <out>/<asin>/masks/<view id>.png, as `cleanplate segment` does for the other methods, skips what is done, and
prints the processor seconds per view. `--method classical` does the same for classical segmentation, for its seconds.
"""

import argparse
import time
from pathlib import Path

import cv2

from cleanplate.capture import find_captures, read_capture, read_image, write_mask
from cleanplate.segment.classical import segment_classical
from cleanplate.segment.difference import segment_difference

METHODS = {"difference": segment_difference, "classical": segment_classical}


def main() -> None:
    """Write the masks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--method", choices=METHODS, default="difference")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    seconds = []
    for folder in find_captures(arguments.captures):
        capture = read_capture(folder)
        for view in capture.views:
            target = arguments.out / capture.asin / "masks" / f"{view.id}.png"
            plate = capture.plate_path(view)
            if plate is None or target.is_file():
                continue
            pair = read_image(capture.image_path(view)), read_image(plate)
            start = time.process_time()
            mask = METHODS[arguments.method](*pair)
            seconds.append(time.process_time() - start)
            write_mask(target, mask)
    mean = sum(seconds) / len(seconds) if seconds else float("nan")
    print(f"{len(seconds)} masks, {mean:.3f} processor seconds a view")


if __name__ == "__main__":
    main()
