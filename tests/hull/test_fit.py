"""Whether masks and poses belong together is told before anything is carved."""

import numpy as np

from cleanplate.geometry import Mesh
from cleanplate.geometry.raster import silhouette
from cleanplate.hull.fit import pose_fit

from .rig import CAMERA, orbit, torus


def masks_of(poses):
    mesh = Mesh.of(torus().apply_translation([0.01, 0.02, 0.02]))
    return [silhouette(mesh, CAMERA, pose) for pose in poses]


def test_right_poses_agree_and_poses_of_other_views_do_not():
    poses = orbit(12)
    masks = masks_of(poses)
    fit = pose_fit(masks, [CAMERA] * 12, poses)
    assert fit.median < 0.5
    assert not fit.wrong
    other = pose_fit(masks, [CAMERA] * 12, [*poses[5:], *poses[:5]])
    assert other.median > 6
    assert other.wrong


def test_the_view_that_moved_misses_most():
    poses = orbit(12)
    masks = masks_of(poses)
    masks[7] = np.roll(masks[7], 9, axis=1)
    fit = pose_fit(masks, [CAMERA] * 12, poses)
    assert not fit.wrong
    assert int(np.nanargmax(fit.by_view)) == 7


def test_nothing_is_told_of_too_few_or_empty_masks():
    poses = orbit(12)
    masks = masks_of(poses)
    assert pose_fit(masks[:2], [CAMERA] * 2, poses[:2]) is None
    assert pose_fit([np.zeros_like(mask) for mask in masks], [CAMERA] * 12, poses) is None
