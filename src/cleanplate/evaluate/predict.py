"""Masks of a model that is to be compared, made where they are missing or stale, and what they cost."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from jaxtyping import Float

from cleanplate.capture import Capture, find_captures, read_capture
from cleanplate.errors import CleanplateError
from cleanplate.files import write_json
from cleanplate.image import read_image, write_image, write_mask
from cleanplate.ledger import Ledger, exclusive, fingerprint
from cleanplate.segment.segmenter import Segmenter, Shot, shot

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many of its items are done, and how many there are."""

COST_FILE = "cost.json"


@dataclass(frozen=True)
class Cost:
    """Seconds a view from files to files, the median over captures; `cpu` is the processors' time over all threads."""

    wall: float
    cpu: float


def make_masks(
    model: str,
    captures: Sequence[Path],
    out: Path,
    upside_down: bool = False,
    progress: Progress = lambda *_: None,
) -> Cost | None:
    """Write the masks of captures or collections by a model to `out`/<asin>/masks/<view id>.png.

    What was made of the same inputs is kept. A view that the model cannot use gets no mask.

    Args:
        model: see `segment.runtime.load_model`.
        upside_down: the model sees each picture and plate turned upside down; the masks are turned back. The paper's
            network took reflections for foreground then, since it had learned where they lie.

    Returns:
        What the masks have cost, in this run or an earlier one; None where no capture was done in one go.

    Raises:
        ModelError: the model cannot be loaded.
        CaptureError: a capture cannot be read.
    """
    from cleanplate.segment.runtime import load_model

    segmenter = load_model(model)
    folders = find_captures(captures)
    costs = []
    for done, folder in enumerate(folders, start=1):
        capture = read_capture(folder)
        with exclusive(out / capture.asin):
            _make(capture, segmenter, out / capture.asin, upside_down)
        cost = out / capture.asin / COST_FILE
        costs += [Cost(**json.loads(cost.read_bytes()))] if cost.is_file() else []
        progress(f"{model} upside down" if upside_down else model, done, len(folders))
    return Cost(*np.median([(each.wall, each.cpu) for each in costs], axis=0).tolist()) if costs else None


def _make(capture: Capture, segmenter: Segmenter, target: Path, upside_down: bool) -> None:
    ledger = Ledger(target)
    keys = {}
    for view in capture.views:
        pictures = capture.image_path(view), capture.plate_path(view)
        if all(path is None or path.is_file() for path in pictures):
            key = fingerprint(segmenter.fingerprint, f"upside down: {upside_down}", *pictures)
            if not ledger.is_done(target / "masks" / f"{view.id}.png", key):
                keys[view.id] = key
                for kind in ("masks", "possible"):  # stale, and perhaps not made again
                    (target / kind / f"{view.id}.png").unlink(missing_ok=True)
    shots = [shot(capture, view) for view in capture.views if view.id in keys]
    with TemporaryDirectory() as scratch:
        if upside_down:
            shots = [turned for each in shots if (turned := _turned_over(each, Path(scratch)))]
        start, made = _clock(), 0
        for item, found in segmenter.segment(shots):
            if not isinstance(found, CleanplateError):
                path = target / "masks" / f"{item.id}.png"
                write_mask(path, np.ascontiguousarray(found.mask[::-1]) if upside_down else found.mask)
                if found.possible is not None and not upside_down:
                    write_mask(target / "possible" / path.name, found.possible)
                ledger.record(path, keys[item.id])
                made += 1
        spent = _clock() - start
    if made == len(capture.views):
        write_json(target / COST_FILE, asdict(Cost(*(spent / made).tolist())))


def _clock() -> Float[np.ndarray, "2"]:
    return np.array([time.perf_counter(), time.process_time()])


def _turned_over(item: Shot, scratch: Path) -> Shot | None:
    """Return the shot of copies turned upside down; None where a picture cannot be read."""
    try:
        image = scratch / f"{item.id}.png"
        write_image(image, np.ascontiguousarray(read_image(item.image)[::-1]))
        plate = None
        if item.plate is not None:
            plate = scratch / f"plate-{fingerprint(str(item.plate))}.png"
            if not plate.is_file():
                write_image(plate, np.ascontiguousarray(read_image(item.plate)[::-1]))
    except (CleanplateError, OSError):
        return None
    return replace(item, image=image, plate=plate)
