"""First masks that err as networks, tools and people do: parts that many views miss, spots, edges, whole views."""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Bool, Float

from cleanplate.geometry import Camera, Pose, project
from cleanplate.hull.refiner import SURE

Logits = Float[np.ndarray, "v h w"]
Truth = Bool[np.ndarray, "v h w"]


def degraded(
    logits: Logits, truth: Truth, cameras: Sequence[Camera], poses: Sequence[Pose], rng: np.random.Generator
) -> Logits:
    """Return logits with faults: parts missed by many views, blobs and holes of one, edges moved, a view of nothing."""
    logits = np.clip(logits.astype(np.float32), -SURE, SURE)
    for _ in range(rng.integers(0, 4)):
        _miss_part(logits, truth, cameras, poses, rng)
    for n in range(len(logits)):
        if rng.random() < 0.2:
            side = 2 * int(rng.integers(1, 4)) + 1
            change = cv2.dilate if rng.random() < 0.5 else cv2.erode
            logits[n] = change(logits[n], cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
        for _ in range(rng.integers(0, 3) if rng.random() < 0.4 else 0):
            _blob(logits[n], truth[n], rng)
    if rng.random() < 0.2:
        n = int(rng.integers(len(logits)))
        logits[n] = -SURE if rng.random() < 0.5 else np.roll(logits[n], rng.integers(-40, 40, 2), (0, 1))
    if rng.random() < 0.2:
        logits = np.where(logits > 0, SURE, -SURE).astype(np.float32)
    return logits


def region(shape: tuple[int, int], x: float, y: float, radius: float, rng: np.random.Generator) -> np.ndarray:
    """Return an ellipse or a part of one."""
    canvas = np.zeros(shape, np.uint8)
    axes = max(1, int(radius)), max(1, int(radius * rng.uniform(0.3, 1)))
    first = rng.uniform(0, 360)
    cv2.ellipse(canvas, (int(x), int(y)), axes, rng.uniform(0, 180), first, first + rng.uniform(150, 360), 1, -1)
    return canvas > 0


def _miss_part(
    logits: Logits, truth: Truth, cameras: Sequence[Camera], poses: Sequence[Pose], rng: np.random.Generator
) -> None:
    """Let a share of the views miss, or doubt, what lies about one point of the product."""
    first = int(rng.integers(len(truth)))
    rows, columns = np.nonzero(truth[first])
    if not len(rows):
        return
    pick = int(rng.integers(len(rows)))
    camera, pose = cameras[first], poses[first]
    depth = float(np.linalg.norm(pose.centre)) * rng.uniform(0.9, 1.05)
    ray = np.linalg.solve(camera.K, [columns[pick] + 0.5, rows[pick] + 0.5, 1.0]) * depth
    point = pose.to_world(ray[None])
    size = np.sqrt(truth[first].sum()) * rng.uniform(0.08, 0.5)
    share, value = rng.uniform(0.1, 0.9), rng.choice([-SURE, -rng.uniform(0.2, 3)])
    for n in range(len(truth)):
        if rng.random() < share:
            xy = project(cameras[n], poses[n], point)[0][0]
            if np.isfinite(xy).all() and (np.abs(xy) < 1e4).all():
                hit = region(truth.shape[1:], xy[0], xy[1], size, rng)
                logits[n][hit] = np.minimum(logits[n][hit], value)


def _blob(logit: np.ndarray, truth: np.ndarray, rng: np.random.Generator) -> None:
    """Add or take away a spot near one mask's outline."""
    near = cv2.dilate(truth.astype(np.uint8), np.ones((31, 31), np.uint8)) > 0
    rows, columns = np.nonzero(near)
    if len(rows):
        pick = int(rng.integers(len(rows)))
        hit = region(truth.shape, float(columns[pick]), float(rows[pick]), rng.uniform(2, 25), rng)
        logit[hit] = SURE * rng.uniform(0.2, 1) * rng.choice([-1, 1])
