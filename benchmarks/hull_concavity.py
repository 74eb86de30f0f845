"""How well the slack of the surface tells where the hull is wrong: `python benchmarks/hull_concavity.py`.

A face of the hull is wrong if it is more than 3 mm from the true surface. The box is closed: silhouettes cannot tell
its flat top from an open one, so marking it is right although the hull happens to be right there too.
"""

import datetime
import os
from pathlib import Path

import trimesh
from hull_shapes import CAMERA, coverage, mug, soften, torus, views
from scipy.spatial import cKDTree
from unknown_faces import unknown_faces

from cleanplate.hull import surface_slack, visual_hull

WRONG = 0.003
COUNT = 38


def _raised(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    mesh.apply_translation([0, 0, -mesh.bounds[0, 2]])
    return mesh


SHAPES = {
    "torus": torus,
    "ball": lambda: _raised(trimesh.creation.icosphere(5, 0.05)),
    "mug": mug,
    "box": lambda: _raised(trimesh.creation.box([0.08, 0.06, 0.05])),
}

HEADER = """# Where silhouettes cannot tell the surface

Command: `python benchmarks/hull_concavity.py`, {today}. 38 views, 128 cells. *Unknown*: share of the hull's area that
`unknown_faces` marks. *Wrong*: share more than 3 mm from the true surface. *Recall*: share of the wrong area that is
marked. *Precision*: share of the marked area that is wrong.

| shape | unknown | wrong | recall | precision |
|---|---|---|---|---|
"""


def row(name: str) -> str:
    """Measure one shape."""
    mesh = SHAPES[name]()
    poses = views(COUNT, 1, float(mesh.extents[2]) / 2)
    masks = [soften(coverage(mesh, pose, 4), 4) for pose in poses]
    hull = visual_hull(masks, [CAMERA] * COUNT, poses, 128)
    slack = surface_slack(hull.vertices, masks, [CAMERA] * COUNT, poses)
    unknown, share = unknown_faces(hull, slack)
    solid = trimesh.Trimesh(hull.vertices, hull.faces, process=False)
    surface, _ = trimesh.sample.sample_surface(mesh, 400000, seed=0)
    wrong = cKDTree(surface).query(solid.triangles_center)[0] > WRONG
    area = solid.area_faces
    both = area[unknown & wrong].sum()
    recall = f"{both / area[wrong].sum():.2f}" if wrong.any() else "-"
    precision = f"{both / area[unknown].sum():.2f}" if unknown.any() else "-"
    return f"| {name} | {share:.1%} | {area[wrong].sum() / area.sum():.1%} | {recall} | {precision} |"


def main() -> None:
    today = datetime.date.today().isoformat()
    lines = []
    for name in SHAPES:
        lines.append(row(name))
        print(lines[-1], flush=True)
    path = Path(__file__).parent / "results" / f"hull_concavity_{len(os.sched_getaffinity(0))}core-epyc_{today}.md"
    path.write_text(HEADER.format(today=today) + "\n".join(lines) + "\n")
    print(path)


if __name__ == "__main__":
    main()
