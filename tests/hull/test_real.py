"""Hulls of rendered scans with known shape, and of real photographs."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh
from scipy.spatial import cKDTree

from cleanplate.capture import read_capture
from cleanplate.geometry import Camera, decompose_projection
from cleanplate.geometry.raster import silhouette
from cleanplate.hull import view_agreement, visual_hull
from cleanplate.image import read_image, read_mask


@pytest.mark.parametrize("asin", ["B0CUP00001", "B0PITCHER1"])
def test_hull_of_exact_masks_holds_the_true_mesh(shared_dir: Path, asin: str):
    capture = read_capture(shared_dir / "captures" / asin)
    cameras = [capture.camera_of(view) for view in capture.views]
    masks = [read_mask(capture.folder / view.mask) for view in capture.views]
    poses = capture.poses()
    hull = visual_hull(masks, cameras, poses, 192)
    truth = trimesh.load_mesh(capture.folder / "truth.ply")
    pixel = np.median([np.linalg.norm(p.t) / c.K[0, 0] for p, c in zip(poses, cameras, strict=True)])

    # How far each true vertex stands out of the hull, along the normal of the hull's nearest vertex.
    mesh = trimesh.Trimesh(hull.vertices, hull.faces, process=False)
    _, nearest = cKDTree(hull.vertices).query(truth.vertices)
    out = np.einsum("ij,ij->i", truth.vertices - hull.vertices[nearest], mesh.vertex_normals[nearest])
    assert np.percentile(out, 99) < 0.5 * pixel
    assert out.max() < pixel

    worst = view_agreement(hull, masks, cameras, poses)[0]
    assert worst.iou > 0.99
    assert worst.missing < 30  # of some 40,000 pixels


def blue_key(image: np.ndarray) -> np.ndarray:
    """Return the largest thing that is redder than blue."""
    red, _, blue = np.moveaxis(image.astype(int), -1, 0)
    key = ((red > blue - 8) & (image.sum(axis=-1) > 60)).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(key, cv2.MORPH_CLOSE, np.ones((3, 3))))
    return labels == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])


def test_photographed_dinosaur_is_met_in_every_view(shared_dir: Path):
    folder = shared_dir / "real" / "dino"
    masks, cameras, poses = [], [], []
    for name, matrix in sorted(json.loads((folder / "projection.json").read_text()).items()):
        # These matrices are of a left-handed world, so its z is turned around.
        K, pose = decompose_projection(np.array(matrix) @ np.diag([1.0, 1.0, -1.0, 1.0]))
        masks.append(blue_key(read_image(folder / name)))
        cameras.append(Camera(720, 576, K))
        poses.append(pose)
    hull = visual_hull(masks, cameras, poses, 192, floor=None)
    assert trimesh.Trimesh(hull.vertices, hull.faces).is_watertight
    assert view_agreement(hull, masks, cameras, poses)[0].iou > 0.97
    assert np.linalg.norm(hull.vertices.mean(axis=0) - [0, 0, 0.62]) < 0.1
    held_out = visual_hull(masks[1:], cameras[1:], poses[1:], 192, floor=None)
    seen = silhouette(held_out, cameras[0], poses[0])
    assert (seen & masks[0]).sum() / (seen | masks[0]).sum() > 0.95
