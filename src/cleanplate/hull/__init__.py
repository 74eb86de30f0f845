"""Masks and calibrated cameras to a watertight mesh, and what it knows and does not know."""

from cleanplate.hull.agreement import Agreement, view_agreement
from cleanplate.hull.carve import Hull, Outlier, visual_hull
from cleanplate.hull.concavity import surface_slack, unknown_faces, unknown_share
from cleanplate.hull.feedback import mend_masks, widen
from cleanplate.hull.silhouettes import SoftMask
from cleanplate.hull.stage import read_view_mask, write_hull

__all__ = [
    "Agreement",
    "Hull",
    "Outlier",
    "SoftMask",
    "mend_masks",
    "read_view_mask",
    "surface_slack",
    "unknown_faces",
    "unknown_share",
    "view_agreement",
    "visual_hull",
    "widen",
    "write_hull",
]
