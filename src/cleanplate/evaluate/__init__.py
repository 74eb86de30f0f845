"""Predicted masks x truth -> metrics, tables, panels."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cleanplate.evaluate.compare import Comparison, Cost, Interval, compare_methods
    from cleanplate.evaluate.metrics import Metrics, average_hausdorff, boundary_iou, evaluate_mask
    from cleanplate.evaluate.observations import Observation, Regions, contour_offset, find_regions, observe
    from cleanplate.evaluate.panels import Choice, choose_gains, choose_worst, draw_panels, error_map, write_figure
    from cleanplate.evaluate.report import Report, ViewScore, evaluate_all, evaluate_masks
    from cleanplate.evaluate.solids import Agreement, Limits, compare_solids
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
    "compare_methods",
    "compare_solids",
    "contour_offset",
    "draw_panels",
    "error_map",
    "evaluate_all",
    "evaluate_mask",
    "evaluate_masks",
    "find_regions",
    "observe",
    "terminal_tables",
    "write_comparison",
    "write_comparison_html",
    "write_figure",
]

_ROOMS = {
    "compare": "Comparison Cost Interval compare_methods",
    "metrics": "Metrics average_hausdorff boundary_iou evaluate_mask",
    "observations": "Observation Regions contour_offset find_regions observe",
    "panels": "Choice choose_gains choose_worst draw_panels error_map write_figure",
    "report": "Report ViewScore evaluate_all evaluate_masks",
    "solids": "Agreement Limits compare_solids",
    "tables": "terminal_tables write_comparison_html",
    "write": "write_comparison",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for alone: training measures masks on machines that have not what the rest needs."""
    for module, names in _ROOMS.items():
        if name in names.split():
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
