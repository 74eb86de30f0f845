"""Predicted masks x truth -> metrics, tables, panels."""

from cleanplate.evaluate.metrics import Metrics, average_hausdorff, boundary_iou, contour, evaluate_mask
from cleanplate.evaluate.report import Report, ViewScore, evaluate_masks

__all__ = [
    "Metrics",
    "Report",
    "ViewScore",
    "average_hausdorff",
    "boundary_iou",
    "contour",
    "evaluate_mask",
    "evaluate_masks",
]
