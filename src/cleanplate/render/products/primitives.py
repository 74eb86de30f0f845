"""Closed solids to build products of. All lengths in metres, z up; every mesh is watertight and wound outwards."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import trimesh
from jaxtyping import Float
from manifold3d import CrossSection, FillRule, JoinType, Manifold, OpType
from scipy.interpolate import CubicSpline, PchipInterpolator

from cleanplate.render.products.assembly import to_mesh
from cleanplate.render.products.types import Values

Points2 = Float[np.ndarray, "_ 2"]
Points3 = Float[np.ndarray, "_ 3"]


def spline(points: Values, count: int, closed: bool = False, overshoot: bool = True) -> np.ndarray:
    """A smooth curve through control points, (count, d); parameter: chord length.

    Without `overshoot` each coordinate stays between its neighbours, as a profile's radius must.
    """
    knots = np.asarray(points, float)
    if closed:
        knots = np.vstack([knots, knots[:1]])
    t = np.r_[0, np.cumsum(np.maximum(np.linalg.norm(np.diff(knots, axis=0), axis=1), 1e-9))]
    u = np.linspace(0, t[-1], count, endpoint=not closed)
    if overshoot:
        return CubicSpline(t, knots, bc_type="periodic" if closed else "natural")(u)
    return PchipInterpolator(t, knots)(u)


def circle(radius: float, count: int, z: float = 0.0, squash: float = 1.0) -> Points3:
    """Points of a horizontal circle (an ellipse with `squash`), counter-clockwise, first point on +x."""
    a = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([radius * np.cos(a), squash * radius * np.sin(a), np.full(count, z)], axis=1)


def superellipse(size: Values, exponent: float, count: int) -> Points2:
    """The outline of a superellipse about the origin, `size` its axes: 1 an ellipse, below 1 boxy, above pinched."""
    a = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.asarray(size, float) / 2 * _signed_power(np.stack([np.cos(a), np.sin(a)], 1), exponent)


def star(radii: Float[np.ndarray, " k"], count: int) -> Points2:
    """A smooth closed outline about the origin through points at these radii, at even angles."""
    a = np.arange(len(radii)) * 2 * np.pi / len(radii)
    return spline(np.stack([radii * np.cos(a), radii * np.sin(a)], 1), count, closed=True)


def revolve(profile: Values, segments: int = 72) -> trimesh.Trimesh:
    """A solid of revolution about z; `profile` is (r, z) of the outside, from the axis to the axis."""
    outline = np.asarray(profile, float)
    return _revolved(_region(_mirrored(outline)), segments)


def vessel(
    outside: Points2, wall: float, base: float | None = None, segments: int = 72, lip: float = 0.45
) -> trimesh.Trimesh:
    """An open vessel of even wall thickness, one closed solid with an outer and an inner surface.

    Args:
        outside: (r, z) from the middle of the foot up to the rim.
        wall: thickness perpendicular to the surface.
        base: height of the inside's floor above the foot, at least the wall's thickness, which is the default.
        lip: rounding radius of the rim in walls.
    """
    outline = np.asarray(outside, float)
    walls = _region(_mirrored(outline)) - _inside(outline, wall, base)
    rounding = lip * wall
    walls = walls.offset(-rounding, JoinType.Round, 2.0, 24).offset(rounding, JoinType.Round, 2.0, 24)
    return _revolved(walls, segments)


def cavity(outside: Points2, wall: float, base: float | None = None, segments: int = 72) -> trimesh.Trimesh:
    """The room inside `vessel(outside, wall, base)`, reaching a little above its rim."""
    return _revolved(_inside(np.asarray(outside, float), wall, base), segments)


def _inside(outline: np.ndarray, wall: float, base: float | None) -> CrossSection:
    above = [outline[-1, 0], outline[-1, 1] + 10 * wall]
    floor = outline[:, 1].min() + (wall if base is None else base)
    reach = 2 * np.abs(outline).max() + 1
    room = _region(_mirrored(np.vstack([outline, above]))).offset(-wall, JoinType.Round, 2.0, 48)
    return room ^ CrossSection.square((2 * reach, reach)).translate((-reach, floor))


def sweep(
    path: Points3,
    section: Points2 | float,
    scale: Float[np.ndarray, " _"] | float = 1.0,
    closed: bool = False,
    sides: int = 12,
) -> trimesh.Trimesh:
    """A section (counter-clockwise, or the radius of a round one) carried along a 3D path without twisting.

    `scale` shrinks or swells it along the way; an open path gets flat caps.
    """
    path = np.asarray(path, float)
    if np.ndim(section) == 0:
        section = circle(float(section), sides)[:, :2]
    section = np.asarray(section, float)
    normal, binormal = _frames(path, closed)
    width = np.broadcast_to(scale, len(path))[:, None, None]
    offsets = section[None, :, :1] * normal[:, None] + section[None, :, 1:] * binormal[:, None]
    rings = path[:, None] + width * offsets
    n, k = len(path), len(section)
    i, j = np.meshgrid(np.arange(n if closed else n - 1), np.arange(k), indexing="ij")
    a, b = i * k + j, i * k + (j + 1) % k
    c, d = (a + k) % (n * k), (b + k) % (n * k)
    faces = [np.stack([a, b, d], -1).reshape(-1, 3), np.stack([a, d, c], -1).reshape(-1, 3)]
    vertices = rings.reshape(-1, 3)
    if not closed:
        around = np.arange(k)
        vertices = np.vstack([vertices, path[:1], path[-1:]])
        last = (n - 1) * k
        faces.append(np.stack([(around + 1) % k, around, np.full(k, n * k)], -1))
        faces.append(np.stack([last + around, last + (around + 1) % k, np.full(k, n * k + 1)], -1))
    return outward(vertices, np.vstack(faces))


def tube(points: Values, radius: float, count: int = 40, closed: bool = False, sides: int = 10) -> trimesh.Trimesh:
    """A round wire along a spline through control points."""
    return sweep(spline(points, count, closed), radius, closed=closed, sides=sides)


def rod(start: Values, end: Values, radius: float, sides: int = 12) -> trimesh.Trimesh:
    """A straight cylinder between two points."""
    return sweep(np.array([start, end], float), radius, sides=sides)


def ring(radius: float, wire: float, z: float = 0.0, squash: float = 1.0, count: int = 72) -> trimesh.Trimesh:
    """A horizontal torus; `wire` is the radius of its tube."""
    return sweep(circle(radius, count, z, squash), wire, closed=True, sides=10)


def extrude(outline: Points2, height: float, holes: Iterable[Points2] = (), bevel: float = 0.0) -> trimesh.Trimesh:
    """A plate from z = 0 to `height` of a 2D outline with holes; `bevel` chamfers its upper and lower edges."""
    area = _region(np.asarray(outline, float))
    for hole in holes:
        area -= _region(np.asarray(hole, float))
    if not bevel:
        return to_mesh(Manifold.extrude(area, height))
    layers = [Manifold.extrude(area, height - 2 * bevel).translate((0, 0, bevel))]
    for k in (1 / 3, 2 / 3, 1.0):  # terraces of a third of the bevel
        h = height - 2 * bevel * (1 - k)
        layers.append(Manifold.extrude(area.offset(-bevel * k, JoinType.Miter), h).translate((0, 0, (height - h) / 2)))
    return to_mesh(Manifold.batch_boolean(layers, OpType.Add))


def rounded_outline(
    width: float, depth: float, radius: float, count: int = 8, at: tuple[float, float] = (0.0, 0.0)
) -> Points2:
    """A rectangle about `at` with rounded corners."""
    radius = min(radius, 0.499 * width, 0.499 * depth)
    turn = np.linspace(0, np.pi / 2, count)
    corners = []
    for quarter, (x, y) in enumerate([(1, 1), (-1, 1), (-1, -1), (1, -1)]):
        a = turn + quarter * np.pi / 2
        centre = np.array([x * (width / 2 - radius), y * (depth / 2 - radius)])
        corners.append(centre + radius * np.stack([np.cos(a), np.sin(a)], 1))
    return np.vstack(corners) + at


def rounded_box(size: Values, radius: float, count: int = 5) -> trimesh.Trimesh:
    """A box about the origin with rounded edges and corners."""
    half = np.asarray(size, float) / 2
    radius = min(radius, 0.98 * half.min())
    up = np.linspace(0, np.pi / 2, count)
    a, b = np.meshgrid(up, up)
    octant = np.stack([np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)], -1).reshape(-1, 3)
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    corners = signs[:, None] * (half - radius + radius * octant)
    return to_mesh(Manifold.hull_points(corners.reshape(-1, 3)))


def superellipsoid(size: Values, ns: float = 1.0, ew: float = 1.0, count: int = 40) -> trimesh.Trimesh:
    """A superellipsoid about the origin (Barr 1981): exponents 1, 1 an ellipsoid, below 1 boxy, above pinched."""
    u = np.linspace(0, 2 * np.pi, 2 * count, endpoint=False)
    v = np.linspace(-np.pi / 2, np.pi / 2, count + 1)[1:-1]
    half = np.asarray(size, float) / 2
    x = _signed_power(np.cos(v), ns)[:, None] * _signed_power(np.cos(u), ew)
    y = _signed_power(np.cos(v), ns)[:, None] * _signed_power(np.sin(u), ew)
    z = np.repeat(_signed_power(np.sin(v), ns)[:, None], 2 * count, axis=1)
    rings = np.stack([x, y, z], -1) * half
    return stack_rings(rings, [0, 0, -half[2]], [0, 0, half[2]])


def stack_rings(rings: Float[np.ndarray, "n k 3"], bottom: Values, top: Values) -> trimesh.Trimesh:
    """A closed skin over rings of equal length, each end drawn together in one point."""
    n, k, _ = rings.shape
    i, j = np.meshgrid(np.arange(n - 1), np.arange(k), indexing="ij")
    a, b = i * k + j, i * k + (j + 1) % k
    around = np.arange(k)
    last = (n - 1) * k
    faces = [
        np.stack([a, b, b + k], -1).reshape(-1, 3),
        np.stack([a, b + k, a + k], -1).reshape(-1, 3),
        np.stack([(around + 1) % k, around, np.full(k, n * k)], -1),
        np.stack([last + around, last + (around + 1) % k, np.full(k, n * k + 1)], -1),
    ]
    return outward(np.vstack([rings.reshape(-1, 3), bottom, top]), np.vstack(faces))


def _frames(path: Points3, closed: bool) -> tuple[np.ndarray, np.ndarray]:
    """Rotation-minimising normals and binormals by double reflection (Wang et al. 2008)."""
    tangent = np.gradient(path, axis=0)
    if closed:
        tangent = np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-12)
    start = np.cross(tangent[0], np.eye(3)[np.abs(tangent[0]).argmin()])
    normals = [start / np.linalg.norm(start)]
    ends = [*range(1, len(path)), 0] if closed else range(1, len(path))
    for i, j in enumerate(ends):
        normals.append(_reflected_frame(path[j] - path[i], tangent[i], tangent[j], normals[-1]))
    normal = np.array(normals[: len(path)])
    if closed:  # spread the twist that remains after one turn evenly
        first, last = normal[0], normals[-1]
        twist = np.arctan2(np.dot(np.cross(last, first), tangent[0]), np.dot(last, first))
        angle = (np.arange(len(path)) / len(path) * twist)[:, None]
        normal = np.cos(angle) * normal + np.sin(angle) * np.cross(tangent, normal)
    return normal, np.cross(tangent, normal)


def _reflected_frame(step: np.ndarray, t0: np.ndarray, t1: np.ndarray, r0: np.ndarray) -> np.ndarray:
    length = max(float(step @ step), 1e-18)
    r, t = r0 - 2 / length * (step @ r0) * step, t0 - 2 / length * (step @ t0) * step
    step = t1 - t
    length = max(float(step @ step), 1e-18)
    r = r - 2 / length * (step @ r) * step
    r = r - (r @ t1) * t1
    return r / np.linalg.norm(r)


def _signed_power(x: np.ndarray, exponent: float) -> np.ndarray:
    return np.sign(x) * np.abs(x) ** exponent


def _mirrored(profile: np.ndarray) -> np.ndarray:
    left = profile[::-1] * (-1, 1)
    return np.vstack([profile, left])


def _region(outline: np.ndarray) -> CrossSection:
    return CrossSection([outline[:, :2]], FillRule.NonZero if _area(outline) > 0 else FillRule.Negative)


def _area(outline: np.ndarray) -> float:
    x, y = outline[:, 0], outline[:, 1]
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2)


def _revolved(region: CrossSection, segments: int) -> trimesh.Trimesh:
    return to_mesh(region.simplify(2e-5).revolve(segments))


def outward(vertices: np.ndarray, faces: np.ndarray) -> trimesh.Trimesh:
    """A closed mesh, its faces turned over if they face inwards."""
    mesh = trimesh.Trimesh(vertices, faces, process=False)
    if mesh.volume < 0:
        mesh.faces = mesh.faces[:, ::-1]
    return mesh
