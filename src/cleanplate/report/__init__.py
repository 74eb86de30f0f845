"""Overlays and the HTML report: what a person looks at."""

from cleanplate.report.overlay import disagreement, overlay, thumbnail
from cleanplate.report.page import ViewPanel, view_panel, write_report
from cleanplate.report.stage import figures, hull_problems, measures, read_facts, write_product

__all__ = [
    "ViewPanel",
    "disagreement",
    "figures",
    "hull_problems",
    "measures",
    "overlay",
    "read_facts",
    "thumbnail",
    "view_panel",
    "write_product",
    "write_report",
]
