"""The one interface of every method that makes masks, and the method that needs no weights."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

from cleanplate import __version__
from cleanplate.capture import Capture, View, image_size, read_image
from cleanplate.errors import CleanplateError, ImageError
from cleanplate.types import Mask


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


@runtime_checkable
class Segmenter(Protocol):
    """A method that makes masks.

    Attributes:
        name: as the user gave it.
        fingerprint: changes whenever the masks would.
        doubts: by the ids of shots that `masks` has yielded: the share of the mask, 0 to 1, that the method itself
            expects to be wrong; empty for methods that know no probability.
    """

    name: str
    fingerprint: str
    doubts: dict[str, float]

    def masks(self, shots: Sequence[Shot]) -> Iterator[tuple[Shot, Mask | CleanplateError]]:
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
        if path is not None and (size := image_size(path)) != shot.size:
            raise ImageError(
                f"{path}: {kind} is {size[0]}x{size[1]}, its camera says {shot.size[0]}x{shot.size[1]}; "
                f"export it again at the camera's size"
            )


class ClassicalSegmenter:
    """Background subtraction and morphology; without a plate, a key on the backdrop's colour."""

    name = "classical"
    fingerprint = f"classical {__version__}"
    doubts: ClassVar[dict[str, float]] = {}

    def masks(self, shots: Sequence[Shot]) -> Iterator[tuple[Shot, Mask | CleanplateError]]:
        """See `Segmenter`."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            yield from zip(shots, pool.map(self._mask, shots), strict=True)

    def _mask(self, shot: Shot) -> Mask | CleanplateError:
        from cleanplate.segment.classical import segment_classical
        from cleanplate.segment.colour_key import colour_key

        try:
            check_sizes(shot)
            image = read_image(shot.image)
            if shot.plate is None:
                return colour_key(image)
            return segment_classical(image, read_image(shot.plate))
        except CleanplateError as error:
            return error
        except OSError as error:
            return ImageError(f"{shot.image}: {error}")
