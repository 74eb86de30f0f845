"""Time to export masks, cleanplate beside Datumaro, from the same folder of PNGs; checks that the masks are the same.

    nice -n 15 python benchmarks/exchange_peers.py [--count 10000] [--folder F] [--formats coco ...]

Datumaro runs in its own environment, ~/.cache/cleanplate/datumaro-env, which is made if it is missing. Each export
is a process of its own that imports, reads every PNG, encodes and writes; CPU time is the process's own.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

ENVIRONMENT = Path.home() / ".cache/cleanplate/datumaro-env"
WIDTH, HEIGHT = 640, 512
# cleanplate's name -> Datumaro's name and options
PAIRS = {
    "coco": ("coco_instances", {"segmentation_mode": "mask"}),
    "cvat-images": ("cvat", {}),
    "cvat-masks": ("voc_segmentation", {}),
}


def make_masks(folder: Path, count: int) -> None:
    """Write masks of discs, rings and boxes with ragged edges, one in a hundred full."""
    import cv2
    import numpy as np

    rng = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        for _ in range(rng.integers(1, 5)):
            centre = (int(rng.integers(100, 540)), int(rng.integers(100, 412)))
            axes = (int(rng.integers(20, 160)), int(rng.integers(20, 160)))
            cv2.ellipse(mask, centre, axes, float(rng.integers(180)), 0, 360, int(rng.random() < 0.75) * 255, -1)
        specks = rng.integers(0, [[HEIGHT], [WIDTH]], (2, 20))
        mask[specks[0], specks[1]] = 255
        if index % 100 == 0:
            mask[:] = 255  # not an empty one: Datumaro's COCO export fails on it
        cv2.imwrite(str(folder / f"view_{index:05d}.png"), mask)


def export_ours(folder: Path, out: Path, name: str) -> None:
    from cleanplate.exchange import FORMATS, convert_masks

    result = convert_masks(folder, out / f"ours{FORMATS[name].suffix}", name, "png")
    assert not result.problems, result.problems[:3]


def export_datumaro(folder: Path, out: Path, name: str) -> None:
    import cv2
    from datumaro.components.annotation import AnnotationType, LabelCategories, Mask
    from datumaro.components.dataset import Dataset
    from datumaro.components.dataset_base import DatasetItem
    from datumaro.components.media import Image

    def load(path: Path) -> Callable[[], np.ndarray]:
        return lambda: np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)) > 127

    labels = LabelCategories.from_iterable(["background", "product"])
    items = [
        DatasetItem(
            id=path.stem,
            subset="default",
            media=Image.from_file(path=str(path), size=(HEIGHT, WIDTH)),
            annotations=[Mask(load(path), label=1, id=1, group=1)],
        )
        for path in sorted(folder.glob("*.png"))
    ]
    dataset = Dataset.from_iterable(items, categories={AnnotationType.label: labels}, media_type=Image)
    kind, options = PAIRS[name]
    dataset.export(str(out / "datumaro"), kind, save_media=False, **options)


def measure(python: str, who: str, folder: Path, out: Path, name: str) -> dict[str, float]:
    """Run one export in its own process and return its seconds."""
    command = [python, __file__, "--worker", who, "--folder", str(folder), "--out", str(out), "--format", name]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    return json.loads(done.stdout.splitlines()[-1])


def work(who: str, folder: Path, out: Path, name: str) -> None:
    start = time.perf_counter()
    (export_ours if who == "ours" else export_datumaro)(folder, out, name)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    seconds = {"cpu": usage.ru_utime + usage.ru_stime, "wall": time.perf_counter() - start}
    print(json.dumps(seconds | {"MB": usage.ru_maxrss / 1024}))


def same_masks(folder: Path, path: Path, format_name: str) -> str:
    """Return how many of 200 masks of an export equal the PNGs."""
    import numpy as np

    from cleanplate.exchange.masks.bundle import open_bundle
    from cleanplate.exchange.masks.formats import FORMATS
    from cleanplate.image import read_mask

    frames = FORMATS[format_name].read(open_bundle(path)).frames
    chosen = frames[:: max(1, len(frames) // 200)]
    same = [np.array_equal(f.decode(None, None), read_mask(folder / f"{Path(f.name).stem}.png")) for f in chosen]
    return f"{sum(same)}/{len(same)}"


def theirs(out: Path, name: str) -> Path:
    folder = out / "datumaro"
    return folder if name == "cvat-masks" else next(folder.rglob("*.json" if name == "coco" else "*.xml"))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--formats", nargs="+", default=list(PAIRS), choices=list(PAIRS))
    parser.add_argument("--worker")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--format")
    options = parser.parse_args()
    if options.worker:
        work(options.worker, options.folder, options.out, options.format)
        return
    if not (ENVIRONMENT / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
        subprocess.run([ENVIRONMENT / "bin/pip", "install", "-q", "datumaro"], check=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary) / "masks"
        if len(list(folder.glob("*.png"))) != options.count:
            make_masks(folder, options.count)
        version = subprocess.run(
            [ENVIRONMENT / "bin/python", "-c", "from importlib.metadata import version; print(version('datumaro'))"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        print(f"{options.count} masks of {WIDTH}x{HEIGHT}; datumaro {version}, Python {platform.python_version()}, ")
        print(f"{platform.processor() or platform.machine()}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n")
        print(
            "| format | cleanplate CPU s | wall s | peak MB | same | Datumaro CPU s | wall s | peak MB | same | CPU |"
        )
        print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
        for name in options.formats:
            out = Path(temporary) / name
            out.mkdir()
            ours = measure(sys.executable, "ours", folder, out, name)
            peer = measure(str(ENVIRONMENT / "bin/python"), "datumaro", folder, out, name)
            cells = [name]
            for seconds, path in ((ours, next(out.glob("ours*"))), (peer, theirs(out, name))):
                checked = same_masks(folder, path, name)
                cells += [f"{seconds['cpu']:.1f}", f"{seconds['wall']:.1f}", f"{seconds['MB']:.0f}", checked]
            cells.append(f"{peer['cpu'] / ours['cpu']:.1f}x")
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
