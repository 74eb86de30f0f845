"""Masks to and from the tools of annotators: COCO, CVAT, Label Studio, LabelMe and plain PNGs."""

from cleanplate.exchange.convert import Exchange, convert_masks, export_masks, import_masks
from cleanplate.exchange.formats import FORMATS

__all__ = ["FORMATS", "Exchange", "convert_masks", "export_masks", "import_masks"]
