"""What shops and viewers accept: the one place with their limits, each with its date and source."""

from dataclasses import dataclass
from typing import Literal

from cleanplate.settings import check_profile

Compression = Literal["meshopt", "draco"]
"""Of geometry."""
MEGABYTE = 1_000_000
AUDITOR_RANGE = (30, 243)
"""Brightest channel of the base colour's texels that the Khronos glTF Asset Auditor 1.0.5 calls safe, 0..255."""


@dataclass(frozen=True)
class Profile:
    """Limits of one target, and what is made for it.

    Attributes:
        max_triangles, max_vertices: of the file, seams counted.
        min_texture, max_texture: side of the square textures, texels, powers of two.
        max_bytes: of the file: models are made to fit, and refused beyond.
        as_of, source: the day that the limits were read, and where.
        triangles: as many are made, where that is less than allowed: a hull holds no more detail.
        required: maps that each material must have.
        compression: of the geometry, which only the web surely reads.
        normals: bake a normal map.
        glass: as refraction (KHR_materials_transmission, _ior, _volume) or blended by alpha.
        extensions: that the target reads.
    """

    name: str
    max_triangles: int
    max_vertices: int
    min_texture: int
    max_texture: int
    max_bytes: int
    as_of: str
    source: str
    triangles: int = 35_000
    required: tuple[str, ...] = ("colour", "surface")
    compression: Compression | None = None
    normals: bool = False
    glass: Literal["refraction", "blend"] = "refraction"
    extensions: tuple[str, ...] = (
        "KHR_materials_transmission",
        "KHR_materials_ior",
        "KHR_materials_volume",
        "KHR_xmp_json_ld",
    )

    @property
    def made_triangles(self) -> int:
        """How many triangles a model of this profile gets at most."""
        return min(self.triangles, self.max_triangles)


_BLEND: tuple[str, ...] = ("KHR_xmp_json_ld",)
_AMAZON = (
    "KHR_draco_mesh_compression",
    "KHR_interactivity",
    "KHR_materials_clearcoat",
    "KHR_materials_ior",
    "KHR_materials_sheen",
    "KHR_materials_transmission",
    "KHR_materials_volume",
)
"""Its whole list: a file that says where it comes from (KHR_xmp_json_ld) would be refused."""
PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            "default", 35_000, 30_000, 512, 2048, 5 * MEGABYTE, "2026-11-26",
            "what Scene Viewer, Quick Look and the auditor's recommended schema (5,120 kB, 512 to 2048) all take",
            glass="blend", extensions=_BLEND,
        ),
        Profile(
            "amazon", 200_000, 200_000, 2048, 4096, 25 * MEGABYTE, "2026-11-26",
            "Amazon Seller Central, 3D models: technical requirements (triangles, textures, required maps, extensions)",
            triangles=60_000, normals=True, extensions=_AMAZON,
        ),
        Profile(
            "shopify", 100_000, 100_000, 512, 2048, 4 * MEGABYTE, "2026-11-26",
            "https://help.shopify.com/en/partners/resources/creating-media/3d-models/creating-3d-models/"
            "3d-modeling-checklist (usually 4 MB, optimised by the shop from 15 MB, base colour, normal, packed ORM)",
            normals=True, glass="blend", extensions=_BLEND, required=("colour", "surface", "normal"),
        ),
        Profile(
            "google", 100_000, 30_000, 512, 2048, 10 * MEGABYTE, "2026-11-26",
            "https://support.google.com/merchants/answer/13674896 (10 MB, at most 15); Scene Viewer's 30,000 vertices",
            glass="blend", extensions=_BLEND,
        ),
        Profile(
            "khronos-ar", 150_000, 150_000, 512, 2048, 3 * MEGABYTE, "2026-11-26",
            "Khronos 3D Commerce publishing guidelines 1.0: single-item mobile AR (3 MB, 150,000 triangles, 2K)",
            normals=True, glass="blend", extensions=_BLEND,
        ),
        Profile(
            "khronos-planner", 40_000, 40_000, 256, 1024, 1 * MEGABYTE, "2026-11-26",
            "Khronos 3D Commerce publishing guidelines 1.0: web-based planning tool (1 MB, 40,000 triangles, 1K)",
            triangles=12_000, normals=True, glass="blend", extensions=_BLEND,
        ),
        Profile(
            "quicklook", 100_000, 100_000, 512, 2048, 10 * MEGABYTE, "2026-11-26",
            "https://developer.apple.com/forums/thread/693867 (100,000 polygons, one set of 2048 x 2048 textures)",
            normals=True, glass="blend", extensions=_BLEND,
        ),
        Profile(
            "web", 100_000, 65_535, 512, 2048, 3 * MEGABYTE, "2026-11-26",
            "model-viewer 4 with the vendored meshopt decoder; 3 MB as the Khronos guidelines for one item on the web",
            compression="meshopt", normals=True,
            extensions=(*Profile.extensions, "EXT_meshopt_compression"),
        ),
        Profile(
            "web-draco", 100_000, 65_535, 512, 2048, 3 * MEGABYTE, "2026-11-27",
            "model-viewer 4, which fetches Draco's decoder by itself, or with the vendored one; otherwise as web",
            compression="draco",
            extensions=(*Profile.extensions, "KHR_draco_mesh_compression"),
        ),
    )
}  # fmt: skip


def find_profile(name: str) -> Profile:
    """Return a profile by name.

    Raises:
        SettingsError: there is none of that name.
    """
    check_profile(name)
    return PROFILES[name]


def violations(profile: Profile, triangles: int, vertices: int, texture: int, size_bytes: int) -> list[str]:
    """Return a phrase for every limit that a file breaks; `texture` is its largest texture's side, 0 for none."""
    checks = (
        ("triangles", triangles, profile.max_triangles),
        ("vertices", vertices, profile.max_vertices),
        ("texels along the texture's side", texture, profile.max_texture),
        ("bytes", size_bytes, profile.max_bytes),
    )
    return [
        f"{got} {what} where the profile {profile.name!r} allows {limit}" for what, got, limit in checks if got > limit
    ]
