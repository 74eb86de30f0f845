"""Bundle adjustment of lenses, camera poses, boards and platen angles around one axis (Triggs et al. 1999)."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from cleanplate.calibrate.board import Board
from cleanplate.calibrate.detect import Sighting
from cleanplate.calibrate.initial import Solution
from cleanplate.geometry import Camera, Pose, camera_to_pixels

LENS, POSE = 8, 6
"""Parameters: fx, fy, cx, cy, k1, k2, p1, p2; rotation vector and translation."""
OUTLIER_PIXELS = 0.5
"""Residuals beyond this count less and less (soft L1): a few corners are always found in wrong places."""
OUTLIER_SIGMAS, RAYLEIGH_MEDIAN = 4.0, 1.1774
"""Corners beyond so many standard deviations are dropped; the median of a 2D normal distance is 1.1774 of them."""
MOST_STEPS = 100


class _Problem:
    """Packing of a solution into one vector, and the residuals of it.

    The vector: every camera's lens and pose, every board's pose, every turn but the first, which stays as it is.
    What is left free, height and azimuth of the room, changes no residual: steps do not go there.
    """

    def __init__(self, sightings: list[Sighting], start: Solution, board: Board) -> None:
        self.start = start
        self.names, self.placements, self.angles = list(start.cameras), list(start.boards), list(start.turns)
        corners = board.corners()
        self.points = np.concatenate([corners[s.ids] for s in sightings])
        self.pixels = np.concatenate([s.pixels for s in sightings])
        counts = [len(s.ids) for s in sightings]
        self.camera = np.repeat([self.names.index(s.camera) for s in sightings], counts)
        self.board = np.repeat([self.placements.index(s.placement) for s in sightings], counts)
        self.angle = np.repeat([self.angles.index(s.platen_deg) for s in sightings], counts)
        self.boards_from = len(self.names) * (LENS + POSE)
        self.turns_from = self.boards_from + len(self.placements) * POSE

    def pack(self, solution: Solution) -> Float[np.ndarray, " p"]:
        parts = []
        for name in self.names:
            camera = solution.cameras[name]
            lens = [camera.K[0, 0], camera.K[1, 1], camera.K[0, 2], camera.K[1, 2], *camera.distortion[:4]]
            parts += [lens, _pack_pose(solution.poses[name])]
        parts += [_pack_pose(solution.boards[name]) for name in self.placements]
        return np.concatenate([*parts, [solution.turns[angle] for angle in self.angles[1:]]])

    def unpack(self, vector: Float[np.ndarray, " p"]) -> Solution:
        per_camera = vector[: self.boards_from].reshape(-1, LENS + POSE)
        per_board = vector[self.boards_from : self.turns_from].reshape(-1, POSE)
        cameras = {}
        for name, (fx, fy, cx, cy, *distortion) in zip(self.names, per_camera[:, :LENS], strict=True):
            K = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
            old = self.start.cameras[name]
            cameras[name] = Camera(old.width, old.height, K, np.array([*distortion, 0.0]))
        turns = [self.start.turns[self.angles[0]], *vector[self.turns_from :].tolist()]
        return Solution(
            cameras,
            {name: _unpack_pose(row[LENS:]) for name, row in zip(self.names, per_camera, strict=True)},
            {name: _unpack_pose(row) for name, row in zip(self.placements, per_board, strict=True)},
            dict(zip(self.angles, turns, strict=True)),
        )

    def residuals(self, vector: Float[np.ndarray, " p"]) -> Float[np.ndarray, "n 2"]:
        solution = self.unpack(vector)
        boards = [solution.boards[name] for name in self.placements]
        R, t = np.stack([pose.R for pose in boards])[self.board], np.stack([pose.t for pose in boards])[self.board]
        x, y, z = (np.einsum("nij,nj->ni", R, self.points) + t).T
        turns = np.array(list(solution.turns.values()))[self.angle]
        room = np.stack([np.cos(turns) * x - np.sin(turns) * y, np.sin(turns) * x + np.cos(turns) * y, z], axis=1)
        found = np.empty_like(self.pixels)
        for index, name in enumerate(self.names):
            own = self.camera == index
            local = solution.poses[name].to_camera(room[own])
            local[:, 2] = np.maximum(local[:, 2], 1e-6)
            found[own] = camera_to_pixels(solution.cameras[name], local)
        return found - self.pixels

    def jacobian(self, vector: Float[np.ndarray, " p"]) -> Float[np.ndarray, "r p"]:
        """Return the derivatives of all residuals by central differences.

        Each residual depends on one camera, one board and one turn, so the same parameter of all cameras (boards,
        turns) moves in one evaluation, and each residual's difference goes to its own column.
        """
        rows = np.arange(2 * len(self.points)).reshape(-1, 2)
        result = np.zeros((rows.size, len(vector)))
        groups = [(np.arange(len(self.names)) * (LENS + POSE) + k, self.camera) for k in range(LENS + POSE)]
        boards = self.boards_from + np.arange(len(self.placements)) * POSE
        groups += [(boards + k, self.board) for k in range(POSE)]
        groups.append((np.arange(self.turns_from - 1, len(vector)), self.angle))
        for columns, owner in groups:
            moving = columns[1:] if columns[0] == self.turns_from - 1 else columns  # the first turn stays
            step = np.zeros(len(vector))
            step[moving] = 1e-6 * np.maximum(1.0, np.abs(vector[moving]))
            change = self.residuals(vector + step) - self.residuals(vector - step)
            own = columns[owner]
            moved = step[own] > 0
            result[rows[moved], own[moved, None]] = change[moved] / (2 * step[own[moved], None])
        return result


def _pack_pose(pose: Pose) -> Float[np.ndarray, "6"]:
    return np.concatenate([Rotation.from_matrix(pose.R).as_rotvec(), pose.t])


def _unpack_pose(row: Float[np.ndarray, "6"]) -> Pose:
    return Pose(Rotation.from_rotvec(row[:3]).as_matrix(), row[3:])


def adjust(sightings: list[Sighting], start: Solution, board: Board) -> tuple[Solution, list[Sighting]]:
    """Refine a solution until the corners fall where they were seen, twice: without gross outliers the second time.

    Returns:
        The solution, and the sightings without outliers.
    """
    solution = _fit(sightings, start, board)
    kept = _without_outliers(sightings, residuals_of(sightings, solution, board))
    return _fit(kept, solution, board), kept


def residuals_of(sightings: list[Sighting], solution: Solution, board: Board) -> list[Float[np.ndarray, "_ 2"]]:
    """Return each sighting's residuals in pixels, projected minus seen."""
    problem = _Problem(sightings, solution, board)
    ends = np.cumsum([len(s.ids) for s in sightings])[:-1]
    return np.split(problem.residuals(problem.pack(solution)), ends)


def _fit(sightings: list[Sighting], start: Solution, board: Board) -> Solution:
    problem = _Problem(sightings, start, board)
    fit = least_squares(
        lambda vector: problem.residuals(vector).ravel(),
        problem.pack(start),
        problem.jacobian,
        x_scale="jac",
        loss="soft_l1",
        f_scale=OUTLIER_PIXELS,
        max_nfev=MOST_STEPS,
    )
    return problem.unpack(fit.x)


def _without_outliers(sightings: list[Sighting], residuals: list[Float[np.ndarray, "_ 2"]]) -> list[Sighting]:
    """Drop corners whose residual is beyond what the camera's other corners make likely."""
    limits = {}
    for name in {s.camera for s in sightings}:
        own = np.concatenate([r for s, r in zip(sightings, residuals, strict=True) if s.camera == name])
        limits[name] = OUTLIER_SIGMAS * np.median(np.linalg.norm(own, axis=1)) / RAYLEIGH_MEDIAN
    kept = []
    for sighting, residual in zip(sightings, residuals, strict=True):
        good = np.linalg.norm(residual, axis=1) < limits[sighting.camera]
        kept.append(replace(sighting, ids=sighting.ids[good], pixels=sighting.pixels[good]))
    return [sighting for sighting in kept if len(sighting.ids) > 0]
