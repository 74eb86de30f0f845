"""Probabilities and calibrated cameras to masks and a watertight mesh, and what it knows and does not know."""

from cleanplate.hull.agreement import Agreement, view_agreement
from cleanplate.hull.carve import Hull, Outlier, visual_hull
from cleanplate.hull.concavity import surface_slack, unknown_faces, unknown_share
from cleanplate.hull.refine import carving_mask, refine
from cleanplate.hull.silhouettes import SoftMask
from cleanplate.hull.stage import read_view_mask, write_hull, write_masks
from cleanplate.hull.votes import refine_masks, widen

__all__ = [
    "Agreement",
    "Hull",
    "Outlier",
    "SoftMask",
    "carving_mask",
    "read_view_mask",
    "refine",
    "refine_masks",
    "surface_slack",
    "unknown_faces",
    "unknown_share",
    "view_agreement",
    "visual_hull",
    "widen",
    "write_hull",
    "write_masks",
]
