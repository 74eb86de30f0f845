"""An ONNX file -> a network that turns bytes into probabilities; everything that can be wrong with the file is said."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, UInt8

from cleanplate.cores import limit
from cleanplate.errors import ImageError, ModelError
from cleanplate.image.alignment import AnyImage, check_plate
from cleanplate.segment import closer
from cleanplate.segment.device import open_session
from cleanplate.segment.edges import native
from cleanplate.settings import DeviceName
from cleanplate.types import Image, Probability

if TYPE_CHECKING:
    import onnxruntime

LONGEST = 8192
"""Pixels of the longer side that a network may ask for."""
INPUTS = {"image": "tensor(uint8)", "plate": "tensor(uint8)"}


@dataclass(frozen=True)
class Network:
    """A network ready to run.

    Attributes:
        path: its file.
        threshold: probability above which a pixel is foreground, chosen on validation products.
        multiple: height and width of what the network sees are multiples of it.
        longest: the longer side that pictures are scaled to, in pixels.
        match_plate: it was trained on plates that are brought to their images first, and is to be shown such.
        second_look: it was trained to see the product alone, too, and is to see it so; see `closer`.
        device: where it runs, "cpu" or "cuda".
    """

    path: Path
    session: "onnxruntime.InferenceSession"
    threshold: float
    multiple: int
    longest: int
    match_plate: bool = False
    second_look: bool = False
    device: DeviceName = "cpu"

    def probability(
        self, images: UInt8[np.ndarray, "b h w 3"], plate: UInt8[np.ndarray, "h w 3"]
    ) -> Float[np.ndarray, "b h w"]:
        """Return the probability of foreground; h and w are multiples of `multiple`.

        Raises:
            ModelError: the network fails, or returns something else.
        """
        try:
            (found,) = self.session.run(["probability"], {"image": images, "plate": plate[None]})
        except Exception as error:  # ONNX Runtime raises a different kind for each way a graph can fail
            raise ModelError(f"{self.path}: fails as it runs ({str(error)[:200]}); export it again") from error
        if not isinstance(found, np.ndarray) or found.shape != images.shape[:3] or found.dtype.kind != "f":
            got = getattr(found, "shape", type(found).__name__)
            raise ModelError(f"{self.path}: returns {got} for {images.shape[:3]} probabilities; export it again")
        return found

    def probabilities(self, images: Sequence[AnyImage], plate: Image | None) -> list[Probability]:
        """Segment photographs of one camera against their common plate.

        Returns:
            float32 at the pictures' own size. Odds are scaled such that the threshold becomes 0.5.

        Raises:
            ImageError: no plate, or a picture differs from it in size.
        """
        if plate is None:
            raise ImageError("a network needs a plate; name one in capture.json, or use --model classical")
        for image in images:
            check_plate(image, plate)
        if not self.second_look:
            return self._look(images, plate)
        first = closer.first_look(max(plate.shape[:2]), self.longest)
        found = self._look(images, plate, first)
        for image, seen in zip(images, found, strict=True):
            self._look_closer(image, plate, seen, first)
        return found

    def _look_closer(self, image: AnyImage, plate: Image, seen: Probability, first: closer.Look) -> None:
        """Put into `seen`, which is what a first look found, what closer looks find."""
        area = closer.window(seen)
        if area is None and first is not closer.WHOLE:
            first = closer.WHOLE
            (seen[:],) = self._look([image], plate, first)
            area = closer.window(seen)
        if area is None:
            return
        part, its_plate = image[area], plate[area]
        looks = closer.closer_looks(first, max(seen.shape), max(part.shape[:2]), self.longest)
        again = [self._look([part], its_plate, look)[0] for look in looks]
        seen[area] = closer.mean([seen[area], *again], [first, *looks])

    def _look(self, images: Sequence[AnyImage], plate: Image, look: closer.Look = closer.WHOLE) -> list[Probability]:
        """Return what the network says of pictures, at their own size, with the threshold at 0.5."""
        turn = slice(None, None, -1 if look.mirrored else 1)
        longer = max(plate.shape[:2])
        scale = look.longest(longer, self.longest) / longer
        height, width = (max(1, round(side * scale)) for side in plate.shape[:2])
        fit = partial(_fitted, size=(width, height), multiple=self.multiple, turn=turn)
        maps = self.probability(np.stack([fit(image) for image in images]), fit(plate))[:, :height, :width][..., turn]
        odds = np.float32((1 - self.threshold) / self.threshold)
        found = [native(each, image) for image, each in zip(images, maps, strict=True)]
        return [odds * each / (odds * each + (1 - each)) for each in found]


def _fitted(picture: Image, size: tuple[int, int], multiple: int, turn: slice) -> UInt8[np.ndarray, "y x 3"]:
    """Return a picture scaled to `size` (width, height), columns by `turn`, its border repeated up to a multiple."""
    import cv2

    shrinks = size[0] < picture.shape[1]
    if size != picture.shape[1::-1]:
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    picture = np.ascontiguousarray(picture[:, turn])
    bottom, right = -size[1] % multiple, -size[0] % multiple
    return cv2.copyMakeBorder(picture, 0, bottom, 0, right, cv2.BORDER_REPLICATE) if bottom or right else picture


def open_network(path: Path, threads: int = 0, device: DeviceName = "auto") -> Network:
    """Load an ONNX file that `cleanplate export` wrote.

    Args:
        threads: of ONNX Runtime; 0 takes all cores that a batch leaves it.
        device: see `open_session`.

    Raises:
        ModelError: not such a file, truncated, or with other inputs; or the device is not there.
    """
    import onnxruntime

    if path.suffix != ".onnx":
        raise ModelError(
            f"{path}: models are .onnx files, not {path.suffix or 'files without suffix'}; make one from a checkpoint "
            f"with 'cleanplate export'"
        )
    if not path.is_file():
        raise ModelError(f"{path}: not found; check the path")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads or limit()
    try:
        session, runs = open_session(path, options, device)
    except ModelError:
        raise
    except Exception as error:  # ONNX Runtime raises a different kind for each way a file can be damaged
        raise ModelError(f"{path}: ONNX Runtime cannot load it ({str(error)[:200]}); export it again") from error
    try:
        found = {each.name: each.type for each in session.get_inputs()}
        outputs = [each.name for each in session.get_outputs()]
        facts = session.get_modelmeta().custom_metadata_map
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: damaged, its names are no text ({error}); export it again") from error
    if found != INPUTS or "probability" not in outputs:
        raise ModelError(
            f"{path}: inputs are {found} and outputs {outputs}; cleanplate needs {INPUTS} and 'probability': "
            f"export the checkpoint with 'cleanplate export'"
        )
    try:
        threshold, multiple, longest = float(facts["threshold"]), int(facts["multiple"]), int(facts["longest"])
        match, second = (bool(int(facts.get(each, "0"))) for each in ("match_plate", "second_look"))
    except (KeyError, ValueError) as error:
        raise ModelError(f"{path}: its metadata lack or garble {error!s:.100}; export it again") from error
    if not (0 < threshold < 1 and 1 <= multiple <= 1024 and multiple <= longest <= LONGEST):
        raise ModelError(
            f"{path}: its metadata say threshold {threshold:g}, multiple {multiple}, longest {longest}; export it "
            f"again (0 to 1, 1 to 1024, up to {LONGEST})"
        )
    return Network(path, session, threshold, multiple, longest, match, second, runs)
