"""Masks and calibrated cameras to a watertight mesh, and what it knows and does not know."""

from cleanplate.hull.carve import Hull, Outlier, visual_hull
from cleanplate.hull.concavity import surface_slack, unknown_faces
from cleanplate.hull.raster import Agreement, silhouette, view_agreement
from cleanplate.hull.silhouettes import SoftMask

__all__ = [
    "Agreement",
    "Hull",
    "Outlier",
    "SoftMask",
    "silhouette",
    "surface_slack",
    "unknown_faces",
    "view_agreement",
    "visual_hull",
]
