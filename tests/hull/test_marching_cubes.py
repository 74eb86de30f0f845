"""The table of marching cubes: all 256 cases, each beside every neighbour that it can have."""

from collections import Counter

import pytest

from cleanplate.hull.marching_cubes import EDGES, triangle_table


def ends(edge: int) -> tuple[int, int]:
    """Return the two corners of a cube's edge."""
    low, axis = EDGES[edge].tolist()
    return low, low | 1 << axis


def triangles(inside: int) -> list[list[int]]:
    """Return a case's triangles, each as the edges that its corners lie on."""
    row = [edge for edge in triangle_table()[inside].tolist() if edge >= 0]
    return [row[i : i + 3] for i in range(0, len(row), 3)]


def rim(inside: int) -> list[tuple[int, int]]:
    """Return the directed sides of a case's triangles that no other of them runs along the other way."""
    sides = Counter((t[k], t[(k + 1) % 3]) for t in triangles(inside) for k in range(3))
    assert max(sides.values(), default=1) == 1
    return [side for side in sides if side[::-1] not in sides]


def on_face(inside: int, axis: int, far: int) -> set[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return the rim on one face, each end as the face's two corners that its edge joins, whatever the axis."""

    def lies(edge: int) -> bool:
        return all(corner >> axis & 1 == far for corner in ends(edge))

    def flat(edge: int) -> tuple[int, ...]:
        return tuple(corner & ~(1 << axis) for corner in ends(edge))

    return {(flat(a), flat(b)) for a, b in rim(inside) if lies(a) and lies(b)}


@pytest.mark.parametrize("inside", range(256))
def test_a_case_uses_just_its_crossed_edges_and_its_rim_lies_on_faces(inside: int) -> None:
    crossed = {edge for edge in range(12) if len({inside >> corner & 1 for corner in ends(edge)}) == 2}
    assert {edge for triangle in triangles(inside) for edge in triangle} == crossed
    assert sum(len(on_face(inside, axis, far)) for axis in range(3) for far in (0, 1)) == len(rim(inside))


@pytest.mark.parametrize("axis", range(3))
def test_neighbours_meet_without_a_gap_whatever_lies_behind_them(axis: int) -> None:
    behind: dict[int, set] = {}
    for inside in range(256):
        corners = sum(1 << (c & ~(1 << axis)) for c in range(8) if c >> axis & 1 and inside >> c & 1)
        assert behind.setdefault(corners, on_face(inside, axis, 1)) == on_face(inside, axis, 1)
    assert len(behind) == 16
    for inside in range(256):
        corners = sum(1 << c for c in range(8) if not c >> axis & 1 and inside >> c & 1)
        assert {(b, a) for a, b in on_face(inside, axis, 0)} == behind[corners]


def test_one_inside_corner_is_cut_off_facing_outwards() -> None:
    ((a, b, c),) = triangles(1)
    places = [EDGES[edge, 1] for edge in (a, b, c)]  # the edges along x, y and z from corner 0
    assert [places.index(0), places.index(1), places.index(2)] in ([0, 1, 2], [1, 2, 0], [2, 0, 1])
