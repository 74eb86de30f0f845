"""Overlays and the HTML report: what a person looks at."""

from cleanplate.report.overlay import disagreement, overlay, thumbnail
from cleanplate.report.page import ViewPanel, view_panel, write_report

__all__ = ["ViewPanel", "disagreement", "overlay", "thumbnail", "view_panel", "write_report"]
