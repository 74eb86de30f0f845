"""Masks from all views together: what one view cannot tell, the others may.

Each view comes with the probability that its photograph alone gives. What the other views say of its pixels
(`channels`) goes into a small network (`refiner`) beside that probability, the photograph and its plate; it has learned
which of them to believe. Views whose mask is of something else are neither heard nor changed; empty, full and swollen
ones are not heard.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float

from cleanplate.geometry import Camera, Pose
from cleanplate.hull.carve import displaced
from cleanplate.hull.channels import AGREED, COVERED, NEEDED, SHOWN, view_channels
from cleanplate.hull.pieces import joints
from cleanplate.hull.ranks import CLIP
from cleanplate.hull.refiner import SURE, Refiner, logit_of, open_refiner
from cleanplate.hull.silhouettes import SoftMask
from cleanplate.types import Image, Mask, Probability, ViewProbability

FEWEST_VIEWS = 8
"""With fewer views each one's word weighs too much."""

POSSIBLE = 0.16
"""Probability above which a pixel may well be foreground, as its own photograph tells; by hulls of captures."""

SETTLED = 0.27
"""The same after all views were heard: what they left open is little then. By hulls of captures held out, with
`default`'s threshold at 0.5, which it moves with: higher, more of them lack thin parts; lower, more are swollen."""

STEEP = 6.0
"""Of the edge at either: a softer one would thicken wires and rims by what is unsure around them. By the same hulls."""

OVERRULED = np.float32(np.log(2))
"""Log odds below which a view keeps its own word: to overrule it the others must be right in two of three cases."""

FEW, DEEP = 0.1, 0.4
"""A view is filled in only where all the others but a few show a place `FEW` deep, in `CLIP` pixels: what lies between
wires, which most masks thicken a little, is no one's foreground. And only where all of them show one `DEEP`, or:"""

WANTED, REACH = 0.1, 5
"""Where their foreground needs it so strongly, in a square of so many samples."""

MISS = 0.5
"""Pixels outside of the hull from which a view's foreground may be taken away; less far in part. Of many masks' small
errors the hull keeps the inmost, so that it is a little thin."""

CLEAR = 0.25
"""Of a swollen mask that is taken away which lies so far, in `CLIP` pixels, from what all others but a few show."""

HARDLY = np.float32(0.02)
"""Log odds of a word that is kept so: as unsure as can be written in 8 bits."""

ELSEWHERE = (
    "its mask hardly overlaps what the other views show: look for another view's mask, a wrong pose or a moved camera"
)

SWOLLEN = (
    "its mask shows much more than the other views do: look for a reflection, filled gaps or another product's mask"
)

Pictures = Callable[[int], tuple[Image | None, Image | None]]
"""Returns the photograph and the plate of a view by its number, or None where there is none."""


@dataclass(frozen=True)
class Refined:
    """What the views make of each other.

    Attributes:
        probabilities: one per view; the very same object as before where nothing was changed.
        unheard: views whose mask is of something else, or shows much more, with the reason.
        alone: why no view was heard; empty if they were.
    """

    probabilities: list[ViewProbability]
    unheard: dict[int, str] = field(default_factory=dict)
    alone: str = ""


def refine(
    probabilities: Sequence[ViewProbability],
    cameras: Sequence[Camera],
    poses: Sequence[Pose],
    pictures: Pictures | None = None,
    floor: float | None = 0.0,
) -> list[ViewProbability]:
    """Return each view's probability of foreground after the other views were heard.

    Args:
        probabilities: one per view, 0 to 1, foreground from 0.5 on; one of 0 and 1 alone counts as any other.
        cameras, poses: of each view.
        pictures: gives the photograph and the plate of a view by its number, each or both None where there is none;
            without them less is dared.
        floor: z of the platen, in world units, below which nothing is; None where there is none.

    Returns:
        The very same object where no pixel changes sides. With fewer than `FEWEST_VIEWS` views that have something to
        say nothing changes.

    Raises:
        ModelError: the refiner's file is damaged.
        ImageError: a picture cannot be read.
    """
    return refine_views(probabilities, cameras, poses, pictures, floor).probabilities


def refine_views(
    probabilities: Sequence[ViewProbability],
    cameras: Sequence[Camera],
    poses: Sequence[Pose],
    pictures: Pictures | None = None,
    floor: float | None = 0.0,
    fixed: Collection[int] = (),
    model: Path | None = None,
) -> Refined:
    """Let each view hear the others, and tell who was not heard; see `refine`.

    Args:
        fixed: views that speak, and are not changed.
        model: another refiner than the shipped one.
    """
    refined, few = list(probabilities), f"a mask is refined by {FEWEST_VIEWS} views or more"
    if len(refined) < FEWEST_VIEWS:
        return Refined(refined, alone=f"{len(refined)} views have a pose; {few}")
    refiner = open_refiner(model) if model else open_refiner()
    small, smaller = zip(
        *(_shrunk(*view, refiner.longest) for view in zip(probabilities, cameras, strict=True)), strict=True
    )
    sound = [n for n, each in enumerate(small) if (each >= 0.5).any() and not (each >= 0.5).all()]
    if len(sound) < FEWEST_VIEWS:
        return Refined(refined, alone=f"the masks of {len(sound)} views are neither empty nor full; {few}")
    heard = [small[n] for n in sound], [smaller[n] for n in sound], [poses[n] for n in sound]
    wrong, swollen = ({sound[k] for k in found} for found in displaced(*heard, floor))
    swollen -= set(fixed)
    unheard = {n: ELSEWHERE if n in wrong else SWOLLEN for n in sorted(wrong | swollen)}
    # A mask that is empty, full or much too large would mislead others, and may be told what they see.
    speak = [n for n in sound if n not in unheard]
    order = speak + [n for n in range(len(refined)) if n not in speak and n not in wrong]
    channels = None
    if len(speak) >= FEWEST_VIEWS:
        channels = view_channels(
            [small[n] for n in speak], [smaller[n] for n in order], [poses[n] for n in order], floor
        )
    if channels is None:
        return Refined(refined, unheard, "the masks share no space: look for wrong poses, or masks of other products")
    for n, others in zip(order, channels, strict=True):
        if n in fixed:
            continue
        image, plate = pictures(n) if pictures else (None, None)
        refined[n] = _heard(refiner, probabilities[n], small[n], image, plate, others, n in swollen)
    return Refined(refined, unheard)


def _shrunk(probability: ViewProbability, camera: Camera, longest: int) -> tuple[ViewProbability, Camera]:
    """Return a view at the refiner's size; never larger than it is."""
    import cv2

    scale = longest / max(camera.width, camera.height)
    if scale >= 1:
        return np.asarray(probability, np.float32), camera
    size = max(1, round(camera.width * scale)), max(1, round(camera.height * scale))
    return cv2.resize(np.asarray(probability, np.float32), size, interpolation=cv2.INTER_AREA), camera.scaled(*size)


def _heard(
    refiner: Refiner,
    probability: ViewProbability,
    small: ViewProbability,
    image: Image | None,
    plate: Image | None,
    others: Float[np.ndarray, "i j c"],
    swollen: bool,
) -> ViewProbability:
    """Return a view's probability with the refiner's change of its logit, or the same object if no pixel turns."""
    import cv2

    size = small.shape[1], small.shape[0]
    shown, empty = (None if each is None else _fitted(each, size) for each in (image, plate))
    first = logit_of(small)
    change = _warranted(refiner.logit(first, shown, empty, others) - first, others, swollen)
    if probability.shape != small.shape:
        change = cv2.resize(change, probability.shape[::-1], interpolation=cv2.INTER_LINEAR)
    own = logit_of(probability)
    said = own + change
    kept = (np.abs(said) < OVERRULED) & ((said >= 0) != (own >= 0))
    kept |= joints(own >= 0, np.where(kept, own, said) >= 0)
    refined = 1 / (1 + np.exp(-np.where(kept, np.copysign(HARDLY, own), said))).astype(np.float32)
    return refined if ((refined >= 0.5) != (probability >= 0.5)).any() else probability


def _warranted(
    change: Float[np.ndarray, "h w"], others: Float[np.ndarray, "i j c"], swollen: bool
) -> Float[np.ndarray, "h w"]:
    """Return as much of a change of logits as the other views give reason for.

    Narrower than the bounds that the shipped refiner was trained in and keeps to by itself
    (`train.refiner.network.allowed`), which let a view that doubts change anywhere.

    Args:
        swollen: the mask shows all that the others do, and much more: nothing is added, what is `CLEAR` of them goes.
    """
    import cv2

    said = others[..., [SHOWN, AGREED, COVERED, NEEDED]].astype(np.float32)
    said[..., 3] = cv2.dilate(said[..., 3], np.ones((REACH, REACH), np.uint8))
    grown = cv2.resize(said, change.shape[::-1], interpolation=cv2.INTER_LINEAR)
    shown, agreed, covered, needed = np.moveaxis(grown, -1, 0)
    raised = (shown >= FEW) & ((needed > WANTED) | (agreed >= DEEP))
    lowered = np.clip(-covered * (CLIP / MISS), 0, 1)
    change = change * np.where(change > 0, raised, lowered)
    return np.minimum(change, np.where(shown < -CLEAR, -2 * SURE, 0)) if swollen else change


def _fitted(picture: Image, size: tuple[int, int]) -> Image:
    import cv2

    return picture if picture.shape[1::-1] == size else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def carving_mask(mask: Mask, probability: Probability, possible: float = POSSIBLE) -> SoftMask:
    """Return what to carve with, its edge at 0.5: all that may well be foreground, for a hull forgives that.

    Args:
        mask: the view's final mask.
        probability: what it was made from; where it is the mask itself, that alone counts.
        possible: probability at the edge.
    """
    if np.array_equal(probability, mask):
        return mask
    return np.clip((probability - possible) * STEEP + 0.5, 0, 1)
