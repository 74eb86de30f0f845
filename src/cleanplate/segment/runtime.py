"""Photographs -> masks by ONNX Runtime: decoding, inference and what the caller does with a mask overlap."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from cleanplate.errors import CleanplateError, ImageError, ModelError
from cleanplate.files import sha256_file
from cleanplate.image import read_image
from cleanplate.segment.edges import native
from cleanplate.segment.models import DEFAULT, NETWORKS, shipped
from cleanplate.segment.network import Network, open_network
from cleanplate.segment.segmenter import RULES, RuleSegmenter, Segmentation, Segmenter, Shot, check_sizes
from cleanplate.types import Image, Mask

BATCH = 4
"""Views of one camera in a batch: more gain nothing on a CPU, and cost memory."""
AHEAD = 2
"""Batches that may wait, decoded or inferred, for the next step."""

POSSIBLE = 0.25
"""Share of the threshold from which a pixel may well be foreground; by the hulls of the shared and sample captures."""


@dataclass(frozen=True)
class Prediction:
    """One view's result at the image's own size.

    Attributes:
        probability: of foreground, 0..1.
        mask: where it exceeds the model's threshold.
    """

    probability: Float[np.ndarray, "h w"]
    mask: Mask

    @property
    def uncertainty(self) -> Float[np.ndarray, "h w"]:
        """Return 0 where the network is sure, 1 where both classes are as likely."""
        return 1 - np.abs(2 * self.probability - 1)

    @property
    def doubt(self) -> float:
        """Return 0..1: the mask's expected error over its expected union with the truth, as the network sees it.

        A pixel of the mask is wrong with probability 1 - p, one outside with p: if the probabilities hold, this is
        close to the expected 1 - IoU. A mask without a pixel is all doubt: every photograph shows a product.
        """
        if not self.mask.any():
            return 1.0
        inside = float(self.probability[self.mask].sum())
        outside = float(self.probability.sum()) - inside
        area = int(self.mask.sum())
        return (area - inside + outside) / (area + outside)


class NetworkSegmenter:
    """A network as a `Segmenter`; the views of one camera share one plate and so its features."""

    def __init__(self, name: str, model: Network) -> None:
        self.name = name
        self.model = model
        self.fingerprint = f"network {POSSIBLE} {sha256_file(model.path)}"

    def segment(self, shots: Sequence[Shot]) -> Iterator[tuple[Shot, Segmentation | CleanplateError]]:
        """See `Segmenter`."""
        for item, result in self.predictions(shots):
            if isinstance(result, Prediction):
                possible = result.probability > POSSIBLE * self.model.threshold
                yield item, Segmentation(result.mask, possible, result.doubt)
            else:
                yield item, result

    def predictions(self, shots: Sequence[Shot]) -> Iterator[tuple[Shot, Prediction | CleanplateError]]:
        """Yield every shot with its prediction or with what kept it from having one, in batches of one camera.

        One thread infers and two decode what comes next, while the caller encodes; memory does not grow with `shots`.
        """
        with ThreadPoolExecutor(2) as readers, ThreadPoolExecutor(1) as worker:
            waiting: list[Future] = []
            for batch in _batches(shots):
                decoded = [(each, readers.submit(_read, each)) for each in batch]
                waiting.append(worker.submit(self._infer, decoded))
                if len(waiting) > AHEAD:
                    yield from waiting.pop(0).result()
            for each in waiting:
                yield from each.result()

    def _infer(self, decoded: list[tuple[Shot, Future]]) -> list[tuple[Shot, Prediction | CleanplateError]]:
        read = [(item, future.result()) for item, future in decoded]
        good = [(item, pair) for item, pair in read if not isinstance(pair, CleanplateError)]
        found: dict[str, Prediction | CleanplateError] = {
            item.id: pair for item, pair in read if isinstance(pair, CleanplateError)
        }
        if good:
            plate = good[0][1][1]
            predictions = predict(self.model, [image for _, (image, _) in good], plate)
            found |= {item.id: each for (item, _), each in zip(good, predictions, strict=True)}
        return [(item, found[item.id]) for item, _ in decoded]


def predict(model: Network, images: Sequence[UInt8[np.ndarray, "_ _ 3"]], plate: Image) -> list[Prediction]:
    """Segment photographs of one camera and size against their common plate.

    Raises:
        ImageError: a picture differs from the plate in size.
    """
    for image in images:
        if image.shape != plate.shape:
            raise ImageError(
                f"an image is {image.shape[1]}x{image.shape[0]}, its plate {plate.shape[1]}x{plate.shape[0]}; "
                f"export both at one size"
            )
    height, width = plate.shape[:2]
    inner = model.working_size(width, height)
    maps = model.probability(np.stack([model.fitted(image) for image in images]), model.fitted(plate))
    results = []
    for image, seen in zip(images, maps, strict=True):
        probability = native(seen[: inner[1], : inner[0]], image)
        results.append(Prediction(probability, probability > model.threshold))
    return results


MODELS = (*RULES, "default", *NETWORKS)
"""The names that users give; beside them, any .onnx file."""


def is_model(name: str) -> bool:
    """Tell whether `load_model` takes it for a model: a name of `MODELS`, or an .onnx file's."""
    return name in MODELS or name.endswith(".onnx")


def load_model(name: str) -> Segmenter:
    """Return the method behind a name of `MODELS` or an .onnx file.

    Raises:
        ModelError: no such model, weights that are not shipped, or a file that cannot be used.
    """
    known = DEFAULT if name == "default" else name
    if known in RULES:
        return RuleSegmenter(known, RULES[known])
    if known in NETWORKS:
        return NetworkSegmenter(name, open_network(shipped(known)))
    if "." in name or "/" in name:
        return NetworkSegmenter(name, open_network(Path(name)))
    raise ModelError(f"no model {name!r}; choose {', '.join(MODELS)} or an .onnx file")


def _batches(shots: Iterable[Shot]) -> Iterator[list[Shot]]:
    """Yield the shots in batches of one plate each."""
    in_order = sorted(shots, key=lambda each: (str(each.plate), each.id))
    for _, group in groupby(in_order, key=lambda each: (each.plate, each.size)):
        views = list(group)
        yield from (views[i : i + BATCH] for i in range(0, len(views), BATCH))


def _read(item: Shot) -> tuple[Image, Image] | CleanplateError:
    try:
        if item.plate is None:
            raise ImageError(
                f"{item.image}: has no plate, which a network needs; name one in capture.json, or use --model classical"
            )
        check_sizes(item)
        return read_image(item.image), read_image(item.plate)
    except CleanplateError as error:
        return error
    except OSError as error:
        return ImageError(f"{item.image}: {error}")
