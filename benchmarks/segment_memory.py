"""Peak memory of segmenting more and more views of one capture: it must not grow with their number.

    python benchmarks/segment_memory.py CAPTURE [--views 100 2000] [--model default]

The capture's views are listed again and again under new names; each count runs in a process of its own.
"""

import argparse
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np

from cleanplate.capture import read_capture
from cleanplate.segment import load_model
from cleanplate.segment.stage import segment_views


def segment(folder: Path, model: str, count: int) -> int:
    """Segment `count` views and return the process's peak memory in MiB."""
    capture = read_capture(folder)
    views = [capture.views[i % len(capture.views)] for i in range(count)]
    done = sum(isinstance(made, np.ndarray) for _, made in segment_views(capture, views, load_model(model)))
    assert done == count
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("capture", type=Path)
    parser.add_argument("--views", nargs="+", type=int, default=[100, 2000])
    parser.add_argument("--model", default="default")
    parser.add_argument("--worker", type=int)
    given = parser.parse_args()
    if given.worker:
        print(segment(given.capture, given.model, given.worker))
        return
    for count in given.views:
        command = [sys.executable, __file__, str(given.capture), "--model", given.model, "--worker", str(count)]
        peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        print(f"{count} views of {given.capture.name}, {given.model}: peak {peak} MiB")


if __name__ == "__main__":
    main()
