"""A first guess for the bundle adjustment: each lens alone (Zhang 2000), then axis, boards and cameras in one room."""

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from cleanplate.calibrate.board import Board
from cleanplate.calibrate.detect import Sighting
from cleanplate.errors import CaptureError
from cleanplate.geometry import Camera, Pose, rotation_z

Motion = Float[np.ndarray, "4 4"]
SMALLEST_TURN = 5.0
"""Degrees; the axis of smaller turns is too uncertain."""


@dataclass(frozen=True)
class Solution:
    """Everything the photographs depend on.

    Attributes:
        cameras, poses: room to camera, by name; the room's z is the platen's axis.
        boards: board to room, while the platen stands at the first angle's zero, by placement.
        turns: radians by nominal degrees, counter-clockwise seen from +z.
    """

    cameras: dict[str, Camera]
    poses: dict[str, Pose]
    boards: dict[str, Pose]
    turns: dict[float, float]


def guess(sightings: list[Sighting], board: Board) -> Solution:
    """Return a first solution.

    Raises:
        CaptureError: a camera whose lens cannot be found, or that shares no placement with the others.
    """
    cameras: dict[str, Camera] = {}
    seen: dict[tuple[str, str, float], Motion] = {}
    for name in sorted({sighting.camera for sighting in sightings}):
        own = [sighting for sighting in sightings if sighting.camera == name]
        cameras[name], motions = _calibrate_lens(name, own, board)
        seen |= {(s.camera, s.placement, s.platen_deg): m for s, m in zip(own, motions, strict=True)}
    first = max(cameras, key=lambda name: sum(key[0] == name for key in seen))
    room_to_first, clockwise = _find_axis(first, {key[1:]: m for key, m in seen.items() if key[0] == first})
    sign = -1.0 if clockwise else 1.0
    turns = {angle: sign * np.radians(angle) for angle in sorted({key[2] for key in seen})}
    poses, boards = {first: room_to_first}, {}
    # Boards follow from cameras, cameras from boards, until all are reached.
    for _ in range(len(cameras) + 1):
        for (camera, placement, angle), motion in seen.items():
            spin = _motion(rotation_z(np.degrees(turns[angle])), np.zeros(3))
            if camera in poses and placement not in boards:
                boards[placement] = np.linalg.inv(spin) @ np.linalg.inv(poses[camera]) @ motion
            elif placement in boards and camera not in poses:
                poses[camera] = motion @ np.linalg.inv(spin @ boards[placement])
    lost = sorted(set(cameras) - set(poses))
    if lost:
        raise CaptureError(
            f"camera {', '.join(map(repr, lost))} never sees a placement of the board that another camera sees; put "
            f"the board where both see it at some angle"
        )
    return Solution(cameras, {n: _pose(m) for n, m in poses.items()}, {n: _pose(m) for n, m in boards.items()}, turns)


def _calibrate_lens(name: str, sightings: list[Sighting], board: Board) -> tuple[Camera, list[Motion]]:
    import cv2

    corners = board.corners().astype(np.float32)
    points = [corners[s.ids] for s in sightings]
    pixels = [s.pixels.astype(np.float32) for s in sightings]
    try:
        _, K, distortion, turns, shifts, _, _, errors = cv2.calibrateCameraExtended(
            points, pixels, sightings[0].size, None, None, flags=cv2.CALIB_FIX_K3
        )
    except cv2.error as error:
        raise CaptureError(
            f"camera {name!r}: OpenCV cannot find its lens ({error.err}); take more photographs"
        ) from error
    if not np.isfinite(K).all() or np.median(errors) > 5:
        raise CaptureError(
            f"camera {name!r}: no lens fits its photographs of the board (residual {np.median(errors):.1f} pixels); "
            f"was the camera or the board moved, or is the board bent?"
        )
    motions = [_motion(cv2.Rodrigues(r)[0], t.ravel()) for r, t in zip(turns, shifts, strict=True)]
    return Camera(*sightings[0].size, K, distortion.ravel()[:5]), motions


def _find_axis(name: str, motions: dict[tuple[str, float], Motion]) -> tuple[Motion, bool]:
    """Return room to camera from how the board moves in the camera's axes, and whether the platen turns clockwise.

    Between two angles the board turns about the axis: R's own axis is its direction u, and points p on it stay where
    they are, (I - R) p = t.
    """
    directions, left, right = [], [], []
    for (one, a), (two, b) in combinations(sorted(motions), 2):
        turn = (b - a + 180) % 360 - 180
        if one != two or not SMALLEST_TURN < abs(turn) < 180 - SMALLEST_TURN:
            continue
        moved = motions[two, b] @ np.linalg.inv(motions[one, a])
        vector = Rotation.from_matrix(moved[:3, :3]).as_rotvec()
        directions.append(np.sign(turn) * vector)
        left.append(np.eye(3) - moved[:3, :3])
        right.append(moved[:3, 3])
    if not directions:
        raise CaptureError(
            f"camera {name!r} sees no placement of the board at two platen angles {SMALLEST_TURN:g} to "
            f"{180 - SMALLEST_TURN:g} degrees apart; turn the platen in steps of 20 to 60 degrees"
        )
    u = np.sum(directions, axis=0)
    u /= np.linalg.norm(u)
    centre = np.linalg.lstsq(np.vstack([*left, 1e-3 * u[None]]), np.concatenate([*right, [0.0]]), rcond=None)[0]
    clockwise = _upness(u, list(motions.values())) < 0
    z = -u if clockwise else u
    x = np.cross([0.0, 1.0, 0.0] if abs(z[1]) < 0.9 else [1.0, 0.0, 0.0], z)
    x /= np.linalg.norm(x)
    return _motion(np.column_stack([x, np.cross(z, x), z]), centre), clockwise


def _upness(direction: Float[np.ndarray, "3"], motions: list[Motion]) -> float:
    """Return whether a direction in the camera's axes is up (positive) or down.

    The board lies or leans, so its printed side faces up; where it stands upright and tells nothing, the camera is
    taken to look down. Which way up the camera itself is mounted does not matter.
    """
    printed = np.mean([-motion[:3, 2] @ direction for motion in motions])  # the board's z points into it
    above = np.mean([-motion[:3, 3] @ direction / np.linalg.norm(motion[:3, 3]) for motion in motions])
    return float(printed + 0.25 * above)


def _motion(R: np.ndarray, t: np.ndarray) -> Motion:
    motion = np.eye(4)
    motion[:3, :3], motion[:3, 3] = R, t
    return motion


def _pose(motion: Motion) -> Pose:
    return Pose(motion[:3, :3], motion[:3, 3])


def settled(solution: Solution, board: Board, flat: str | None, thickness: float) -> Solution:
    """Return the same solution in the world of `Rig`: origin on the platen, the cameras around -y at angle 0.

    Args:
        flat: the placement in which the board lies on the platen; None takes the lowest edge of any placement as
            touching it.
        thickness: of the board, metres.
    """
    width, height = board.columns * board.square, board.rows * board.square
    outline = np.array([[0, 0, 0], [width, 0, 0], [0, height, 0], [width, height, 0.0]])
    chosen = [solution.boards[flat]] if flat else list(solution.boards.values())
    heights = [pose.to_camera(outline)[:, 2] for pose in chosen]  # "to_camera" takes the board's axes to the room's
    surface = (float(np.mean(heights)) if flat else float(np.min(heights))) - thickness
    middle = np.mean([pose.centre for pose in solution.poses.values()], axis=0)
    turn = rotation_z(-90.0 - np.degrees(np.arctan2(middle[1], middle[0])))
    lift = np.array([0.0, 0.0, surface])
    poses = {n: Pose(p.R @ turn.T, p.t + p.R @ lift) for n, p in solution.poses.items()}
    boards = {n: Pose(turn @ p.R, turn @ (p.t - lift)) for n, p in solution.boards.items()}
    return replace(solution, poses=poses, boards=boards)
