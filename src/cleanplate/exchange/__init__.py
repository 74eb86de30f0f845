"""Other people's formats: `masks` of annotators' tools, `poses` of programs that calibrate."""

from cleanplate.exchange.masks import FORMATS, Exchange, convert_masks, export_masks, import_masks

__all__ = ["FORMATS", "Exchange", "convert_masks", "export_masks", "import_masks"]
