"""Seconds a view at 512x640: the compact network, the paper's network, the classical method and a peer, in one run.

    python benchmarks/segment_speed.py [--repeats 5] [--smp FOLDER] [--report FILE]

The peer is segmentation_models_pytorch's DeepLabV3Plus (ResNet50, 6 channels) in ONNX Runtime, where it is installed
beside, without a second torch: pip install --target FOLDER --no-deps segmentation-models-pytorch timm tqdm, and then
pip install --target FOLDER huggingface_hub.

Fresh weights, on which speed does not depend, but for `default` as served: all views of the project's samples, from
files, as the stage works on them. Every other method takes a decoded image and its plate and gives a mask; the least of
the repeats counts, and they take turns, so that a loaded machine treats all alike.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from cleanplate.capture import read_capture
from cleanplate.segment import load_model
from cleanplate.segment.classical import segment_classical
from cleanplate.segment.network import Network
from cleanplate.segment.stage import segment_views
from cleanplate.train.export import to_onnx
from cleanplate.train.networks import build


def model(architecture: str, longest: int, folder: Path) -> Network:
    """Return a model with fresh weights."""
    path = folder / f"{architecture}.onnx"
    network = build(architecture)
    if not path.is_file():
        onnx.save(to_onnx(network), path)
    return Network(path, onnxruntime.InferenceSession(str(path)), 0.5, network.multiple, longest)


SAMPLES = Path(__file__).parents[1] / "src/cleanplate/samples"


def served() -> tuple[Callable[[], object], int]:
    """Return a run of `default` over the samples' views, and how many these are."""
    captures, method = [read_capture(each.parent) for each in sorted(SAMPLES.glob("*/capture.json"))], load_model()

    def run() -> object:
        return [each for capture in captures for each in segment_views(capture, capture.views, method)]

    return run, sum(len(capture.views) for capture in captures)


def peer(folder: Path, image: np.ndarray, plate: np.ndarray, out: Path) -> Callable[[], object]:
    """Return a run of segmentation_models_pytorch's network on image and plate, from bytes to a mask."""
    sys.path.append(str(folder))
    from segmentation_models_pytorch import DeepLabV3Plus

    network = DeepLabV3Plus("resnet50", encoder_weights=None, in_channels=6, classes=1).eval()
    example = torch.zeros(1, 6, *image.shape[:2])
    torch.onnx.export(network, (example,), out / "smp.onnx", input_names=["pair"], dynamo=False)
    session = onnxruntime.InferenceSession(str(out / "smp.onnx"))

    def run() -> object:
        pair = np.concatenate([image, plate], 2).transpose(2, 0, 1)[None].astype(np.float32) / 255
        return session.run(None, {"pair": pair})[0] > 0

    return run


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--smp", type=Path, help="where segmentation_models_pytorch is installed")
    parser.add_argument("--report", type=Path)
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    plate = np.clip(rng.normal(200, 4, (512, 640, 3)), 0, 255).astype(np.uint8)
    image = plate.copy()
    image[150:400, 200:450] = 90
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = model("compact", 512, folder), model("compact", 640, folder)
        paper = model("deeplabv3plus_dualinput_resnet50", 640, folder)
        torch.manual_seed(0)
        eager = build("deeplabv3plus_dualinput_resnet50").eval()
        pair = [torch.from_numpy(each).permute(2, 0, 1)[None].float() / 255 for each in (image, plate)]

        def run_eager() -> None:
            with torch.no_grad():
                eager(*pair)

        methods: dict[str, Callable[[], object]] = {
            "classical": lambda: segment_classical(image, plate),
            "compact, longest side 512, batch 1": lambda: small.probabilities([image], plate),
            "compact, longest side 512, batch 4, a view": lambda: small.probabilities([image] * 4, plate),
            "compact, longest side 640, batch 1": lambda: large.probabilities([image], plate),
            "paper's network, ONNX Runtime": lambda: paper.probabilities([image], plate),
            "paper's network, eager torch": run_eager,
        }
        if given.smp:
            name = "segmentation_models_pytorch's DeepLabV3Plus, ResNet50, ONNX Runtime"
            methods[name] = peer(given.smp, image, plate, folder)
        methods["default, as served, a view"], views = served()
        seconds: dict[str, list[float]] = {name: [] for name in methods}
        for _ in range(given.repeats):
            for name, method in methods.items():
                start = time.perf_counter()
                method()
                share = 4 if "batch 4" in name else views if "served" in name else 1
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
