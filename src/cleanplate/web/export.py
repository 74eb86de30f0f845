"""Accepted masks -> a data set of hand-made truth."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from cleanplate.capture import Capture, View, write_capture
from cleanplate.dataset import write_manifest
from cleanplate.errors import CaptureError
from cleanplate.files import write_bytes, write_json
from cleanplate.report.products import Product, find_products
from cleanplate.web.store import MaskStore

RECORD = "review.json"


def export_accepted(paths: Sequence[Path], out: Path) -> list[Path]:
    """Copy every view with an accepted mask into `out`/<asin>/, as captures whose masks are the truth.

    `out`/manifest.jsonl makes them a data set, all of it for training until 'cleanplate dataset manifest' holds
    products back. `out`/review.json tells for each mask who accepted it, when, its digest, and the active seconds
    spent on it.

    Args:
        paths: as for the review page.
        out: outside of the captures; what it holds of the same products is overwritten.

    Returns:
        The captures written.

    Raises:
        CaptureError: nothing is accepted, two products share an ASIN, or `out` is one of the captures' own folder.
    """
    record: dict[str, dict[str, Any]] = {}
    written = []
    for product in find_products(paths):
        capture, target = product.capture, out / product.capture.asin
        store = MaskStore(product)
        states = {id: state for id, state in store.states().items() if state.accepted}
        views = [view for view in capture.views if view.id in states]
        if not views:
            continue
        if capture.asin in record:
            raise CaptureError(f"{capture.folder}: a second product {capture.asin}; export them one by one")
        if target.resolve() == capture.folder.resolve():
            raise CaptureError(f"{out}: the export would overwrite the capture {capture.folder}; choose another folder")
        copied = [_copy(product, view, target) for view in views]
        write_capture(
            Capture(target, capture.asin, _cameras(capture, views), tuple(copied), capture.tags, capture.title)
        )
        record[capture.asin] = {
            id: asdict(state.accepted) | {"seconds": round(state.seconds, 1)}
            for id, state in states.items()
            if state.accepted
        }
        written.append(target)
    if not written:
        raise CaptureError("no mask is accepted yet; accept some with 'cleanplate review' (key A)")
    write_manifest(out, validation=0.0)
    write_json(out / RECORD, {"format": "cleanplate-review/1", "masks": record})
    return written


def _copy(product: Product, view: View, target: Path) -> View:
    capture, mask = product.capture, f"masks/{view.id}.png"
    for name in (view.image, view.plate):
        if name is not None:
            write_bytes(target / name, (capture.folder / name).read_bytes())
    write_bytes(target / mask, product.mask_path(view).read_bytes())
    return replace(view, mask=mask)


def _cameras(capture: Capture, views: Sequence[View]) -> dict[str, Any]:
    used = {view.camera for view in views}
    return {name: camera for name, camera in capture.cameras.items() if name in used}
