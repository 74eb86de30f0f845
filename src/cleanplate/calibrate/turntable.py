"""Cameras around a turntable from silhouettes and known angles: first guesses, and bundle adjustment of tangents.

The silhouettes of one camera tell its elevation, its roll, where the axis stands in its pictures and, weakly, its focal
length (Mendonça, Wong and Cipolla, "Epipolar geometry from profiles under circular motion", PAMI 2001). They tell no
scale, no height of the origin and no azimuth: those are left as they were guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from cleanplate.geometry import Camera, Pose, rotation_z
from cleanplate.geometry.tangency import Outline, Rays, directions_of, reality_of, tangency

ELEVATIONS = (5.0, 15.0, 25.0, 35.0, 47.0, 60.0, 75.0)
"""Degrees of the first guesses."""
SOFT_PIXELS = 0.7
"""Misses beyond count less and less (Cauchy): masks have faults."""
ROLL, TILT, DISTANCE = 0.3, 0.3, 3.0
"""What a camera's roll (radians), the place of its origin and the logarithm of its distance scatter by."""
NOWHERE = 20.0
"""Pixels that stand for a miss that cannot be measured, so that no solution gains by it."""
STEP = 1e-5
"""Of the numbers, for derivatives."""
P = 7
"""Numbers of a camera: elevation, roll, azimuth (radians), x, y (the origin's, at depth 1), log depth, log focal."""

Vector = Float[np.ndarray, " n"]


@dataclass(frozen=True)
class Scene:
    """What is known: outlines, whose they are, and how far the platen had turned.

    Attributes:
        camera_of: (v,) index into `cameras`.
        turns: (v,) degrees of the platen, counter-clockwise from above.
        cameras: as first guessed.
        focal_spread: of the logarithm of their focal lengths.
    """

    outlines: Sequence[Outline]
    camera_of: Int[np.ndarray, " v"]
    turns: Float[np.ndarray, " v"]
    cameras: Sequence[Camera]
    focal_spread: float

    def only(self, chosen: Int[np.ndarray, " k"]) -> "Scene":
        """Return the scene with some of the views."""
        outlines = [self.outlines[n] for n in chosen]
        return replace(self, outlines=outlines, camera_of=self.camera_of[chosen], turns=self.turns[chosen])


@dataclass(frozen=True)
class Found:
    """A solution: numbers of the cameras as `P` says, the mean robust cost of the misses, and which way it turns.

    Attributes:
        clockwise: how the platen turns, seen from above.
        in_one_world: whether azimuths and distances of several cameras are told too.
    """

    numbers: Float[np.ndarray, "c 7"]
    cost: float
    clockwise: bool
    in_one_world: bool = False

    def camera(self, scene: Scene, index: int) -> Camera:
        """Return a camera with the focal length found."""
        old = scene.cameras[index]
        scale = np.diag([*[np.exp(self.numbers[index, 6])] * 2, 1.0])
        K = old.K @ scale
        K[:2, 2] = old.K[:2, 2]
        return replace(old, K=K)

    def pose(self, index: int) -> Pose:
        """Return a camera's pose while the platen stands at 0 degrees."""
        return pose_of(self.numbers[index])


def pose_of(numbers: Float[np.ndarray, "7"]) -> Pose:
    """Return the pose that a camera's numbers say: seen from -y at azimuth 0, looking level at elevation 0."""
    elevation, roll, azimuth, x, y, log_distance, _ = numbers
    level = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])
    tilt = Rotation.from_euler("x", elevation).as_matrix()
    R = rotation_z(float(np.degrees(roll))) @ tilt @ level @ rotation_z(float(-np.degrees(azimuth)))
    return Pose(R, np.array([x, y, 1.0]) * np.exp(log_distance))


class Problem:
    """The residuals of a scene, as a function of the free numbers of its cameras."""

    def __init__(
        self, scene: Scene, clockwise: bool, pairs: Int[np.ndarray, "p 2"], start: np.ndarray, free: np.ndarray
    ):
        self.scene, self.pairs, self.start, self.free = scene, pairs, start, free
        self.turned = np.stack([rotation_z(-turn if clockwise else turn) for turn in scene.turns])
        self.directions = directions_of(scene.outlines, [scene.cameras[c] for c in scene.camera_of])
        self.real = reality_of(scene.outlines)
        self.soft = SOFT_PIXELS
        self.focals = np.array([camera.K[0, 0] for camera in scene.cameras])

    def unpack(self, vector: Vector) -> Float[np.ndarray, "c 7"]:
        numbers = self.start.copy()
        numbers[self.free] = vector
        return numbers

    def rays(self, numbers: Float[np.ndarray, "c 7"], views: Int[np.ndarray, " k"] | None = None) -> Rays:
        """Return the outlines of all views, or of some, as rays in the platen's world."""
        chosen = slice(None) if views is None else views
        poses = [pose_of(row) for row in numbers]
        of = self.scene.camera_of[chosen]
        R = np.stack([pose.R for pose in poses])[of] @ self.turned[chosen]
        t = np.stack([pose.t for pose in poses])[of]
        directions = self.directions[chosen] * np.exp(-numbers[of, 6])[:, None, None]
        directions[..., 2] = 1.0
        directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
        focals = self.focals[of] * np.exp(numbers[of, 6])
        return Rays(np.matmul(directions, R), self.real[chosen], -np.einsum("vji,vj->vi", R, t), focals)

    def misses(self, vector: Vector) -> Float[np.ndarray, " r"]:
        """Return the misses in pixels."""
        found = tangency(self.rays(self.unpack(vector)), self.pairs).misses.ravel()
        return np.where(np.isnan(found), NOWHERE, found)

    def _robust(self, misses: Float[np.ndarray, "*r"]) -> Float[np.ndarray, "*r"]:
        scaled = np.where(np.isnan(misses), NOWHERE, misses) / self.soft
        return np.sign(scaled) * np.sqrt(np.log1p(scaled**2))

    def priors(self, vector: Vector) -> Float[np.ndarray, " q"]:
        numbers = self.unpack(vector)
        focal = numbers[:, 6]
        parts = [
            focal.mean() / self.scene.focal_spread,
            (focal - focal.mean()) / 0.05,
            numbers[:, 1] / ROLL,
            (numbers[:, 3:5] - self.start[:, 3:5]) / TILT,
            (numbers[:, 5] - self.start[:, 5]) / DISTANCE,
        ]
        return np.concatenate([np.ravel(part) for part in parts])

    def residuals(self, vector: Vector) -> Float[np.ndarray, " r"]:
        """Return the misses in units of `soft`, made robust, and the priors."""
        return np.concatenate([self._robust(self.misses(vector)), self.priors(vector)])

    def jacobian(self, vector: Vector) -> Float[np.ndarray, "r n"]:
        """Return the derivatives of `residuals`: a camera's numbers move only the misses of its own views' pairs."""
        numbers = self.unpack(vector)
        base = self.rays(numbers)
        owners = self.scene.camera_of[self.pairs]
        columns = []
        for camera, number in np.argwhere(self.free):
            own = np.flatnonzero((owners == camera).any(axis=1))
            views = np.flatnonzero(self.scene.camera_of == camera)
            parts = []
            for step in (STEP, -STEP):
                moved = numbers.copy()
                moved[camera, number] += step
                parts.append(self._robust(tangency(self._with(base, moved, views), self.pairs[own]).misses))
            column = np.zeros((len(self.pairs), 2))
            column[own] = (parts[0] - parts[1]) / (2 * STEP)
            columns.append(column.ravel())
        steps = STEP * np.eye(len(vector))
        priors = [(self.priors(vector + step) - self.priors(vector - step)) / (2 * STEP) for step in steps]
        return np.vstack([np.stack(columns, axis=1), np.stack(priors, axis=1)])

    def _with(self, base: Rays, numbers: Float[np.ndarray, "c 7"], views: Int[np.ndarray, " k"]) -> Rays:
        """Return rays of which some views follow other numbers."""
        own = self.rays(numbers, views)
        directions, centres, focals = base.directions.copy(), base.centres.copy(), base.focals.copy()
        directions[views], centres[views], focals[views] = own.directions, own.centres, own.focals
        return Rays(directions, base.real, centres, focals)

    def solve(self, softs: Sequence[float] = (SOFT_PIXELS,), steps: int = 30) -> tuple[Float[np.ndarray, "c 7"], float]:
        """Return the numbers from the start on, and the mean robust cost of the misses, for each softness in turn."""
        vector = self.start[self.free]
        for self.soft in softs:
            fit = least_squares(self.residuals, vector, self.jacobian, max_nfev=steps, xtol=1e-6, ftol=1e-4)
            vector = fit.x
        return self.unpack(vector), float(np.mean(fit.fun[: 2 * len(self.pairs)] ** 2))

    def spread(self, numbers: Float[np.ndarray, "c 7"], sigma: float) -> Float[np.ndarray, "c 7"]:
        """Return the standard deviations of the free numbers, if misses scatter by `sigma` pixels."""
        self.soft = sigma
        J = np.clip(self.jacobian(numbers[self.free]), -1e6, 1e6)
        found = np.zeros_like(numbers)
        found[self.free] = np.sqrt(np.maximum(np.diag(np.linalg.pinv(J.T @ J)), 0))
        return found


def start_of(scene: Scene, elevation_deg: float) -> Float[np.ndarray, "c 7"]:
    """Return numbers to start from: the axis stands where the silhouettes' middles are."""
    numbers = np.zeros((len(scene.cameras), P))
    numbers[:, 0] = np.radians(elevation_deg)
    for index, camera in enumerate(scene.cameras):
        middles = [scene.outlines[n].middle for n in np.flatnonzero(scene.camera_of == index).tolist()]
        place = (np.mean(middles, axis=0) - camera.K[:2, 2]) / np.diag(camera.K)[:2]
        numbers[index, 3:5] = place
    return numbers
