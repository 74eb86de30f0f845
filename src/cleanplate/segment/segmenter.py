"""The one interface of every method that makes masks, and the methods that need no weights."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from cleanplate import __version__
from cleanplate.capture import Capture, View
from cleanplate.errors import CleanplateError, ImageError
from cleanplate.image import check_size, image_size, read_image
from cleanplate.types import Image, Mask


@dataclass(frozen=True)
class Shot:
    """One photograph to be segmented.

    Attributes:
        id: the view's.
        image, plate: paths; plate is None where the rig has none.
        size: (width, height) that both must have, in pixels.
    """

    id: str
    image: Path
    plate: Path | None
    size: tuple[int, int]


@dataclass(frozen=True)
class Segmentation:
    """What a method makes of one photograph.

    Attributes:
        mask: its best guess.
        possible: all that may well be foreground, for the hull, which forgives what is too much and never what is
            missing; None from methods that know no probability.
        doubt: the share of the mask, 0 to 1, that the method itself expects to be wrong; None as above.
    """

    mask: Mask
    possible: Mask | None = None
    doubt: float | None = None


@runtime_checkable
class Segmenter(Protocol):
    """A method that makes masks.

    Attributes:
        name: as the user gave it.
        fingerprint: changes whenever the masks would.
    """

    name: str
    fingerprint: str

    def segment(self, shots: Sequence[Shot]) -> Iterator[tuple[Shot, Segmentation | CleanplateError]]:
        """Yield every shot with its mask, or with the error that kept it from having one; never raise for one shot."""


def shot(capture: Capture, view: View) -> Shot:
    """Return what a segmenter needs of one view."""
    camera = capture.camera_of(view)
    return Shot(view.id, capture.image_path(view), capture.plate_path(view), (camera.width, camera.height))


def check_sizes(shot: Shot) -> None:
    """Check that image and plate have their camera's size, from their headers.

    Raises:
        ImageError: one has not, or cannot be read.
    """
    for kind, path in (("image", shot.image), ("plate", shot.plate)):
        if path is not None:
            check_size(path, kind, image_size(path), shot.size)


class RuleSegmenter:
    """A method without weights: a function of image and plate, None where there is no plate."""

    def __init__(self, name: str, rule: Callable[[Image, Image | None], Mask]) -> None:
        self.name = name
        self.fingerprint = f"{name} {__version__}"
        self._rule = rule

    def segment(self, shots: Sequence[Shot]) -> Iterator[tuple[Shot, Segmentation | CleanplateError]]:
        """See `Segmenter`."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            yield from zip(shots, pool.map(self._one, shots), strict=True)

    def _one(self, shot: Shot) -> Segmentation | CleanplateError:
        try:
            check_sizes(shot)
            plate = None if shot.plate is None else read_image(shot.plate)
            return Segmentation(self._rule(read_image(shot.image), plate))
        except CleanplateError as error:
            return error
        except OSError as error:
            return ImageError(f"{shot.image}: {error}")


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


RULES: dict[str, Callable[[Image, Image | None], Mask]] = {"classical": _classical, "difference": _difference}
"""By the names that users give."""
