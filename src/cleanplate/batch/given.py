"""Masks of any tool, refined by the views of their capture."""

from collections.abc import Mapping
from pathlib import Path

from cleanplate.capture import Capture, View, check_output, read_capture, view_mask_path
from cleanplate.cards import refiner_digest
from cleanplate.errors import CleanplateError, ImageError
from cleanplate.files import read_object
from cleanplate.hull import refined_problems, write_masks
from cleanplate.image import check_size, read_soft_mask
from cleanplate.state import State, exclusive, fingerprint
from cleanplate.types import ViewProbability

VERSION = 3
"""To be raised with what is made of the same masks."""


def refine_given(folder: Path, masks: Path, out: Path, floor: float | None = 0.0) -> list[str]:
    """Let the views of a capture refine masks of any tool; write them as `out`/<asin>/masks/<view id>.png.

    Args:
        folder: the capture.
        masks: holds <view id>.png, or <asin>/masks/<view id>.png: masks as `read_mask` takes them, or soft ones.
        floor: as in `hull.visual_hull`.

    Returns:
        A sentence for each view, or for all, that was not refined; those with a mask keep it.

    Raises:
        CaptureError: capture.json cannot be used.
        CleanplateError: no view has a mask that can be used, the output lies in or over what is read, or another run
            holds it.
    """
    capture = read_capture(folder)
    target = out / capture.asin
    check_output(target, folder, masks)
    found, first, problems = _given(capture, masks)
    with exclusive(target):
        state, said = State(target), target / "refined.json"
        outputs = {view: target / "masks" / f"{view}.png" for view in found}
        problems += [
            f"view {view}: {output} is not ours and stays; name another --out"
            for view, output in outputs.items()
            if state.is_edited(output)
        ]
        key = _key(capture, found, floor)
        if not state.is_done(key, *outputs.values(), said):
            with state.making(key, *outputs.values(), said) as room:
                write_masks(capture, first, room, floor)
        facts = read_object(said)
    unposed = [view.id for view in capture.views if view.pose is None and view.id in found]
    problems += [f"view {view}: has no pose; its mask is written as it was" for view in unposed]
    alone = f"{capture.asin}: {facts['alone']}; the masks are written as they were"
    return problems + refined_problems(facts) + ([alone] if facts["alone"] else [])


def _given(capture: Capture, masks: Path) -> tuple[dict[str, Path], dict[str, ViewProbability], list[str]]:
    """Return each view's file and mask, and a sentence for each view that has none."""
    found, first, problems = dict[str, Path](), dict[str, ViewProbability](), list[str]()
    for view in capture.views:
        try:
            path = _place(capture, view, masks)
            camera, mask = capture.camera_of(view), read_soft_mask(path)
            check_size(path, "mask", mask.shape[::-1], (camera.width, camera.height))
            found[view.id], first[view.id] = path, mask
        except ImageError as error:
            problems.append(f"view {view.id}: {error}")
    if not found:
        raise CleanplateError(f"{masks}: no mask of {capture.asin} can be used; {problems[0]}")
    return found, first, problems


def _place(capture: Capture, view: View, masks: Path) -> Path:
    places = view_mask_path(view, masks), masks / capture.asin / "masks" / f"{view.id}.png"
    there = [place for place in places if place.is_file()]
    if not there:
        raise ImageError(f"no mask at {places[0]} or {places[1]}")
    if len(there) > 1 and there[0].read_bytes() != there[1].read_bytes():
        raise ImageError(f"{there[0]} and {there[1]} differ; leave the one that counts")
    return there[0]


def _key(capture: Capture, found: Mapping[str, Path], floor: float | None) -> str:
    there = [path for path in capture.pictures if path.is_file()]
    facts = "refine given", str(VERSION), refiner_digest(), repr(floor), repr(list(found))
    return fingerprint(*facts, capture.folder / "capture.json", *found.values(), *there)
