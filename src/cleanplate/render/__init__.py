"""The simulated rig: products photographed in a light box, with plates, exact masks, poses and true meshes.

Needs the extra `render` (Mitsuba 3, Open Image Denoise) and the LLVM library; importing this package does not.
"""

from cleanplate.render.backend import RenderError, find_llvm
from cleanplate.render.batch import BatchReport, Job, render_batch
from cleanplate.render.capture import Shot, draw_shots, product_rig, render_capture
from cleanplate.render.config import Quality, RigConfig
from cleanplate.render.make import make_dataset, render_collection
from cleanplate.render.presets import PRESETS, make_rig
from cleanplate.render.recipes import RECIPES, TEST_MESHES
from cleanplate.render.rig import Rig, build_rig

__all__ = [
    "PRESETS",
    "RECIPES",
    "TEST_MESHES",
    "BatchReport",
    "Job",
    "Quality",
    "RenderError",
    "Rig",
    "RigConfig",
    "Shot",
    "build_rig",
    "draw_shots",
    "find_llvm",
    "make_dataset",
    "make_rig",
    "product_rig",
    "render_batch",
    "render_capture",
    "render_collection",
]
