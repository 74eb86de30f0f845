"""Predicted masks x truth -> metrics, tables, panels."""

from cleanplate.evaluate.compare import Comparison, Interval, compare_methods
from cleanplate.evaluate.metrics import Metrics, average_hausdorff, boundary_iou, evaluate_mask
from cleanplate.evaluate.observations import Observation, Regions, contour_offset, find_regions, observe
from cleanplate.evaluate.panels import Choice, choose_gains, choose_worst, draw_panels, error_map, write_figure
from cleanplate.evaluate.predict import Cost, make_masks
from cleanplate.evaluate.report import Report, ViewScore, evaluate_all, evaluate_masks
from cleanplate.evaluate.solids import Agreement, Limits, compare_solids
from cleanplate.evaluate.stage import compare
from cleanplate.evaluate.tables import terminal_tables, write_comparison_html
from cleanplate.evaluate.write import write_comparison

__all__ = [
    "Agreement",
    "Choice",
    "Comparison",
    "Cost",
    "Interval",
    "Limits",
    "Metrics",
    "Observation",
    "Regions",
    "Report",
    "ViewScore",
    "average_hausdorff",
    "boundary_iou",
    "choose_gains",
    "choose_worst",
    "compare",
    "compare_methods",
    "compare_solids",
    "contour_offset",
    "draw_panels",
    "error_map",
    "evaluate_all",
    "evaluate_mask",
    "evaluate_masks",
    "find_regions",
    "make_masks",
    "observe",
    "terminal_tables",
    "write_comparison",
    "write_comparison_html",
    "write_figure",
]
