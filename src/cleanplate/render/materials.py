"""Product materials as Mitsuba BSDFs, of three kinds only, so that every scene compiles to the same kernel."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from jaxtyping import UInt8

from cleanplate.render.backend import mitsuba
from cleanplate.render.config import RGB
from cleanplate.render.products.types import Material

BsdfKind = Literal["opaque", "glass", "frosted"]
_OFF = 1e-4  # principled drops a lobe, and changes the kernel, when its weight is exactly zero

# kind -> (lowest roughness, highest, metallic, specular, clearcoat, sheen, anisotropic)
_OPAQUE = {
    "chrome": (0.02, 0.08, 1.0, 0.5, _OFF, _OFF, _OFF),
    "brushed_metal": (0.18, 0.45, 1.0, 0.5, _OFF, _OFF, 0.6),
    "gold": (0.04, 0.3, 1.0, 0.5, _OFF, _OFF, _OFF),
    "gloss_white": (0.06, 0.2, _OFF, 0.55, 0.6, _OFF, _OFF),
    "matt_white": (0.5, 1.0, _OFF, 0.3, _OFF, _OFF, _OFF),
    "ceramic": (0.06, 0.25, _OFF, 0.55, 0.6, _OFF, _OFF),
    "plastic": (0.12, 0.5, _OFF, 0.5, _OFF, _OFF, _OFF),
    "rubber": (0.5, 0.9, _OFF, 0.35, _OFF, _OFF, _OFF),
    "wood": (0.35, 0.8, _OFF, 0.4, 0.1, _OFF, _OFF),
    "fabric": (0.8, 1.0, _OFF, 0.15, _OFF, 0.6, _OFF),
    "label": (0.25, 0.6, _OFF, 0.45, _OFF, _OFF, _OFF),
    "paint": (0.15, 0.6, _OFF, 0.5, 0.3, _OFF, _OFF),
}
_GLASS = ("clear_glass", "tinted_glass")
_FROSTED = ("frosted_glass", "translucent_plastic")
_METAL_COLOUR = {"chrome": (0.72, 0.73, 0.74), "gold": (0.95, 0.66, 0.28)}


def bsdf_kind(material: Material) -> BsdfKind:
    """Which of the three BSDF kinds a material becomes.

    Raises:
        ValueError: an unknown material kind.
    """
    if material.kind in _GLASS:
        return "glass"
    if material.kind in _FROSTED:
        return "frosted"
    if material.kind in _OPAQUE:
        return "opaque"
    raise ValueError(f"unknown material kind {material.kind!r}")


def material_bsdf(material: Material, texture: UInt8[np.ndarray, "h w 3"] | None = None) -> dict[str, Any]:
    """The Mitsuba description of a product's material; a texture replaces its colour."""
    kind = bsdf_kind(material)
    if kind == "glass":
        return glass(material.colour)
    if kind == "frosted":
        ior = 1.5 if material.kind == "frosted_glass" else 1.35
        return frosted(material.colour, float(np.clip(material.roughness, 0.12, 0.6)), ior)
    low, high, metallic, specular, clearcoat, sheen, anisotropic = _OPAQUE[material.kind]
    colour = _METAL_COLOUR.get(material.kind, material.colour)
    return principled(
        _linear(texture) if texture is not None else colour,
        roughness=float(np.clip(material.roughness, low, high)),
        metallic=metallic,
        specular=specular,
        clearcoat=clearcoat,
        sheen=sheen,
        anisotropic=anisotropic,
    )


def principled(
    colour: RGB | np.ndarray,
    roughness: float = 0.5,
    metallic: float = _OFF,
    specular: float = 0.5,
    clearcoat: float = _OFF,
    sheen: float = _OFF,
    anisotropic: float = _OFF,
) -> dict[str, Any]:
    """Any opaque surface; `colour` is linear RGB, one value or an (h, w, 3) image whose first row is v = 1."""
    image = np.asarray(colour, np.float32).reshape(-1, 1, 3) if np.ndim(colour) == 1 else np.asarray(colour, np.float32)
    return {
        "type": "twosided",
        "nested": {
            "type": "principled",
            "base_color": {
                "type": "bitmap",
                "bitmap": mitsuba().Bitmap(np.clip(image, 0.01, 0.95)),
                "raw": True,
            },
            "roughness": roughness,
            "metallic": metallic,
            "specular": specular,
            "clearcoat": clearcoat,
            "clearcoat_gloss": 0.95,
            "sheen": sheen,
            "anisotropic": anisotropic,
        },
    }


def glass(colour: RGB = (1.0, 1.0, 1.0)) -> dict[str, Any]:
    """Smooth dielectric; `colour` is what one surface lets through."""
    return {"type": "dielectric", "int_ior": 1.5, "ext_ior": 1.0, "specular_transmittance": _rgb(colour)}


def coated(colour: RGB) -> dict[str, Any]:
    """Paint under a smooth glass sheet: a mirror image of what stands on it, and soft shadows."""
    return {"type": "plastic", "int_ior": 1.5, "ext_ior": 1.0, "diffuse_reflectance": _rgb(colour), "nonlinear": True}


def frosted(colour: RGB = (1.0, 1.0, 1.0), alpha: float = 0.2, ior: float = 1.5) -> dict[str, Any]:
    """Rough dielectric (GGX)."""
    return {
        "type": "roughdielectric",
        "distribution": "ggx",
        "alpha": alpha,
        "int_ior": ior,
        "ext_ior": 1.0,
        "specular_transmittance": _rgb(colour),
    }


def _rgb(colour: RGB) -> dict[str, Any]:
    return {"type": "rgb", "value": [float(min(c, 0.999)) for c in colour]}


def _linear(texture: np.ndarray) -> np.ndarray:
    """sRGB bytes to linear RGB."""
    x = np.asarray(texture[..., :3], np.float32) / 255
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4).astype(np.float32)
