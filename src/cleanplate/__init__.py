"""cleanplate: from clean-plate captures to AR models.

What a notebook needs lies here, and is imported when it is first asked for:

    import cleanplate

    capture = cleanplate.read_capture(folder)
    probability = cleanplate.segment(image, plate)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cleanplate import segment as segment
    from cleanplate.asset import texture_mesh, write_glb, write_usdz
    from cleanplate.batch import run_batch as run
    from cleanplate.capture import read_capture
    from cleanplate.evaluate import evaluate_mask
    from cleanplate.hull import refine, visual_hull
    from cleanplate.segment import load_model

__version__ = "0.1.0"

__all__ = [
    "evaluate_mask",
    "load_model",
    "read_capture",
    "refine",
    "run",
    "segment",
    "texture_mesh",
    "visual_hull",
    "write_glb",
    "write_usdz",
]

_HOMES = {
    "evaluate_mask": "evaluate",
    "load_model": "segment",
    "read_capture": "capture",
    "refine": "hull",
    "run": "batch.run_batch",
    "texture_mesh": "asset",
    "visual_hull": "hull",
    "write_glb": "asset",
    "write_usdz": "asset",
}


def __getattr__(name: str) -> Any:
    if name == "segment":
        return import_module("cleanplate.segment")  # the room itself can be called
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room, _, own = _HOMES[name].partition(".")
    return getattr(import_module(f"cleanplate.{room}"), own or name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
