"""The compact network, in torch: see `network`."""

from cleanplate.segment.compact.network import Compact, CompactConfig

__all__ = ["Compact", "CompactConfig"]
