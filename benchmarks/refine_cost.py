"""What refining a run's masks costs: `python benchmarks/refine_cost.py CAPTURE RESULTS`.

RESULTS is what `cleanplate segment CAPTURE --out RESULTS` wrote. Prints CPU seconds, their wall time on this machine,
and the process's largest memory; loops are compiled before the clock starts.
"""

import resource
import sys
import time
from pathlib import Path

from cleanplate.capture import read_capture, read_view_probability
from cleanplate.hull import hear


def main() -> None:
    capture = read_capture(Path(sys.argv[1]))
    folder = Path(sys.argv[2]) / capture.asin / "probabilities"
    first = {view.id: read_view_probability(capture, view, folder) for view in capture.views}
    for said in ("with compiling", "compiled"):
        wall, cpu = time.perf_counter(), time.process_time()
        hear(capture, capture.views, first, 0.0)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(f"{said}: {cpu:.1f} CPU s, {wall:.1f} s, {len(first)} views", flush=True)
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
