"""Masks and calibrated cameras to a watertight mesh."""

from cleanplate.hull.carve import Hull, Outlier, visual_hull
from cleanplate.hull.raster import Agreement, silhouette, view_agreement
from cleanplate.hull.silhouettes import SoftMask

__all__ = ["Agreement", "Hull", "Outlier", "SoftMask", "silhouette", "view_agreement", "visual_hull"]
