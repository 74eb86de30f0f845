"""Whole captures -> what the refiner learns from: first logits, the other views' channels, pictures, true masks.

Channels take a second or two a capture, so they are kept as files; a variant is one set of first masks of a capture.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int, Int8, UInt8

from cleanplate.capture import Capture
from cleanplate.errors import CaptureError
from cleanplate.files import atomic_path
from cleanplate.geometry import Camera, Pose
from cleanplate.hull.channels import view_channels
from cleanplate.hull.refine import FEWEST_VIEWS
from cleanplate.hull.refiner import SURE
from cleanplate.image import read_image, read_mask
from cleanplate.train.refiner.faults import degraded

VARIANTS = {"first": 2, "soft": 2, "hard": 1, "exact": 1}
"""How many there are of each kind: the first network's masks, these with faults, true masks with faults, true masks."""

LOGIT_UNIT, CHANNEL_UNIT = 1 / 20, 1 / 127
"""What one step of the stored bytes means."""

SCALES = (1.0, 1.25, 1.5, 2.0)
"""Sizes of the pictures, in those of the capture: what a pixel's distance means depends on it."""

KEPT = 10
"""Views of a variant that are kept; all of them have been heard."""

P_SCALED, P_SUBSET, P_MOVED, P_LOOSE = 0.6, 0.5, 0.15, 0.2
"""Chances that a variant has another size than the capture, that one with faults has only some of the views, that one
of its poses is another's, and that all poses are off by a little."""

LOOSE = 1.0
"""Pixels, at most, of the standard deviation of poses that are off."""


@dataclass(frozen=True)
class Pictures:
    """A capture's photographs, plates and true masks, in the order of its views."""

    image: UInt8[np.ndarray, "v h w 3"]
    plate: UInt8[np.ndarray, "v h w 3"]
    truth: Bool[np.ndarray, "v h w"]


@dataclass(frozen=True)
class Variant:
    """One set of first masks of a capture, as bytes.

    Attributes:
        kind: of `VARIANTS`.
        pictures: of the capture.
        views: which views it has.
        logit, others: in `LOGIT_UNIT`, `CHANNEL_UNIT`; of another size than the pictures where the variant was scaled.
    """

    kind: str
    pictures: Pictures
    views: Int[np.ndarray, " n"]
    logit: Int8[np.ndarray, "n h w"]
    others: Int8[np.ndarray, "n i j c"]

    def image(self, n: int) -> UInt8[np.ndarray, "h w 3"]:
        """Return the photograph of its n-th view at the variant's size."""
        return _fitted(self.pictures.image[self.views[n]], self.logit[n].shape)

    def plate(self, n: int) -> UInt8[np.ndarray, "h w 3"]:
        """Return the plate of its n-th view at the variant's size."""
        return _fitted(self.pictures.plate[self.views[n]], self.logit[n].shape)

    def truth(self, n: int) -> Bool[np.ndarray, "h w"]:
        """Return the true mask of its n-th view at the variant's size."""
        return resized_mask(self.pictures.truth[self.views[n]], self.logit[n].shape)

    def wrong(self, n: int) -> Bool[np.ndarray, "h w"]:
        """Return where the first mask of its n-th view errs."""
        return (self.logit[n] > 0) != self.truth(n)


def _fitted(picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    import cv2

    same = picture.shape[:2] == shape
    return picture if same else cv2.resize(picture, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)


def resized_mask(mask: Bool[np.ndarray, "h w"], shape: tuple[int, ...]) -> Bool[np.ndarray, "i j"]:
    """Return a mask at another size."""
    import cv2

    if mask.shape == shape:
        return mask
    return cv2.resize(mask.astype(np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR) >= 0.5


def true_masks(capture: Capture) -> Bool[np.ndarray, "v h w"]:
    """Return the true masks of all views.

    Raises:
        CaptureError: a view has none.
    """
    paths = [capture.mask_path(view) for view in capture.views]
    if not all(paths):
        raise CaptureError(f"{capture.folder}: views without true mask; the refiner learns from whole captures")
    return np.stack([read_mask(path) for path in paths if path])


def read_pictures(capture: Capture) -> Pictures:
    """Read a capture with plates, true masks and pictures of one size."""
    image = np.stack([read_image(capture.image_path(view)) for view in capture.views])
    plates = {path: read_image(path) for path in {capture.plate_path(view) for view in capture.views} if path}
    plate = np.stack([plates[path] for view in capture.views if (path := capture.plate_path(view))])
    return Pictures(image, plate, true_masks(capture))


def others_of(
    logits: Float[np.ndarray, "v h w"], cameras: Sequence[Camera], poses: Sequence[Pose]
) -> Float[np.ndarray, "v i j c"] | None:
    """Return all views' channels, or None of too few; views whose mask is empty or full only listen."""
    masks = logits > 0
    sound = [n for n, mask in enumerate(masks) if mask.any() and not mask.all()]
    if len(sound) < FEWEST_VIEWS:
        return None
    order = sound + [n for n in range(len(masks)) if n not in sound]
    soft = [1 / (1 + np.exp(-logits[n])) for n in sound]
    channels = view_channels(soft, [cameras[n] for n in order], [poses[n] for n in order])
    return None if channels is None else np.stack(channels)[np.argsort(order)].astype(np.float32)


def make_variant(capture: Capture, first: Float[np.ndarray, "v h w"], kind: str, target: Path) -> None:
    """Write one variant of a capture; its faults follow from the file's name."""
    rng = np.random.default_rng(zlib.crc32(target.name.encode()))
    cameras, poses = [capture.camera_of(view) for view in capture.views], list(capture.poses())
    truth = true_masks(capture)
    logits = np.where(truth, SURE, -SURE).astype(np.float32) if kind in ("hard", "exact") else first
    if rng.random() < P_SCALED:
        cameras, logits, truth = _scaled(cameras, logits, truth, rng.choice(SCALES))
    views = np.arange(len(logits))
    if kind in ("soft", "hard"):
        logits = degraded(logits, truth, cameras, poses, rng)
        if rng.random() < P_SUBSET:
            views = _subset(poses, rng)
        if rng.random() < P_MOVED:
            n = int(rng.choice(views))
            poses[n] = poses[(n + 5) % len(poses)]
        if rng.random() < P_LOOSE:
            poses = [_loosened(pose, camera, rng) for pose, camera in zip(poses, cameras, strict=True)]
    logits = np.clip(logits, -SURE, SURE)[views]
    others = others_of(logits, [cameras[n] for n in views], [poses[n] for n in views])
    kept = np.sort(rng.permutation(len(views))[:KEPT])
    if others is None:
        kept, others = kept[:0], np.zeros((len(views), 1, 1, 1), np.float32)
    with atomic_path(target) as temporary, temporary.open("wb") as stream:
        np.savez(
            stream,
            views=views[kept],
            logit=np.rint(logits[kept] / LOGIT_UNIT).astype(np.int8),
            others=np.rint(np.clip(others[kept], -1, 1) / CHANNEL_UNIT).astype(np.int8),
        )


def _scaled(
    cameras: list[Camera], logits: Float[np.ndarray, "v h w"], truth: Bool[np.ndarray, "v h w"], scale: float
) -> tuple[list[Camera], Float[np.ndarray, "v i j"], Bool[np.ndarray, "v i j"]]:
    """Return cameras, logits and true masks of larger pictures."""
    import cv2

    shape = round(logits.shape[1] * scale), round(logits.shape[2] * scale)
    larger = [cv2.resize(each, shape[::-1], interpolation=cv2.INTER_LINEAR) for each in logits.astype(np.float32)]
    masks = [resized_mask(each, shape) for each in truth]
    return [camera.scaled(shape[1], shape[0]) for camera in cameras], np.stack(larger), np.stack(masks)


def _subset(poses: Sequence[Pose], rng: np.random.Generator) -> Int[np.ndarray, " n"]:
    """Return some of the views: any, or those nearest to one, as an arc that does not go around."""
    count = int(rng.integers(min(10, len(poses)), len(poses) + 1))
    if rng.random() < 0.5:
        return np.sort(rng.permutation(len(poses))[:count])
    centres = np.stack([pose.centre for pose in poses])
    return np.sort(np.argsort(np.linalg.norm(centres - centres[rng.integers(len(poses))], axis=1))[:count])


def _loosened(pose: Pose, camera: Camera, rng: np.random.Generator) -> Pose:
    """Return a pose that is off by some part of a pixel, or a little more."""
    shift = rng.normal(0, rng.uniform(0, LOOSE), 2) / camera.K[[0, 1], [0, 1]] * np.linalg.norm(pose.centre)
    return Pose(pose.R, pose.t + np.append(shift, 0.0))


def read_variant(path: Path, kind: str, pictures: Pictures) -> Variant:
    """Read what `make_variant` wrote."""
    with np.load(path) as stored:
        return Variant(kind, pictures, stored["views"], stored["logit"], stored["others"])
