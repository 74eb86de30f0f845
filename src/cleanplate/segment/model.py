"""Methods that make masks, by the names that users give: rules without weights, and networks."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cleanplate.cores import cores
from cleanplate.errors import ImageError, ModelError
from cleanplate.files import sha256_file
from cleanplate.image.alignment import match_plate
from cleanplate.segment.models import DEFAULT, NETWORKS, shipped
from cleanplate.settings import DeviceName
from cleanplate.types import Image, Mask, Probability


@dataclass(frozen=True)
class Model:
    """A method that makes masks.

    Attributes:
        name: as the user gave it.
        fingerprint: changes whenever the probabilities would.
        probabilities: turns photographs of one camera, and its plate or None, into a float32 probability for each.
        matches: plates are brought to each image first; see `image.alignment`.
        batch: photographs that it takes at once: more gain nothing on a CPU, and cost memory.
        threads: photographs or batches that may be worked on side by side.
        longest: the longer side at which it sees a picture, in pixels; None where it sees the picture itself.
        device: where it runs, "cpu" or "cuda".
    """

    name: str
    fingerprint: str
    probabilities: Callable[[Sequence[Image], Image | None], list[Probability]]
    matches: bool = False
    batch: int = 1
    threads: int = 2
    longest: int | None = None
    device: DeviceName = "cpu"

    def matched(self, image: Image, plate: Image | None) -> Image | None:
        """Return the plate that `probabilities` is to be shown with this photograph, or any part of both.

        Raises:
            ImageError: the plate has another size.
        """
        return match_plate(image, plate) if plate is not None and self.matches else plate

    def segment(self, image: Image, plate: Image | None = None) -> Probability:
        """Return the probability of foreground, float32, of one photograph against its plate.

        Args:
            image, plate: RGB, 8 bits, of one size.

        Raises:
            ImageError: the plate is missing and needed, or has another size.
        """
        return self.probabilities([image], self.matched(image, plate))[0]

    def segment_all(self, images: Sequence[Image], plate: Image | None) -> list[Probability]:
        """Return the probabilities of several photographs of one camera against their common plate.

        Raises:
            ImageError: the plate is missing and needed, or has another size.
        """
        if self.matches:
            return [self.segment(image, plate) for image in images]
        return self.probabilities(images, plate)


def _classical(image: Image, plate: Image | None) -> Mask:
    """Background subtraction and morphology; without a plate, a key on the backdrop's colour."""
    from cleanplate.segment.classical import segment_classical
    from cleanplate.segment.colour_key import colour_key

    return colour_key(image) if plate is None else segment_classical(image, plate)


def _difference(image: Image, plate: Image | None) -> Mask:
    from cleanplate.segment.difference import segment_difference

    if plate is None:
        raise ImageError("a view has no plate to be compared with; name one in capture.json, or use --model classical")
    return segment_difference(image, plate)


RULES = {"classical": (_classical, 3), "difference": (_difference, 1)}
"""Each with its version, to be raised whenever its masks change."""

MODELS = (*RULES, "default", *NETWORKS)
"""The names that users give; beside them, any .onnx file."""

SIDE_BY_SIDE = 4
"""Views at most that are worked on at once, each by its share of the cores: an eighth faster than one after another."""

NETWORK_VERSION = 3
"""To be raised whenever the same network gives other probabilities."""


def is_model(name: str) -> bool:
    """Tell whether `load_model` takes it for a model: a name of `MODELS`, or an .onnx file's."""
    return name in MODELS or name.endswith(".onnx")


def load_model(name: str = "default", device: DeviceName = "auto") -> Model:
    """Return the method behind a name of `MODELS` or an .onnx file.

    Args:
        device: where a network runs; "auto" takes a GPU where ONNX Runtime has one that works.

    Raises:
        ModelError: no such model, weights that are not shipped, a file that cannot be used, or no such device here.
    """
    known = DEFAULT if name == "default" else name
    if known in RULES:
        if device == "cuda":
            raise ModelError(f"--device cuda: {name} has no network and runs on the CPU; leave --device out")
        rule, version = RULES[known]
        return Model(known, f"{known} {version}", lambda images, plate: [_hard(rule(each, plate)) for each in images])
    if known in NETWORKS:
        return _load_network(name, shipped(known), device)
    if "." in name or "/" in name:
        return _load_network(name, Path(name), device)
    raise ModelError(f"no model {name!r}; choose {', '.join(MODELS)} or an .onnx file")


def _hard(mask: Mask) -> Probability:
    return mask.astype(np.float32)


def _external(path: Path) -> list[Path]:
    """Return the files of weights beside an ONNX file that it names: entries "location" of its tensors."""
    found = re.finditer(rb"\x0a\x08location\x12([\x80-\xff]?[\x00-\x7f])", data := path.read_bytes())
    ends = ((each.end(), sum((byte & 127) << 7 * n for n, byte in enumerate(each[1]))) for each in found)
    names = {data[end : end + length].decode("utf-8", "replace") for end, length in ends}
    return sorted(file for name in names if "\0" not in name and (file := path.parent / name).is_file())


def _load_network(name: str, path: Path, device: DeviceName) -> Model:
    from cleanplate.segment.network import open_network

    threads = min(SIDE_BY_SIDE, cores())
    network = open_network(path, cores() // threads, device)
    weights = [sha256_file(path), *map(sha256_file, _external(path))]
    key = f"network {NETWORK_VERSION} {' '.join(weights)}"
    if network.match_plate:  # each view has a plate of its own: there is nothing to share
        threads = threads if network.device == "cpu" else 1
        return Model(name, key, network.probabilities, True, 1, threads, network.longest, network.device)
    if threads > 1:
        network = open_network(path, device=device)
    return Model(name, key, network.probabilities, False, 4, 1, network.longest, network.device)
