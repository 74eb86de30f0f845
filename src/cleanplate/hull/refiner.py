"""The refiner's file and its run by ONNX Runtime: logits, pictures and the other views' word -> new logits."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from cleanplate.cards import REFINER, open_network
from cleanplate.errors import ModelError
from cleanplate.types import Image

if TYPE_CHECKING:
    import onnxruntime

GREY = 128
"""What stands in for a picture that is not there."""

SURE = 6.0
"""Logits beyond it count as it: a mask of another tool has no other."""


def logit_of(probability: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Return log odds, -`SURE` to `SURE`, as float32."""
    edge = 1 / (1 + np.exp(SURE))
    kept = np.clip(np.asarray(probability, np.float32), edge, 1 - edge)
    return np.log(kept / (1 - kept))


@dataclass(frozen=True)
class Refiner:
    """A refiner ready to run.

    Attributes:
        multiple: height and width of what it sees are multiples of it.
        longest: the longer side that pictures are scaled down to, in pixels.
    """

    session: "onnxruntime.InferenceSession"
    multiple: int
    longest: int

    def logit(
        self,
        logit: Float[np.ndarray, "h w"],
        image: Image | None,
        plate: Image | None,
        others: Float[np.ndarray, "i j c"],
    ) -> Float[np.ndarray, "h w"]:
        """Return a view's new logits.

        Args:
            logit: of its first probability.
            image, plate: at the logit's size, or None.
            others: `view_channels` of the view, at every second pixel.
        """
        height, width = logit.shape
        image = np.full((height, width, 3), GREY, np.uint8) if image is None else image
        plate = image if plate is None else plate
        size = height + -height % self.multiple, width + -width % self.multiple
        feed = {
            "logit": _padded(logit.astype(np.float32), size),
            "image": _padded(image, size),
            "plate": _padded(plate, size),
            "others": _padded(others.astype(np.float32), (size[0] // 2, size[1] // 2)),
        }
        return self.session.run(["refined"], feed)[0][0, :height, :width]


def _padded(array: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a batch of one, its border repeated up to a size."""
    more = [(0, wanted - got) for wanted, got in zip(size, array.shape, strict=False)]
    return np.pad(array, more + [(0, 0)] * (array.ndim - 2), "edge")[None]


@cache
def open_refiner(path: Path = REFINER.with_suffix(".onnx")) -> Refiner:
    """Load the shipped refiner, or another one that `python -m cleanplate.train.refiner` wrote.

    Raises:
        ModelError: it is not there, has changed since it was shipped, or is no such file.
    """
    session = open_network(path, REFINER)
    facts = session.get_modelmeta().custom_metadata_map
    if not {"multiple", "longest"} <= facts.keys():
        raise ModelError(f"{path}: is no refiner: it does not say what sizes it takes; install cleanplate again")
    return Refiner(session, int(facts["multiple"]), int(facts["longest"]))
