"""Finding views whose masks contradict the others, and saving what they still know.

Consistent silhouettes, however bold, leave no foreground ray uncovered, so exact masks are never accused. Of views
in contradiction a mask that only misses foreground is mended where it is wrong, one that only has too much carves as
it is, and one that does both (another view's mask, a shift) is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from cleanplate.geometry import Camera, Pose
from cleanplate.hull.consistency import (
    TOLERANCE,
    Rays,
    cast,
    covered,
    denials,
    denied_by,
    subset,
    thin_out,
    vote_box,
    witnesses,
)
from cleanplate.hull.silhouettes import Silhouettes, SoftMask, join, pack
from cleanplate.types import Mask, ViewMask

THRESHOLD = 0.01
"""Uncovered foreground, as a share of one mask, that puts a view in doubt."""

MOST_DOUBTED = 0.5
"""Share of the views beyond which nobody can say who is right."""

FEWEST_VIEWS = 4
"""With fewer views no majority can be trusted."""

DISPLACED = 0.03
"""Share of a mask's foreground that the rest denies from which a mask that also misses some is thought displaced."""

SHIFTED = 0.005
"""Share of a mask that must fit better when shifted for the mask to be thought displaced."""

FARTHEST_SHIFT = 16
"""Pixels by which shifts are tried."""


@dataclass(frozen=True)
class Verdict:
    """What becomes of a doubted view.

    Attributes:
        mask: what to carve with in its place, or None to leave the view out.
        reason: one sentence for the user; empty if the view was doubted for the faults of others.
    """

    mask: SoftMask | None
    reason: str


def _benefits(rays: Rays, sets: list[list[frozenset[int]]], doubted: list[int], count: int) -> Float[np.ndarray, " v"]:
    """Return how much uncovered foreground doubting each view would explain: its own, and its share of others'."""
    benefits = np.zeros(count)
    for view, weight, denying in zip(rays.view, rays.weight, sets, strict=True):
        rests = [d.difference(doubted) for d in denying]
        if view in doubted or not all(rests):  # explained already: by doubting the view, or all that deny the ray
            continue
        share: dict[int, float] = {int(view): 1.0}
        for rest in rests:
            for v in rest:
                share[v] = max(share.get(v, 0.0), 1 / len(rest))
        for v, part in share.items():
            benefits[v] += part * weight
    return benefits


def find_doubtful(views: Silhouettes, floor: float | None) -> list[int]:
    """Find the fewest views, greedily, without which the hull covers every other mask's foreground.

    Args:
        views: packed, none empty or full.
        floor: as in `visual_hull`.

    Returns:
        Indices of the views, the worst first.
    """
    count = len(views.start)
    box = vote_box(views, floor)
    if count < FEWEST_VIEWS or box is None:
        return []
    rays = cast(views, *box)
    rays = thin_out(rays, ~covered(views, rays))
    sets = [[frozenset(s[s >= 0].tolist()) for s in kept if s[0] >= 0] for kept in denials(views, rays)]
    doubted: list[int] = []
    while len(doubted) < MOST_DOUBTED * count:
        benefits = _benefits(rays, sets, doubted, count)
        worst = int(np.argmax(benefits))
        if benefits[worst] < THRESHOLD:
            break
        doubted.append(worst)
    return doubted


def _missing_parts(mask: SoftMask, seen: Mask) -> list[Mask]:
    """Return the connected parts of the others' silhouette that a mask denies by more than the tolerance."""
    import cv2

    denied = (seen & ~(mask >= 0.5)).astype(np.uint8)
    count, labels = cv2.connectedComponents(denied, connectivity=8)
    depth = cv2.distanceTransform(denied, cv2.DIST_L2, 5)
    return [labels == n for n in range(1, count) if depth[labels == n].max() > TOLERANCE]


def _gain_by_shifting(mask: SoftMask, seen: Mask) -> float:
    """Return how much more of a mask the others' silhouette would cover if it were moved a little, as a share."""
    import cv2

    foreground = (mask >= 0.5).astype(np.float32)
    padded = np.pad(seen, FARTHEST_SHIFT).astype(np.float32)
    common = cv2.matchTemplate(padded, foreground, cv2.TM_CCORR)
    return float(common.max() - common[FARTHEST_SHIFT, FARTHEST_SHIFT]) / float(foreground.sum())


def judge(
    masks: Sequence[SoftMask],
    cameras: Sequence[Camera],
    poses: Sequence[Pose],
    seen: Sequence[ViewMask],
    rest: Silhouettes,
    floor: float | None,
) -> list[Verdict]:
    """Decide what to do with doubted views.

    Each part that a mask denies of the others' silhouette is tried alone: if carving it away uncovers foreground of
    another view, the mask is wrong there.

    Args:
        masks, cameras, poses: the doubted views.
        seen: the hull of the rest, seen from each of them.
        rest: the trusted views, packed.
        floor: as in `visual_hull`.
    """
    box = vote_box(rest, floor)
    if box is None:
        return [Verdict(None, "it contradicts other views, which contradict each other too")] * len(masks)
    rays = cast(rest, *box)
    seen_at = witnesses(rest, rays)
    met = ~np.isnan(seen_at[:, 0])
    rays, seen_at = subset(rays, met), seen_at[met]
    own = cast(pack(masks, cameras, poses), *box)
    denied = ~covered(rest, own)
    verdicts = []
    for n, (mask, camera, pose) in enumerate(zip(masks, cameras, poses, strict=True)):
        alone = float((own.weight * denied)[own.view == n].sum())
        parts = _missing_parts(mask, seen[n])
        wrong = [part for part in parts if _uncovers(~part, camera, pose, rest, rays, seen_at)]
        verdicts.append(_verdict(mask, wrong, alone, _gain_by_shifting(mask, seen[n])))
    return verdicts


def _uncovers(
    mask: Mask, camera: Camera, pose: Pose, rest: Silhouettes, rays: Rays, seen_at: Float[np.ndarray, "r 3"]
) -> bool:
    """Tell whether carving with one more mask leaves rays uncovered; it can only where it denies their witnesses."""
    trial = pack([mask], [camera], [pose])
    hit = denied_by(trial, 0, seen_at)
    return bool(hit.any()) and not covered(join(rest, trial), subset(rays, hit)).all()


def _verdict(mask: SoftMask, wrong: list[Mask], alone: float, gain: float) -> Verdict:
    import cv2

    missing = np.logical_or.reduce(wrong) if wrong else np.zeros(mask.shape, bool)
    misses = f"it misses about {missing.sum()} pixels that other views show"
    denied = f"they deny {alone:.1%} of its foreground"
    if gain > SHIFTED or (wrong and alone > DISPLACED):
        advice = "look for another view's mask, a wrong pose or a moved camera"
        return Verdict(None, f"its mask is out of place: {misses}, {denied}, {gain:.1%} would fit if shifted; {advice}")
    if wrong:
        unknown = cv2.dilate(missing.astype(np.uint8), np.ones((3, 3))) > 0
        mended = np.where(unknown, np.ones_like(mask), mask)
        return Verdict(mended, f"its mask is incomplete: {misses}, {denied}; taken as unknown where it misses them")
    if alone > THRESHOLD:
        return Verdict(mask, f"its mask has too much: other views deny {alone:.1%} of it; carved as it is")
    return Verdict(mask, "")
