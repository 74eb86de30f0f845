"""Predicted masks x truth -> metrics, tables, panels."""

from cleanplate.evaluate.compare import Comparison, Interval, compare_methods
from cleanplate.evaluate.metrics import Metrics, average_hausdorff, boundary_iou, contour, evaluate_mask
from cleanplate.evaluate.observations import Observation, contour_offset, observe, observe_masks, turned_over
from cleanplate.evaluate.panels import Choice, choose_gains, choose_worst, draw_panels, error_map, write_figure
from cleanplate.evaluate.report import Report, ViewScore, evaluate_masks
from cleanplate.evaluate.tables import terminal_tables, write_comparison_html, write_comparison_json
from cleanplate.evaluate.write import write_comparison

__all__ = [
    "Choice",
    "Comparison",
    "Interval",
    "Metrics",
    "Observation",
    "Report",
    "ViewScore",
    "average_hausdorff",
    "boundary_iou",
    "choose_gains",
    "choose_worst",
    "compare_methods",
    "contour",
    "contour_offset",
    "draw_panels",
    "error_map",
    "evaluate_mask",
    "evaluate_masks",
    "observe",
    "observe_masks",
    "terminal_tables",
    "turned_over",
    "write_comparison",
    "write_comparison_html",
    "write_comparison_json",
    "write_figure",
]
