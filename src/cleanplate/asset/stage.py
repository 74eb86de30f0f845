"""The stage: a hull's mesh file and a capture in, a GLB out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cleanplate.asset.colour import colour_vertices, vertex_normals
from cleanplate.asset.glb import write_glb
from cleanplate.asset.model import FRONT_DEG, Model
from cleanplate.asset.photos import CapturePhotos
from cleanplate.asset.profiles import find_profile, violations
from cleanplate.asset.simplify import simplify
from cleanplate.capture import Capture
from cleanplate.errors import MeshError
from cleanplate.geometry.raster import Faces
from cleanplate.types import Points


@dataclass(frozen=True)
class AssetReport:
    """What was written.

    Attributes:
        triangles, vertices: of the file, seams counted.
        size_bytes: of the file.
        extent: width (x), height (y) and depth (z) in metres.
        seen: fraction of the surface's vertices that at least one photograph saw; the rest is filled in.
    """

    path: Path
    profile: str
    triangles: int
    vertices: int
    size_bytes: int
    extent: tuple[float, float, float]
    seen: float


def read_mesh(path: Path) -> tuple[Points, Faces]:
    """Read a triangle mesh (PLY, OBJ, STL, GLB), in metres.

    Raises:
        MeshError: not there, not a mesh, or empty.
    """
    import trimesh

    if not path.is_file():
        raise MeshError(f"{path}: not found; reconstruct the hull first")
    try:
        mesh = trimesh.load_mesh(path, process=False)
        vertices, faces = np.asarray(mesh.vertices, float), np.asarray(mesh.faces, np.int64)
    except Exception as error:  # trimesh's readers raise many kinds on damaged files
        raise MeshError(f"{path}: not a mesh that can be read ({error}); reconstruct the hull again") from error
    if len(faces) == 0 or not np.isfinite(vertices).all():
        raise MeshError(f"{path}: {len(faces)} triangles, or vertices that are no numbers; reconstruct the hull again")
    return vertices, faces


def write_asset(
    hull_mesh: Path,
    capture: Capture,
    mask_dir: Path,
    out_glb: Path,
    profile: str = "default",
    *,
    front_deg: float = FRONT_DEG,
) -> AssetReport:
    """Simplify a hull, colour it from the capture's photographs, and write it as a GLB that the profile accepts.

    Args:
        hull_mesh: watertight, in the capture's world, metres.
        mask_dir: holds <view id>.png for every view; only pixels well inside a mask give colour.
        front_deg: azimuth in the world that becomes the front.

    Raises:
        MeshError: the mesh cannot be used, or the file breaks the profile's limits.
        ImageError, CaptureError: a photograph or mask cannot be used, or a view has no pose.
    """
    limits = find_profile(profile)
    vertices, faces = simplify(*read_mesh(hull_mesh), limits.max_triangles)
    photos = CapturePhotos(capture, mask_dir)
    colours = colour_vertices(vertices, faces, photos)
    model = Model(vertices, vertex_normals(vertices, faces), faces, colours=colours).upright(front_deg)
    write_glb(out_glb, model)
    size = out_glb.stat().st_size
    broken = violations(limits, triangles=len(faces), vertices=len(vertices), texture_size=0, size_bytes=size)
    if broken:
        raise MeshError(f"{out_glb}: {'; '.join(broken)}")
    x, y, z = np.ptp(model.vertices, axis=0).tolist()
    return AssetReport(out_glb, profile, len(faces), len(vertices), size, (x, y, z), 1.0)
