"""Simulated photographs of the board, as truth to calibrate against: distortion, blur and noise.

Pixels are looked up on the printed board.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from cleanplate.calibrate import Board, draw_board
from cleanplate.capture.rig import Rig
from cleanplate.geometry import Camera, Pose, look_at, pixels_to_directions
from cleanplate.image import write_image

BOARD = Board()
SQUARE_PIXELS = 160
SAMPLES = 2
"""Along each side of a pixel."""


def board_on_platen(tilt: float, azimuth: float, shift: tuple[float, float] = (0.0, 0.0)) -> Pose:
    """Board to world at platen angle 0: its middle over the platen, standing on its lower edge."""
    width, height = BOARD.columns * BOARD.square, BOARD.rows * BOARD.square
    # Lying: x right, y towards the viewer, printed side (-z of the board) up.
    lying = np.diag([1.0, -1.0, -1.0])
    R = Rotation.from_euler("zx", [azimuth, tilt], degrees=True).as_matrix() @ lying
    middle = R @ [width / 2, height / 2, 0]
    lowest = min((R @ corner)[2] for corner in np.array([[0, 0, 0], [width, 0, 0], [0, height, 0], [width, height, 0]]))
    return Pose(R, np.array([shift[0] - middle[0], shift[1] - middle[1], -lowest]))


@cache
def printed() -> np.ndarray:
    return draw_board(BOARD, SQUARE_PIXELS)


@cache
def directions(camera_key: bytes, width: int, height: int) -> np.ndarray:
    """Return the viewing directions of SAMPLES x SAMPLES places in each pixel: slow, but the same for each photo."""
    numbers = np.frombuffer(camera_key)
    camera = Camera(width, height, numbers[:9].reshape(3, 3), numbers[9:])
    x, y = ((np.arange(SAMPLES * count) + 0.5) / SAMPLES for count in (width, height))
    return pixels_to_directions(camera, np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)).astype(np.float32)


def photograph(camera: Camera, to_camera: Pose, board: Pose, rng: np.random.Generator) -> np.ndarray:
    """Photograph the board; both poses at the same platen angle."""
    key = np.concatenate([camera.K.ravel(), camera.distortion]).tobytes()
    scale = SQUARE_PIXELS / BOARD.square
    # A place on the board's plane is a homography of the viewing direction.
    onto_plane = np.column_stack([to_camera.R @ board.R[:, :2], to_camera.to_camera(board.t[None])[0]])
    places = directions(key, camera.width, camera.height) @ np.linalg.inv(onto_plane).T.astype(np.float32)
    places = places[:, :2] / places[:, 2:] * scale + (SQUARE_PIXELS // 2 - 0.5)
    maps = places.reshape(SAMPLES * camera.height, SAMPLES * camera.width, 2)
    seen = cv2.remap(printed(), maps, None, cv2.INTER_LINEAR, borderValue=180).astype(np.float32)
    seen = cv2.resize(seen, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
    seen = cv2.GaussianBlur(40 + 0.7 * seen, (0, 0), 0.7) + rng.normal(0, 2.0, seen.shape)
    return np.repeat(np.clip(seen, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def simulated_rig(elevations: tuple[float, ...] = (15.0, 35.0, 60.0)) -> Rig:
    """Return cameras on an arm, at these degrees; the platen turns clockwise, with errors of its steps."""
    cameras, poses = {}, {}
    for index, elevation in enumerate(elevations):
        e = np.radians(elevation)
        eye = 0.9 * np.array([0.05 * index, -np.cos(e), np.sin(e)]) + [0, 0, 0.07]
        focal = 1150.0 + 40 * index
        K = np.array([[focal, 0, 322.0 + 3 * index], [0, focal * 1.002, 251.0 - 2 * index], [0, 0, 1]])
        cameras[f"cam{index}"] = Camera(640, 512, K, np.array([-0.12 + 0.03 * index, 0.08, 0.0005, -0.0004, 0.0]))
        poses[f"cam{index}"] = look_at(eye, np.array([0.004, -0.003, 0.07]))
    errors = np.random.default_rng(3).normal(0, 0.1, 40).round(3)
    turns = {float(angle): -angle + (errors[k] if k else 0.0) for k, angle in enumerate(range(0, 360, 30))}
    return Rig(cameras, poses, turns, clockwise=True)


PLACEMENTS = {
    "flat": board_on_platen(0, 0, (0.0, 0.0)),
    "left": board_on_platen(50, 10, (0.0, 0.02)),
    "back": board_on_platen(45, 100, (-0.02, 0.0)),
    "right": board_on_platen(65, 150, (0.01, 0.0)),
}


def take_photographs(rig: Rig, folder: Path, change: Callable | None = None, seed: int = 11) -> None:
    """Write photographs of all placements into a folder.

    Args:
        change: of (camera, angle, image); may spoil a picture, or drop it by returning None.
    """
    rng = np.random.default_rng(seed)
    for placement, board in PLACEMENTS.items():
        for camera in rig.cameras:
            for angle in rig.turns:
                pose = rig.pose(camera, angle)
                facing = board.R[:, 2] @ (board.t - pose.centre)
                if facing < 0.25 * np.linalg.norm(board.t - pose.centre):
                    continue  # the back of the board, or too flat to be found
                image = photograph(rig.cameras[camera], pose, board, rng)
                image = change(camera, angle, image) if change else image
                if image is not None:
                    write_image(folder / placement / f"{camera}_{angle:g}.png", image)
