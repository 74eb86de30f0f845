"""Mesh + photographs -> coloured GLB and USDZ."""

from cleanplate.asset.colour import colour_vertices, vertex_normals
from cleanplate.asset.glb import write_glb
from cleanplate.asset.model import Model
from cleanplate.asset.photos import CapturePhotos, Photo
from cleanplate.asset.preview import preview
from cleanplate.asset.profiles import PROFILES, Profile, find_profile
from cleanplate.asset.simplify import is_watertight, simplify
from cleanplate.asset.stage import AssetReport, read_mesh, write_asset
from cleanplate.asset.texture import texture_mesh
from cleanplate.asset.usdz import write_usdz

__all__ = [
    "PROFILES",
    "AssetReport",
    "CapturePhotos",
    "Model",
    "Photo",
    "Profile",
    "colour_vertices",
    "find_profile",
    "is_watertight",
    "preview",
    "read_mesh",
    "simplify",
    "texture_mesh",
    "vertex_normals",
    "write_asset",
    "write_glb",
    "write_usdz",
]
