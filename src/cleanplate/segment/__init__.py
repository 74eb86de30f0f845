"""Image + plate -> probability of foreground: the classical method, and networks by ONNX Runtime.

`deeplab` and `compact` are the networks themselves and need the extra `[train]`.
"""

from cleanplate.segment.model import MODELS, Model, is_model, load_model
from cleanplate.segment.stage import segment_views

__all__ = ["MODELS", "Model", "is_model", "load_model", "segment_views"]
