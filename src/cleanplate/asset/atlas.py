"""UV atlas: charts that show the texture the right way round and lie beside each other."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from cleanplate.asset.overlap import doubled_area, mirrored, overlapping
from cleanplate.geometry import Mesh
from cleanplate.types import Faces, Points

PADDING = 4
"""Texels between charts."""
CELL = 8
"""Texels along the side of a loose triangle's place; the triangle takes the half of it that padding leaves."""
LARGEST = 200_000
"""Texels of a chart, about, whose padding is then little beside it. xatlas checks a chart's whole outline again and
again as it grows: without a limit that takes it twice as long."""
THINNEST = 1e-12
"""Of the texture's area: triangles below it have no winding that survives rounding."""


@dataclass(frozen=True)
class Atlas:
    """A mesh cut open along seams.

    Attributes:
        source: for each vertex of the cut mesh, the original vertex.
        faces: in the original order, into the cut mesh's vertices.
        uv: 0..1, v down: row 0 of the texture is at v = 0. No triangle is mirrored, none lies over another.
    """

    source: Int[np.ndarray, " m"]
    faces: Int[np.ndarray, "f 3"]
    uv: Float[np.ndarray, "m 2"]


def unwrap(vertices: Points, faces: Faces, texture_size: int) -> Atlas:
    """Cut a mesh into charts and pack them into one square texture (xatlas).

    xatlas turns charts by exchanging u and v, which mirrors them, and leaves folds in some: it is told not to turn and
    to mirror back, and triangles that are mirrored, without area, or over others get a small place of their own.
    """
    import xatlas

    atlas = xatlas.Atlas()
    # xatlas' tolerances suit meshes of some units: one of a few centimetres, in metres, falls into thousands of charts.
    size = np.ptp(vertices, axis=0).max()
    atlas.add_mesh((vertices / size).astype(np.float32), faces.astype(np.uint32))
    charts = xatlas.ChartOptions()
    largest = LARGEST / texture_size**2 * float(Mesh(vertices, faces).areas.sum())
    charts.max_chart_area, charts.fix_winding = largest / size**2, True
    packing = xatlas.PackOptions()
    packing.resolution, packing.padding, packing.bilinear, packing.rotate_charts = texture_size, PADDING, True, False
    atlas.generate(charts, packing)
    source, cut, uv = atlas[0]
    # Its v runs up the paper where ours runs down.
    found = Atlas(source.astype(np.int64), cut.astype(np.int64), np.column_stack([uv[:, 0], 1.0 - uv[:, 1]]))
    return _set_loose(found, _faulty(found), texture_size)


def _faulty(atlas: Atlas) -> Bool[np.ndarray, " f"]:
    corners = atlas.uv.astype(np.float32).astype(float)[atlas.faces]
    faulty = mirrored(corners) | (np.abs(doubled_area(corners)) < THINNEST)
    kept = np.flatnonzero(~faulty)
    faulty[kept[overlapping(corners[kept])]] = True
    return faulty


def _set_loose(atlas: Atlas, loose: Bool[np.ndarray, " f"], texture_size: int) -> Atlas:
    """Shrink the charts to make room for a strip, and lay the loose triangles out in it."""
    count = int(loose.sum())
    if count == 0:
        return atlas
    cell = min(CELL, texture_size // (2 * int(np.ceil(np.sqrt(count)))))
    columns = texture_size // cell
    strip = -(-count // columns) * cell / texture_size
    number = np.arange(count)
    corner = np.column_stack([number % columns, number // columns]) * cell / texture_size + [0.0, 1.0 - strip]
    low, high = cell / 4 / texture_size, 3 * cell / 4 / texture_size
    triangle = np.array([[low, low], [low, high], [high, low]])
    faces, first = atlas.faces.copy(), len(atlas.source)
    source = atlas.source[faces[loose]].ravel()
    faces[loose] = first + np.arange(3 * count).reshape(-1, 3)
    uv = np.concatenate([atlas.uv * (1.0 - strip), (corner[:, None] + triangle).reshape(-1, 2)])
    return _without_unused(Atlas(np.concatenate([atlas.source, source]), faces, uv))


def _without_unused(atlas: Atlas) -> Atlas:
    used, inverse = np.unique(atlas.faces, return_inverse=True)
    return Atlas(atlas.source[used], inverse.reshape(-1, 3), atlas.uv[used])
