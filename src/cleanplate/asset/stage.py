"""The stage: a hull's mesh file and a capture in, a GLB out."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from cleanplate.asset.glb import write_glb
from cleanplate.asset.model import FRONT_DEG, Model
from cleanplate.asset.photos import CapturePhotos, Photos
from cleanplate.asset.profiles import Profile, find_profile, violations
from cleanplate.asset.simplify import simplify
from cleanplate.asset.texture import texture_mesh
from cleanplate.asset.usdz import write_usdz
from cleanplate.capture import Capture
from cleanplate.errors import MeshError, require
from cleanplate.files import atomic_path, write_json
from cleanplate.geometry import Mesh, read_mesh

FEWEST_TRIANGLES = 1000
"""Below that, fewer triangles would not help against too many seams."""


@dataclass(frozen=True)
class AssetReport:
    """What was written.

    Attributes:
        path: the file's name.
        triangles, vertices: of the file, seams counted.
        size_bytes: of the file.
        extent: width (x), height (y) and depth (z) in metres.
        seen: fraction of the texels that at least one photograph saw; the rest is filled in.
    """

    path: str
    profile: str
    triangles: int
    vertices: int
    size_bytes: int
    extent: tuple[float, float, float]
    seen: float


def write_asset(
    hull_mesh: Path,
    capture: Capture,
    mask_dir: Path,
    out_glb: Path,
    profile: str | Profile = "default",
    usdz: bool = False,
    front_deg: float = FRONT_DEG,
) -> AssetReport:
    """Simplify a hull, texture it from the capture's photographs, and write it as a GLB that the profile accepts.

    What is known of it goes into `.json` beside.

    Args:
        hull_mesh: watertight, in the capture's world, metres.
        mask_dir: holds <view id>.png for every view; only pixels well inside a mask give colour.
        profile: a name in PROFILES, or limits of your own.
        usdz: also write the model as `.usdz` beside.
        front_deg: azimuth in the world that becomes the front.

    Raises:
        MeshError: the mesh cannot be used, or a file would break the profile's limits; then it is not written.
        MissingExtra: USDZ or meshopt is asked for and not installed.
        ImageError, CaptureError: a photograph or mask cannot be used, or a view has no pose.
    """
    limits = profile if isinstance(profile, Profile) else find_profile(profile)
    if usdz:
        require("pxr", "usd")
    model, seen = _fit(read_mesh(hull_mesh), CapturePhotos(capture, mask_dir), limits)
    model = model.upright(front_deg)
    size = _write_checked(out_glb, model, limits, lambda path: write_glb(path, model, meshopt=limits.meshopt))
    if usdz:
        _write_checked(out_glb.with_suffix(".usdz"), model, limits, lambda path: write_usdz(path, model))
    x, y, z = np.ptp(model.vertices, axis=0).tolist()
    report = AssetReport(out_glb.name, limits.name, len(model.faces), len(model.vertices), size, (x, y, z), seen)
    write_json(out_glb.with_suffix(".json"), asdict(report))
    return report


def _fit(mesh: Mesh, photos: Photos, limits: Profile) -> tuple[Model, float]:
    """Texture the mesh with as many triangles as the profile allows, fewer where seams add too many vertices."""
    triangles = limits.max_triangles
    while True:
        model, seen = texture_mesh(simplify(mesh, triangles), photos, limits.texture_size)
        if len(model.vertices) <= limits.max_vertices or triangles < FEWEST_TRIANGLES:
            return model, seen
        triangles = int(0.95 * len(model.faces) * limits.max_vertices / len(model.vertices))


def _write_checked(path: Path, model: Model, limits: Profile, write: Callable[[Path], None]) -> int:
    with atomic_path(path) as temporary:
        write(temporary)
        size = temporary.stat().st_size
        broken = violations(limits, model, size)
        if broken:
            raise MeshError(f"{path}: not written, since it has {'; '.join(broken)}")
    return size
