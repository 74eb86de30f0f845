"""The stage: a hull's mesh file and a capture in, a GLB out."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from cleanplate.asset.glb import XMP, glb_bytes
from cleanplate.asset.model import FRONT_DEG, Model
from cleanplate.asset.photos import CapturePhotos, Photos
from cleanplate.asset.pictures import QUALITY, Pictures, empty_pictures, encode_pictures
from cleanplate.asset.profiles import Profile, find_profile, violations
from cleanplate.asset.provenance import provenance
from cleanplate.asset.simplify import simplify
from cleanplate.asset.texture import Baked, bake
from cleanplate.asset.usdz import write_usdz
from cleanplate.capture import Capture
from cleanplate.errors import MeshError, require
from cleanplate.files import atomic_path, write_bytes, write_json
from cleanplate.geometry import Mesh, read_mesh
from cleanplate.image import write_mask

FEWEST_TRIANGLES = 1000
"""Below that, fewer triangles would not help against too many seams."""
TEXELS_PER_PIXEL = 2.0
"""Along the diagonal of a photograph, against the texture's side."""
QUALITIES = (QUALITY, 80, 70, 60)
"""Of JPEG, tried in this order before the textures are made smaller."""
HEADER = 4096
"""Bytes of JSON that textures and provenance may add."""


@dataclass(frozen=True)
class AssetReport:
    """What was written.

    Attributes:
        path: the file's name.
        triangles, vertices: of the file, seams counted, but for the few vertices that Draco doubles.
        texture: side of its textures, texels.
        size_bytes: of the file.
        extent: width (x), height (y) and depth (z) in metres.
        seen: fraction of the texels that at least one photograph saw; the rest is filled in.
        materials: part of the surface's vertices that was taken for matt, gloss, metal and glass.
        confidence: mean over them, 0..1.
        front_deg: azimuth in the world that became the front.
    """

    path: str
    profile: str
    triangles: int
    vertices: int
    texture: int
    size_bytes: int
    extent: tuple[float, float, float]
    seen: float
    materials: dict[str, float]
    confidence: float
    front_deg: float


def write_asset(
    hull_mesh: Path,
    capture: Capture,
    mask_dir: Path,
    out_glb: Path,
    profile: str | Profile = "default",
    usdz: bool = False,
    front_deg: float = FRONT_DEG,
    made_by: Mapping[str, str] | None = None,
) -> AssetReport:
    """Simplify a hull, texture it from the capture's photographs, and write it as a GLB that the profile accepts.

    What is known of it goes into `.json` beside, and which texels no photograph saw into `.unseen.png`.

    Args:
        hull_mesh: watertight, in the capture's world, metres.
        mask_dir: holds <view id>.png for every view; only pixels well inside a mask give colour.
        profile: a name in PROFILES, or limits of your own.
        usdz: also write the model as `.usdz` beside.
        front_deg: azimuth in the world that becomes the front.
        made_by: what made the masks; then the files say, where the profile reads it, what they were made from.

    Raises:
        MeshError: the mesh cannot be used, or a file would break the profile's limits; then it is not written.
        MissingExtra: USDZ or compression is asked for and not installed.
        ImageError, CaptureError: a photograph or mask cannot be used, or a view has no pose.
    """
    limits = profile if isinstance(profile, Profile) else find_profile(profile)
    if usdz:
        require("pxr", "usd")
    transparent = any(tag == "transparent" or "glass" in tag for tag in capture.tags)
    baked, pictures = _fit(read_mesh(hull_mesh), CapturePhotos(capture, mask_dir), limits, transparent)
    model = baked.model.upright(front_deg)
    x, y, z = np.ptp(model.vertices, axis=0).tolist()
    report = AssetReport(
        out_glb.name, limits.name, len(model.faces), len(model.vertices), pictures.side, 0, (x, y, z), baked.seen,
        baked.materials.shares, float(baked.materials.confidence.mean()), front_deg,
    )  # fmt: skip
    refraction = limits.glass == "refraction"
    origin = None if made_by is None else provenance(capture, mask_dir, hull_mesh, made_by)
    told = origin if XMP in limits.extensions else None
    data = glb_bytes(model, limits.compression, pictures, refraction, told, capture.title or "product")
    size = _write_checked(out_glb, limits, report, lambda path: write_bytes(path, data))
    report = replace(report, size_bytes=size)
    if usdz:
        _write_checked(
            out_glb.with_suffix(".usdz"), limits, report, lambda path: write_usdz(path, model, pictures, origin)
        )
    write_json(out_glb.with_suffix(".json"), asdict(report))
    write_mask(out_glb.with_suffix(".unseen.png"), baked.unseen)
    return report


def _fit(mesh: Mesh, photos: Photos, limits: Profile, transparent: bool) -> tuple[Baked, Pictures]:
    """Texture the mesh within the profile's limits.

    As many triangles as the profile allows, fewer where seams add too many vertices or nothing else makes the file
    small enough; the largest textures, of the best quality, that it has room for: quality goes first, then size.
    """
    triangles, side = limits.made_triangles, texture_side(photos, limits)
    while True:
        baked = bake(simplify(mesh, triangles), photos, side, mesh if limits.normals else None, transparent)
        model = baked.model
        shape = len(glb_bytes(model, limits.compression, empty_pictures(model))) + HEADER
        pictures = fitting_pictures(model, limits.min_texture, limits.max_bytes - shape)
        small = len(model.vertices) <= limits.max_vertices and pictures is not None
        if small or triangles < FEWEST_TRIANGLES:
            return baked, pictures or encode_pictures(model, limits.min_texture, QUALITIES[-1])
        over = 1.0 if pictures is not None else 0.8
        triangles = int(0.95 * len(model.faces) * min(over, limits.max_vertices / len(model.vertices)))


def texture_side(photos: Photos, limits: Profile) -> int:
    """Return how many texels along the texture's side hold what the photographs show, within the limits.

    A power of two, of at least twice the pictures' diagonal: half a dozen texels for each pixel that shows a compact
    product.
    """
    camera = photos[0].camera
    wanted = 2 ** int(np.ceil(np.log2(TEXELS_PER_PIXEL * np.hypot(camera.width, camera.height))))
    return int(np.clip(wanted, limits.min_texture, limits.max_texture))


def fitting_pictures(model: Model, smallest: int, room: int) -> Pictures | None:
    """Return the textures of the largest size and then of the best quality that take at most `room` bytes, if any."""
    if model.texture is None:
        return Pictures(0)
    side = len(model.texture)
    while side >= min(smallest, len(model.texture)):
        for quality in QUALITIES:
            pictures = encode_pictures(model, side, quality)
            if pictures.size <= room:
                return pictures
        side //= 2
    return None


def _write_checked(path: Path, limits: Profile, found: AssetReport, write: Callable[[Path], None]) -> int:
    with atomic_path(path) as temporary:
        write(temporary)
        size = temporary.stat().st_size
        if broken := violations(limits, found.triangles, found.vertices, found.texture, size):
            raise MeshError(f"{path}: not written, since it has {'; '.join(broken)}")
    return size
