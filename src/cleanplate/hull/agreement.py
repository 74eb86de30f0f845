"""How well the hull seen from a view agrees with the view's mask."""

from collections.abc import Sequence
from dataclasses import dataclass

from cleanplate.geometry import Camera, Mesh, Pose
from cleanplate.geometry.raster import silhouette
from cleanplate.hull.silhouettes import SoftMask, check_mask
from cleanplate.jit import parallel
from cleanplate.types import Mask


@dataclass(frozen=True)
class Agreement:
    """How a view's mask agrees with the hull seen from it.

    Attributes:
        view: index into the views.
        iou: intersection over union, 0 to 1; 1 where both are empty.
        missing: pixels of the hull that the mask denies; the hull should have none.
        extra: pixels of the mask that no hull point covers, so some other view denies them.
    """

    view: int
    iou: float
    missing: int
    extra: int


def _agreement(view: int, mask: SoftMask, seen: Mask) -> Agreement:
    foreground = mask >= 0.5
    both, either = int((foreground & seen).sum()), int((foreground | seen).sum())
    return Agreement(view, both / either if either else 1.0, int(seen.sum()) - both, int(foreground.sum()) - both)


def view_agreement(
    mesh: Mesh,
    masks: Sequence[SoftMask],
    cameras: Sequence[Camera],
    poses: Sequence[Pose],
) -> list[Agreement]:
    """Compare every mask with the mesh seen from its view; worst first.

    Raises:
        ImageError: a mask does not fit its camera.
    """
    for index, (mask, camera) in enumerate(zip(masks, cameras, strict=True)):
        check_mask(mask, camera, index)
    seen = parallel(lambda camera, pose: silhouette(mesh, camera, pose), cameras, poses)
    return sorted(map(_agreement, range(len(masks)), masks, seen), key=lambda agreement: agreement.iou)
