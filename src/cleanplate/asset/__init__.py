"""Mesh + photographs -> coloured GLB and USDZ."""

from cleanplate.asset.glb import write_glb
from cleanplate.asset.model import Model
from cleanplate.asset.photos import CapturePhotos, Photo
from cleanplate.asset.preview import preview
from cleanplate.asset.profiles import PROFILES, Profile, find_profile
from cleanplate.asset.simplify import simplify
from cleanplate.asset.stage import AssetReport, write_asset
from cleanplate.asset.texture import texture_mesh
from cleanplate.asset.usdz import write_usdz

__all__ = [
    "PROFILES",
    "AssetReport",
    "CapturePhotos",
    "Model",
    "Photo",
    "Profile",
    "find_profile",
    "preview",
    "simplify",
    "texture_mesh",
    "write_asset",
    "write_glb",
    "write_usdz",
]
