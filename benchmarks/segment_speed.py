"""Seconds a view at 512x640: the compact network, the paper's network and the classical method, in one run.

    python benchmarks/segment_speed.py [--repeats 5] [--report FILE]

Fresh weights: speed does not depend on them. Every method takes a decoded image and its plate and gives a mask; the
least of the repeats counts, and they take turns, so that a loaded machine treats all alike.
"""

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from cleanplate.segment.classical import segment_classical
from cleanplate.segment.runtime import predict
from cleanplate.segment.session import Model
from cleanplate.train.export import to_onnx
from cleanplate.train.networks import build


def model(architecture: str, longest: int, folder: Path) -> Model:
    """Return a model with fresh weights."""
    path = folder / f"{architecture}.onnx"
    network = build(architecture)
    if not path.is_file():
        onnx.save(to_onnx(network), path)
    return Model(path, onnxruntime.InferenceSession(str(path)), 0.5, network.multiple, longest)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--report", type=Path)
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    plate = np.clip(rng.normal(200, 4, (512, 640, 3)), 0, 255).astype(np.uint8)
    image = plate.copy()
    image[150:400, 200:450] = 90
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = model("compact", 448, folder), model("compact", 640, folder)
        paper = model("deeplabv3plus_dualinput_resnet50", 640, folder)
        torch.manual_seed(0)
        eager = build("deeplabv3plus_dualinput_resnet50").eval()
        pair = [torch.from_numpy(each).permute(2, 0, 1)[None].float() / 255 for each in (image, plate)]

        def run_eager() -> None:
            with torch.no_grad():
                eager(*pair)

        methods: dict[str, Callable[[], object]] = {
            "classical": lambda: segment_classical(image, plate),
            "compact, longest side 448, batch 1": lambda: predict(small, [image], plate),
            "compact, longest side 448, batch 4, a view": lambda: predict(small, [image] * 4, plate),
            "compact, longest side 640, batch 1": lambda: predict(large, [image], plate),
            "paper's network, ONNX Runtime": lambda: predict(paper, [image], plate),
            "paper's network, eager torch": run_eager,
        }
        seconds: dict[str, list[float]] = {name: [] for name in methods}
        for _ in range(given.repeats):
            for name, method in methods.items():
                start = time.perf_counter()
                method()
                share = 4 if "batch 4" in name else 1
                seconds[name].append((time.perf_counter() - start) / share)
    report(seconds, given.report)


def report(seconds: dict[str, list[float]], target: Path | None) -> None:
    """Print the table, and write it with what it was measured on."""
    paper = min(seconds["paper's network, ONNX Runtime"])
    rows = [f"| {name} | {min(times):.3f} | {min(times) / paper:.3f} |" for name, times in seconds.items()]
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    text = "\n".join(
        [
            "# Speed of segmentation, one 512x640 view",
            "",
            "Command: `python benchmarks/segment_speed.py`",
            "",
            f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {platform.processor() or platform.machine()}, "
            f"Python {platform.python_version()}, torch {torch.__version__}, onnxruntime {onnxruntime.__version__}; "
            f"least of {len(next(iter(seconds.values())))}; load average {load} (other work ran beside it).",
            "",
            "| method | seconds | against the paper's network |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )
    print(text)
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


if __name__ == "__main__":
    main()
