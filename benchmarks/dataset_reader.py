"""Training triples per CPU second: packed reader against a plain OpenCV loop over the same captures, side by side.

python benchmarks/dataset_reader.py DATASET SPLIT [--report FILE]
"""

import argparse
import datetime
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from cleanplate.capture import read_capture
from cleanplate.dataset import open_split, read_manifest


def rate(work: Callable[[], int], repeats: int = 5) -> float:
    """Most triples per CPU second of some repeats, after one to warm the page cache."""
    work()
    best = 0.0
    for _ in range(repeats):
        start = time.process_time()
        count = work()
        best = max(best, count / max(time.process_time() - start, 1e-9))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("split")
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    captures = [
        read_capture(options.dataset / e.asin) for e in read_manifest(options.dataset) if e.split == options.split
    ]
    files = [(c.image_path(v), c.folder / str(v.plate), c.folder / str(v.mask)) for c in captures for v in c.views]
    packed = open_split(options.dataset, options.split)

    def plain() -> int:
        for image, plate, mask in files:
            for path in (image, plate):
                cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
            _ = cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE) > 127
        return len(files)

    def mapped() -> int:
        for triple in packed:
            for array in triple:
                np.array(array)
        return len(packed)

    slow, fast = rate(plain), rate(mapped)
    height, width = packed.images.shape[1:3]
    text = f"""# Reading training triples

2 shared EPYC cores, under load; {datetime.date.today()}; {len(packed)} views of {width}x{height}, page cache warm.
Command: `python benchmarks/dataset_reader.py {options.dataset} {options.split} --report FILE`.

| Reader | triples (image, plate, mask) per CPU second |
|---|---:|
| plain OpenCV loop | {slow:.0f} |
| `open_split` | {fast:.0f} |

{fast / slow:.0f} times as many. Not measured: a cold page cache, where bytes on disk count (packed is larger).
"""
    print(text)
    if options.report:
        options.report.write_text(text)


if __name__ == "__main__":
    main()
