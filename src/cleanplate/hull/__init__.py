"""Probabilities and calibrated cameras to masks and a watertight mesh, and what it knows and does not know."""

from cleanplate.hull.agreement import Agreement, view_agreement
from cleanplate.hull.carve import Hull, Outlier, visual_hull
from cleanplate.hull.concavity import surface_slack, unknown_share
from cleanplate.hull.refine import Refined, carving_mask, refine, refine_views
from cleanplate.hull.silhouettes import SoftMask
from cleanplate.hull.stage import (
    hear,
    refined_problems,
    write_hull,
    write_masks,
)
from cleanplate.hull.vessel import hollowed, write_vessel

__all__ = [
    "Agreement",
    "Hull",
    "Outlier",
    "Refined",
    "SoftMask",
    "carving_mask",
    "hear",
    "hollowed",
    "refine",
    "refine_views",
    "refined_problems",
    "surface_slack",
    "unknown_share",
    "view_agreement",
    "visual_hull",
    "write_hull",
    "write_masks",
    "write_vessel",
]
