"""Image + plate -> probability of foreground: the classical method, and networks by ONNX Runtime.

The room itself can be called: `cleanplate.segment(image, plate)`. `deeplab` and `compact` are the networks themselves
and need the extra `[train]`. The stage is `cleanplate.segment.stage`: it reads captures, whose libraries a machine
that only trains need not have.
"""

import sys
from types import ModuleType

from cleanplate.segment.model import MODELS, RULES, Model, is_model, load_model
from cleanplate.types import Image, Probability

__all__ = ["MODELS", "RULES", "Model", "is_model", "load_model"]


class _Room(ModuleType):
    def __call__(self, image: Image, plate: Image | None = None, model: str | Model = "default") -> Probability:
        """Return the probability of foreground of one photograph.

        Args:
            image, plate: RGB, 8 bits, of one size; networks need a plate.
            model: a name or .onnx file, loaded anew each time, or what `load_model` returned.

        Returns:
            float32, 0 to 1; the mask is where it is at least 0.5. The method `classical` gives 0 and 1 alone.

        Raises:
            ImageError: the plate is missing and needed, or has another size.
            ModelError: no such model.
        """
        method = load_model(model) if isinstance(model, str) else model
        return method.segment(image, plate)


sys.modules[__name__].__class__ = _Room
