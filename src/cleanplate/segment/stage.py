"""The stage: a capture's photographs and plates in, a probability for each view out."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby

from cleanplate.capture import Capture, View
from cleanplate.errors import CleanplateError, ImageError
from cleanplate.image import check_size, image_size, read_image
from cleanplate.segment.model import Model
from cleanplate.types import Image, ViewProbability

AHEAD = 2
"""Batches more than are worked on at once that may wait, decoded or inferred, for the next step."""

Pictures = tuple[Image, Image | None]
Outcome = ViewProbability | CleanplateError


def segment_views(capture: Capture, views: Sequence[View], model: Model) -> Iterator[tuple[View, Outcome]]:
    """Yield every view with its probability, or with the error that kept it from having one; never raise for one view.

    Views of one camera share one plate and so its features. Two threads decode what comes next while others infer and
    the caller writes; memory does not grow with the number of views.
    """
    with ThreadPoolExecutor(2) as readers, ThreadPoolExecutor(model.threads) as workers:
        waiting: list[Future[list[tuple[View, Outcome]]]] = []
        for batch in _batches(views, model.batch):
            decoded = [(view, readers.submit(_read, capture, view)) for view in batch]
            waiting.append(workers.submit(_segment, model, decoded))
            if len(waiting) > AHEAD + model.threads - 1:
                yield from waiting.pop(0).result()
        for each in waiting:
            yield from each.result()


def _batches(views: Iterable[View], size: int) -> Iterator[list[View]]:
    """Yield the views in batches of one camera and plate each."""
    in_order = sorted(views, key=lambda view: (view.camera, str(view.plate), view.id))
    for _, group in groupby(in_order, key=lambda view: (view.camera, view.plate)):
        same = list(group)
        yield from (same[i : i + size] for i in range(0, len(same), size))


def _segment(
    model: Model, decoded: list[tuple[View, Future[Pictures | CleanplateError]]]
) -> list[tuple[View, Outcome]]:
    read = [(view, future.result()) for view, future in decoded]
    good = {view.id: pictures for view, pictures in read if not isinstance(pictures, CleanplateError)}
    found: dict[str, Outcome] = {view.id: each for view, each in read if isinstance(each, CleanplateError)}
    if good:
        images = [image for image, _ in good.values()]
        plate = next(iter(good.values()))[1]
        try:
            found |= dict(zip(good, model.segment_all(images, plate), strict=True))
        except CleanplateError as error:
            found |= dict.fromkeys(good, error)
    return [(view, found[view.id]) for view, _ in decoded]


def _read(capture: Capture, view: View) -> Pictures | CleanplateError:
    camera, image, plate = capture.camera_of(view), capture.image_path(view), capture.plate_path(view)
    try:
        for kind, path in (("image", image), ("plate", plate)):
            if path is not None:
                check_size(path, kind, image_size(path), (camera.width, camera.height))
        return read_image(image), None if plate is None else read_image(plate)
    except CleanplateError as error:
        return error
    except OSError as error:
        return ImageError(f"{image}: {error}")
