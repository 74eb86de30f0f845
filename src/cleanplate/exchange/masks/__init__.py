"""Masks to and from the tools of annotators: COCO, CVAT, Label Studio, LabelMe and plain PNGs."""

from cleanplate.exchange.masks.convert import Exchange, convert_masks, export_masks, import_masks
from cleanplate.exchange.masks.formats import FORMATS

__all__ = ["FORMATS", "Exchange", "convert_masks", "export_masks", "import_masks"]
