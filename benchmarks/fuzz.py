"""Mutants of pictures, exports, captures, networks and meshes: each ends in a value or in a sentence.

    python benchmarks/fuzz.py --minutes 5
    python benchmarks/fuzz.py --kind zip --seed 17 --one        # one case again

Each kind runs in a process of its own with 4 GB of address space; a case that takes longer than --seconds, ends the
process or raises anything but a CleanplateError is printed with its seed, and the exit status is 1.
"""

import argparse
import io
import json
import multiprocessing
import resource
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import fuzz_models
import numpy as np
import PIL.Image

from cleanplate.capture import Capture, View, read_capture, write_capture
from cleanplate.errors import CleanplateError
from cleanplate.exchange import FORMATS, convert_masks, export_masks
from cleanplate.geometry import Camera
from cleanplate.image import image_size, read_image, read_mask, write_image, write_mask

MEMORY = 4 << 30
TOKENS = [b"1e400", b"NaN", b"-1", b"null", b"[]", b'"x"', b"9" * 400, b"1e300", b"4294967296", b"{}", b"\\u001b", b""]


def mutant(data: bytes, rng: np.random.Generator) -> bytes:
    """Return data with bytes changed, parts zeroed, doubled, cut, or numbers exchanged for what no field expects."""
    out = bytearray(data)
    for _ in range(int(rng.integers(0, 5))):
        if not out:
            break
        place = int(rng.integers(len(out)))
        length = int(rng.choice([1, 2, 4, 16, 64]))
        change = int(rng.integers(7))
        if change == 0:
            out[place] = int(rng.integers(256))
        elif change == 1:
            out[place : place + length] = bytes(length)
        elif change == 2:
            out[place : place + length] = rng.bytes(length)
        elif change == 3:
            del out[place : place + length]
        elif change == 4:
            out[place:place] = out[place : place + length] * int(rng.integers(1, 4))
        elif change == 5:
            del out[place:]
        else:
            end = place
            while end < len(out) and chr(out[end]).isdigit():
                end += 1
            out[place:end] = TOKENS[int(rng.integers(len(TOKENS)))]
    return bytes(out)


def _picture(rng: np.random.Generator, mask: bool = False) -> tuple[str, bytes]:
    stream = io.BytesIO()
    pixels = np.kron(rng.integers(0, 2, (3, 4)), np.full((8, 8), 255)) if mask else rng.integers(0, 256, (24, 32, 3))
    picture = PIL.Image.fromarray(pixels.astype(np.uint8))
    kind = str(rng.choice(["JPEG", "PNG", "TIFF", "WEBP", "BMP"]))
    exif = PIL.Image.Exif()
    exif[0x0112] = int(rng.integers(1, 9))
    options: dict[str, Any] = {} if kind == "BMP" else {"exif": exif}
    if kind == "JPEG":
        options |= {"progressive": bool(rng.integers(2)), "optimize": bool(rng.integers(2))}
    if kind == "TIFF":
        options |= {"compression": str(rng.choice(["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"]))}
    if kind in ("PNG", "BMP"):
        picture = picture.convert(str(rng.choice(["RGB", "L", "P", "1"])))
    picture.save(stream, kind, **options)
    return f"a.{kind.lower()}", stream.getvalue()


def pictures(rng: np.random.Generator, folder: Path) -> None:
    """A mutant is decoded to the size that its header says, or refused; as a photograph or as a mask."""
    mask = bool(rng.integers(2))
    name, data = _picture(rng, mask)
    (folder / name).write_bytes(mutant(data, rng))
    size = image_size(folder / name)
    decoded = (read_mask if mask else read_image)(folder / name)
    if decoded.shape[1::-1] != size:
        raise RuntimeError(f"{size} in the header, {decoded.shape} decoded")


def _capture(folder: Path) -> Path:
    target = folder / "B000000001"
    if not target.is_dir():
        mask = np.hypot(*(np.mgrid[:24, :32] - np.array([12, 16]).reshape(2, 1, 1))) < 8
        camera = Camera(32, 24, np.array([[40.0, 0, 16], [0, 40, 12], [0, 0, 1]]))
        views = []
        for place in range(2):
            write_image(target / f"images/v{place}.jpg", np.full((24, 32, 3), 90, np.uint8))
            write_mask(target / f"masks/v{place}.png", mask)
            views.append(View(f"v{place}", "cam", f"images/v{place}.jpg", mask=f"masks/v{place}.png"))
        write_capture(Capture(target, target.name, {"cam": camera}, tuple(views)))
    return target


def exports(rng: np.random.Generator, folder: Path) -> None:
    """A mutant of each tool's export."""
    to = str(rng.choice([name for name in FORMATS if name != "png"]))
    suffix = FORMATS[to].suffix
    out = folder / f"{to}{suffix}"
    if not out.exists():
        export_masks([_capture(folder)], out, to)
    source = sorted(out.rglob("*.json"))[0] if out.is_dir() else out
    (folder / f"m{source.suffix}").write_bytes(mutant(source.read_bytes(), rng))
    convert_masks(folder / f"m{source.suffix}", folder / "out.json", "coco", empty=True)


def zips(rng: np.random.Generator, folder: Path) -> None:
    """A mutant of a zip, in every method."""
    methods = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
    _, png = _picture(rng, mask=True)
    with zipfile.ZipFile(folder / "m.zip", "w", methods[int(rng.integers(4))]) as archive:
        archive.writestr("masks/v0.png", png)
        if rng.integers(2):
            archive.writestr("a.json", json.dumps({"images": [], "annotations": [], "x": list(range(99))}))
    (folder / "m.zip").write_bytes(mutant((folder / "m.zip").read_bytes(), rng))
    convert_masks(folder / "m.zip", folder / "out.json", "coco")


def captures(rng: np.random.Generator, folder: Path) -> None:
    """A mutant of capture.json."""
    whole = folder / "whole.json"
    path = _capture(folder) / "capture.json"
    if not whole.exists():
        whole.write_bytes(path.read_bytes())
    path.write_bytes(mutant(whole.read_bytes(), rng))
    read_capture(path.parent)


def models(kind: str, rng: np.random.Generator, folder: Path) -> None:
    """A mutant of a network, a checkpoint or a mesh."""
    data, suffix = fuzz_models.sample(kind, rng)
    changed = mutant(data, rng)
    if kind == "mesh":
        fuzz_models.mesh(changed, suffix, folder)
    else:
        getattr(fuzz_models, kind)(changed, folder)


KINDS: dict[str, Callable[[np.random.Generator, Path], None]] = {
    "picture": pictures,
    "export": exports,
    "zip": zips,
    "capture": captures,
    **{kind: partial(models, kind) for kind in ("network", "checkpoint", "mesh")},
}


def try_one(kind: str, seed: int, folder: Path) -> str:
    """Return what became of one case: "read", "refused", or a traceback."""
    try:
        KINDS[kind](np.random.default_rng(seed), folder)
    except CleanplateError:
        return "refused"
    except Exception:
        return traceback.format_exc()
    return "read"


def _work(kind: str, seeds: Any, results: Any) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with tempfile.TemporaryDirectory() as folder:
        for seed in iter(seeds.get, None):
            results.put(try_one(kind, seed, Path(folder)))


def fuzz(kind: str, seconds: float, first: int, patience: float) -> list[str]:
    """Try seeds for some time; return a sentence for each that failed."""
    context = multiprocessing.get_context("spawn")
    failures: list[str] = []
    counts = {"read": 0, "refused": 0}
    seed, start = first, time.monotonic()
    while time.monotonic() < start + seconds:
        seeds, results = context.Queue(), context.Queue()
        worker = context.Process(target=_work, args=(kind, seeds, results), daemon=True)
        worker.start()
        while time.monotonic() < start + seconds:
            seeds.put(seed)
            outcome = _outcome(worker, results, patience)
            seed += 1
            if outcome in counts:
                counts[outcome] += 1
                continue
            failures.append(f"{kind}, seed {seed - 1}: {outcome}")
            if outcome.startswith("the process"):
                break
        worker.kill()
        worker.join()
    print(f"{kind}: {seed - first} cases, {counts['read']} read, {counts['refused']} refused, {len(failures)} failed")
    return failures


def _outcome(worker: Any, results: Any, patience: float) -> str:
    import queue

    end = time.monotonic() + patience + 30  # the first case imports everything
    while time.monotonic() < end:
        try:
            return str(results.get(timeout=0.2))
        except queue.Empty:
            if not worker.is_alive():
                return f"the process died (exit code {worker.exitcode})"
    return f"the process took longer than {patience:g} s"


def main() -> None:
    """Run the kinds one after another."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0, help="in all")
    parser.add_argument("--kind", choices=KINDS, help="one kind alone")
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    parser.add_argument("--seconds", type=float, default=20.0, help="that one case may take")
    parser.add_argument("--one", action="store_true", help="only the first seed, in this process")
    args = parser.parse_args()
    kinds = [args.kind] if args.kind else list(KINDS)
    if args.one:
        with tempfile.TemporaryDirectory() as folder:
            print(try_one(kinds[0], args.seed, Path(folder)))
        return
    failures = [each for kind in kinds for each in fuzz(kind, 60 * args.minutes / len(kinds), args.seed, args.seconds)]
    print("\n".join(failures))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
