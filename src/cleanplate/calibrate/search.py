"""From outlines to cameras: many starts for each camera, which way the platen turns, and all cameras in one world."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from cleanplate.calibrate.extents import extents, plan_lines, plan_outline
from cleanplate.calibrate.turntable import ELEVATIONS, Found, Problem, Scene, pose_of, start_of
from cleanplate.errors import CaptureError
from cleanplate.geometry.tangency import useful_pairs

FEWEST_VIEWS = 5
"""Of a camera that is found by itself; with fewer the cameras are taken to stand above each other, as on an arm."""
FIRST_PAIRS, LAST_PAIRS = 100, 800
WIDE, NARROW = (10.0, 2.0, 0.7), (2.0, 0.7)
"""Softness in pixels, of solutions from afar and from nearby."""
SAME_DEGREES = 4.0
"""Solutions whose elevations differ by less are the same."""
AMBIGUOUS, FLOOR_COST = 2.0, 0.05
"""A second solution that costs less than so many times the best, and so much more, cannot be told from it."""
WORST_COST = 1.6
"""Of misses that all are twice `SOFT_PIXELS`; wrong angles cost more, masks of networks a quarter of it."""
WIDEST_LENS, LONGEST_LENS = -1.0, 2.3
"""Logarithms of focal lengths, from the guess on, that lenses have: 13 to 360 mm of 35 mm film, if it was 36."""
OWN = np.array([True, True, False, True, True, False, True])
"""The numbers that one camera's silhouettes tell: all but azimuth and distance."""


class Contradiction(CaptureError):
    """Silhouettes and angles that no cameras explain; `found` explains most of them."""

    def __init__(self, found: Found) -> None:
        self.found = found
        super().__init__(
            "silhouettes and angles contradict each other. Are the count of steps and the order of the pictures right, "
            "did the camera and the product stand still, and are the masks whole?"
        )


def search(scene: Scene, clockwise: bool | None) -> Found:
    """Find the cameras.

    Args:
        clockwise: None where it is to be found.

    Raises:
        CaptureError: the silhouettes do not tell, by name of what they leave open; a `Contradiction` where no cameras
            fit all of them.
    """
    ways = (False, True) if clockwise is None else (clockwise,)
    counts = np.bincount(scene.camera_of, minlength=len(scene.cameras))
    if len(counts) == 1 or counts.min() >= FEWEST_VIEWS:
        candidates = [_camera_by_camera(scene, way) for way in ways]
    else:
        candidates = [_on_an_arm(scene, way) for way in ways]
    if not any(candidates):
        raise CaptureError("no camera above the platen fits the silhouettes; are the angles and the direction right?")
    tried = sorted((found for each in candidates for found in each), key=lambda found: found.cost)
    if tried[0].cost > WORST_COST:
        raise Contradiction(tried[0])
    _check_unique(tried)
    return tried[0]


def _check_unique(tried: Sequence[Found]) -> None:
    best = tried[0]
    rivals = [each for each in tried[1:] if each.cost < AMBIGUOUS * best.cost + FLOOR_COST]
    tilts = [np.abs(np.degrees(each.numbers[:, 0] - best.numbers[:, 0])).max() for each in rivals]
    if any(tilt > SAME_DEGREES for tilt in tilts):
        raise CaptureError(
            f"the silhouettes do not tell how high the camera stands: elevations of "
            f"{np.degrees(best.numbers[0, 0]):.0f} and "
            f"{np.degrees(rivals[int(np.argmax(tilts))].numbers[0, 0]):.0f} degrees fit alike. A product that is round "
            f"about the axis looks the same all around: put it off the middle, or take the turn once with something "
            f"irregular on the platen and use that rig for this product (import --rig)"
        )
    if any(each.clockwise != best.clockwise for each in rivals):
        raise CaptureError(
            "the silhouettes do not tell which way the platen turns; give --clockwise or --counter-clockwise, as seen "
            "from above"
        )


def _camera_by_camera(scene: Scene, clockwise: bool) -> list[Found]:
    """Return solutions of all cameras: the best, and for each rival of one camera's best the best with it."""
    per_camera = []
    for index in range(len(scene.cameras)):
        chosen = np.flatnonzero(scene.camera_of == index)
        own = replace(scene.only(chosen), camera_of=np.zeros(len(chosen), int), cameras=[scene.cameras[index]])
        per_camera.append(_one_camera(own, clockwise))
    if not all(per_camera):
        return []
    firsts = [solutions[0] for solutions in per_camera]
    total = float(np.mean([first.cost for first in firsts]))
    numbers = np.concatenate([first.numbers for first in firsts])
    found = [Found(numbers, total, clockwise)]
    for index, solutions in enumerate(per_camera):
        for rival in solutions[1:]:
            other = numbers.copy()
            other[index] = rival.numbers[0]
            # Told by its own camera alone: others do not make an open question of one camera a closed one.
            found.append(Found(other, total - firsts[index].cost + rival.cost, clockwise))
    return found


def _one_camera(scene: Scene, clockwise: bool) -> list[Found]:
    """Return one camera's solutions, best first."""
    free = OWN[None]
    pairs = useful_pairs(Problem(scene, clockwise, NONE, start_of(scene, 30.0), free).rays(start_of(scene, 30.0)))
    if len(pairs) < 3:
        raise CaptureError(
            f"{len(scene.outlines)} views of a camera are too few, or too near to each other, to tell poses from "
            f"silhouettes; take a full turn in 12 steps or more, or calibrate with a board (calibrate rig)"
        )
    few, many = thinned(pairs, FIRST_PAIRS), thinned(pairs, LAST_PAIRS)
    tried = []
    for elevation in ELEVATIONS:
        numbers, cost = Problem(scene, clockwise, few, start_of(scene, elevation), free).solve(WIDE)
        above = -5 < np.degrees(numbers[0, 0]) < 95  # not below the platen, nor beyond the zenith
        if above and WIDEST_LENS < numbers[0, 6] < LONGEST_LENS:
            tried.append((cost, numbers))
    found: list[Found] = []
    for _, numbers in sorted(tried, key=lambda each: each[0]):
        if all(abs(np.degrees(numbers[0, 0] - each.numbers[0, 0])) > SAME_DEGREES for each in found):
            settled, cost = Problem(scene, clockwise, many, numbers, free).solve()
            found.append(Found(settled, cost, clockwise))
        if len(found) == 3:
            break
    return sorted(found, key=lambda each: each.cost)


NONE = np.zeros((0, 2), int)


def thinned(pairs: Int[np.ndarray, "p 2"], most: int) -> Int[np.ndarray, "q 2"]:
    """Return at most so many pairs, evenly chosen."""
    return pairs if len(pairs) <= most else pairs[np.sort(np.random.default_rng(0).permutation(len(pairs))[:most])]


def joined(scene: Scene, found: Found) -> Found:
    """Bring cameras that were found one by one into one world: sizes, heights and azimuths by the product's plan."""
    numbers = found.numbers.copy()
    problem = Problem(scene, found.clockwise, NONE, numbers, np.zeros(numbers.shape, bool))
    rays = problem.rays(numbers)
    plans, spans = [], []
    for index in range(len(scene.cameras)):
        chosen = np.flatnonzero(scene.camera_of == index)
        own = replace(
            rays, **{name: getattr(rays, name)[chosen] for name in ("directions", "real", "centres", "focals")}
        )
        outline = plan_outline(plan_lines(own))
        span = extents(own, useful_pairs(own))
        if outline is None or not np.isfinite([span.bottom, span.top]).all():
            raise CaptureError(
                f"camera {index + 1} looks down too steeply to be joined with the others by silhouettes; calibrate the "
                f"rig with a board (calibrate rig)"
            )
        plans.append(_support(outline))
        spans.append(span)
    for index in range(1, len(scene.cameras)):
        numbers[index] = _joined_one(scene, found.clockwise, numbers, index, plans, spans)
    return Found(numbers, found.cost, found.clockwise, in_one_world=True)


AZIMUTHS = 360


def _support(outline: Float[np.ndarray, "k 2"]) -> Float[np.ndarray, " a"]:
    """Return how far a plan reaches from the axis in each direction."""
    angles = np.radians(np.arange(AZIMUTHS))
    return (outline @ np.stack([np.cos(angles), np.sin(angles)])).max(axis=0)


def _joined_one(
    scene: Scene, clockwise: bool, numbers: Float[np.ndarray, "c 7"], index: int, plans: list, spans: list
) -> Float[np.ndarray, "7"]:
    """Return the numbers of one camera in the first one's world."""
    scale = float(plans[0].mean() / plans[index].mean())
    fits = [float(np.abs(np.roll(scale * plans[index], turn) - plans[0]).mean()) for turn in range(AZIMUTHS)]
    order = [turn for turn in np.argsort(fits) if fits[turn] <= min(fits[turn - 1], fits[(turn + 1) % AZIMUTHS])]
    chosen = np.flatnonzero((scene.camera_of == 0) | (scene.camera_of == index))
    of = (scene.camera_of[chosen] == index).astype(int)
    pair = replace(scene.only(chosen), camera_of=of, cameras=[scene.cameras[0], scene.cameras[index]])
    best: tuple[float, np.ndarray] | None = None
    for turn in [*order[:4], 0]:
        start = numbers[[0, index]].copy()
        moved = _moved(start[1], scale, np.radians(turn), spans[0].top - scale * spans[index].top)
        start[1] = moved
        free = np.zeros((2, 7), bool)
        free[1, 2:6] = True
        pairs = useful_pairs(Problem(pair, clockwise, NONE, start, free).rays(start))
        across = thinned(pairs[of[pairs[:, 0]] != of[pairs[:, 1]]], 200)
        solved, cost = Problem(pair, clockwise, across, start, free).solve(WIDE)
        if best is None or cost < best[0] - 1e-3:
            best = cost, solved[1]
    return best[1]  # type: ignore[index]


def _moved(numbers: Float[np.ndarray, "7"], scale: float, azimuth: float, lift: float) -> Float[np.ndarray, "7"]:
    """Return a camera's numbers in a world that is larger, turned, and whose origin lies lower by `lift`."""
    moved = numbers.copy()
    moved[5] += np.log(scale)
    moved[2] += azimuth
    t = pose_of(moved).t + pose_of(moved).R @ [0.0, 0.0, lift]
    moved[3:6] = t[0] / t[2], t[1] / t[2], np.log(t[2])
    return moved


def adjusted(scene: Scene, found: Found) -> tuple[Found, Problem]:
    """Refine all cameras together, by pairs of views of one and of two cameras."""
    free = np.tile(np.ones(7, bool), (len(scene.cameras), 1))
    free[0] = OWN
    pairs = useful_pairs(Problem(scene, found.clockwise, NONE, found.numbers, free).rays(found.numbers))
    problem = Problem(
        scene, found.clockwise, thinned(pairs, LAST_PAIRS + 200 * len(scene.cameras)), found.numbers, free
    )
    numbers, cost = problem.solve(NARROW)
    return Found(numbers, cost, found.clockwise, in_one_world=True), problem


def _on_an_arm(scene: Scene, clockwise: bool) -> list[Found]:
    """Return solutions with the cameras above each other, in the order of their names, best first."""
    count = len(scene.cameras)
    free = np.tile(np.ones(7, bool), (count, 1))
    free[0] = OWN
    tried = []
    for low in (5.0, 20.0):
        for high in (45.0, 85.0):
            for first, last in ((low, high), (high, low)):
                start = start_of(scene, low)
                start[:, 0] = np.radians(np.linspace(first, last, count))
                pairs = useful_pairs(Problem(scene, clockwise, NONE, start, free).rays(start))
                if 2 * len(pairs) < 7 * count:
                    raise CaptureError(
                        f"{len(scene.outlines)} views of {count} cameras are too few to tell poses from silhouettes; "
                        f"take more steps, or calibrate with a board (calibrate rig)"
                    )
                numbers, cost = Problem(scene, clockwise, thinned(pairs, 40 * count), start, free).solve((20.0, 5.0), 8)
                tried.append((cost, numbers))
    found: list[Found] = []
    for _, numbers in sorted(tried, key=lambda each: each[0])[:2]:
        pairs = useful_pairs(Problem(scene, clockwise, NONE, numbers, free).rays(numbers))
        settled, cost = Problem(scene, clockwise, thinned(pairs, 80 * count), numbers, free).solve((5.0, 2.0, 0.7), 15)
        found.append(Found(settled, cost, clockwise, in_one_world=True))
    return sorted(found, key=lambda each: each.cost)
