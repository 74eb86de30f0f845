"""The hull's bars of speed, memory and exactness, with its peers beside it: `python benchmarks/hull_bars.py`.

Every run is a process of its own. Times are the least of two runs after a first (peers: one), wall and CPU; memory is
the process's peak after the first, its masks included. The machine may be busy, so ratios of CPU time are what to
trust. Open3D runs in an environment of its own, ~/.cache/cleanplate/open3d-env, made when absent.
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import numpy as np
import trimesh
from hull_peers import peak_memory
from hull_shapes import CAMERA, coverage, mug, soften, torus, views
from reference_hull import exact_hull, iou, lattice, surface_error

from cleanplate.geometry import Pose

HERE = Path(__file__).resolve().parent
OPEN3D = Path.home() / ".cache" / "cleanplate" / "open3d-env"
SHAPES = {"torus": (torus, 0.018), "mug": (mug, 0.045)}
FINE = 8
"""Of the silhouettes that stand for the shape itself."""


def run(command: list[str], **environment: str) -> dict:
    """Run a process that prints JSON on its last line."""
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def ours(source: str, kind: str, resolution: str, repeats: str, target: str) -> None:
    """Reconstruct a case in this process; print the first run's time, the best later ones, and the peak memory."""
    began = time.perf_counter()
    from cleanplate.hull import visual_hull

    imported = time.perf_counter() - began
    case = np.load(source)
    masks, camera = list(case["soft" if kind == "soft" else "masks"]), CAMERA
    if kind == "squares":  # each pixel as 3x3, so that the contour runs around pixels and not across their corners
        masks, camera = [np.kron(mask, np.ones((3, 3), bool)) for mask in masks], CAMERA.scaled(3 * 640, 3 * 512)
    poses = [Pose(R, t) for R, t in zip(case["R"], case["t"], strict=True)]
    walls, cpus, peak = [], [], 0.0
    for _ in range(1 + int(repeats)):
        wall, cpu = time.perf_counter(), time.process_time()
        hull = visual_hull(masks, [camera] * len(masks), poses, int(resolution))
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
        peak = peak or peak_memory()
    np.savez(target, vertices=hull.vertices, faces=hull.faces)
    print(json.dumps({"import": imported, "first": walls[0], "wall": min(walls), "cpu": min(cpus), "peak_gb": peak}))


def make_case(folder: Path, shape: str, count: int) -> tuple[Path, dict]:
    """Render a shape's masks; return the file for the runs, and the references."""
    build, aim = SHAPES[shape]
    mesh = build()
    poses = views(count, 1, aim)
    fine = [coverage(mesh, pose, FINE) for pose in poses]
    hard = [coverage(mesh, pose, 1) for pose in poses]
    low, high = mesh.bounds + np.array([[0, 0, 0], [0, 0, 0.012]])
    path = folder / f"{shape}{count}.npz"
    np.savez(
        path,
        masks=np.stack(hard),
        soft=np.stack([soften(mask, FINE) for mask in fine]),
        P=np.stack([CAMERA.K @ np.column_stack([pose.R, pose.t]) for pose in poses]),
        K=CAMERA.K,
        R=np.stack([pose.R for pose in poses]),
        t=np.stack([pose.t for pose in poses]),
        low=low,
        high=high,
        resolution=256,
    )
    samples = lattice(low, high)
    shape_hull, mask_hull = exact_hull(fine, poses, FINE), exact_hull(hard, poses, 1)
    points = samples.points
    return path, {
        "samples": samples,
        "shape": shape_hull,
        "in_shape": shape_hull.holds(points),
        "in_masks": mask_hull.holds(points),
    }


def score(reference: dict, file: Path) -> dict:
    """Compare a mesh with the exact hulls."""
    mesh = trimesh.Trimesh(**np.load(file), process=False)
    inside = reference["samples"].in_mesh(mesh.vertices, mesh.faces)
    pick = np.random.default_rng(0).choice(len(mesh.faces), 50000, p=mesh.area_faces / mesh.area)
    error = 1e3 * surface_error(reference["shape"], mesh.triangles_center[pick], mesh.face_normals[pick], 0.003)
    return {
        "iou_shape": iou(inside, reference["in_shape"]),
        "iou_masks": iou(inside, reference["in_masks"]),
        "mean_mm": float(np.abs(error).mean()),
        "p95_mm": float(np.percentile(np.abs(error), 95)),
        "cut_mm": float(error.mean()),
        "watertight": mesh.is_watertight,
    }


def score_cells(reference: dict, file: Path) -> dict:
    """Compare a peer's cells with the exact hulls."""
    data = np.load(file)
    cells = data["cells"]
    occupied = np.unpackbits(data["occupied"], count=int(np.prod(cells))).reshape(cells).astype(bool)
    index = np.floor((reference["samples"].points - data["low"]) / data["cell"]).astype(int)
    inside = ((index >= 0) & (index < cells)).all(axis=1)
    inside[inside] = occupied[tuple(index[inside].T)]
    return {
        "iou_shape": iou(inside, reference["in_shape"]),
        "iou_masks": iou(inside, reference["in_masks"]),
    }


def open3d_python() -> str:
    """Return the interpreter of Open3D's own environment, making it first if needed."""
    python = OPEN3D / "bin" / "python"
    if not (OPEN3D / "lib").is_dir():
        venv.create(OPEN3D, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "-q", "open3d"], check=True, capture_output=True)
    return str(python)


def our_rows(folder: Path, case: Path, reference: dict, name: str, plan: list[tuple[str, int]]) -> list[str]:
    rows = []
    for kind, resolution in plan:
        target = folder / "ours.npz"
        command = [sys.executable, __file__, "--one", str(case), kind, str(resolution), "2", str(target)]
        figures = run(command)
        figures |= score(reference, target)
        wanted = ("wall", "cpu", "peak_gb", "iou_shape", "iou_masks", "mean_mm", "p95_mm", "cut_mm", "watertight")
        form = "| {} | {} | {} | {:.2f} | {:.2f} | {:.2f} | {:.5f} | {:.5f} | {:.3f} | {:.3f} | {:+.3f} | {} |"
        rows.append(form.format(name, kind, resolution, *(figures[key] for key in wanted)))
        print(rows[-1], flush=True)
    agreement = iou(reference["in_masks"], reference["in_shape"])
    rows.append(f"| {name} | the two exact hulls | - | - | - | - | {agreement:.5f} | {agreement:.5f} | - | - | - | - |")
    return rows


def peer_rows(folder: Path, case: Path, reference: dict, name: str) -> list[str]:
    """Run ours and the peers on one case, one after the other; ratios are of CPU time, to ours."""
    target = folder / "out.npz"
    us = run([sys.executable, __file__, "--one", str(case), "binary", "256", "2", str(target)])
    results = {"cleanplate": us | score(reference, target)}
    for peer, python in (("open3d", open3d_python()), ("dense", sys.executable)):
        figures = run([python, str(HERE / "hull_peers.py"), peer, str(case), str(target)])
        results[peer] = figures | score_cells(reference, target)
    rows = []
    for peer, f in results.items():
        ratio = f["cpu"] / us["cpu"]
        rows.append(
            f"| {name} | {peer} | {f['wall']:.1f} | {f['cpu']:.1f} | {ratio:.0f}x | {f['peak_gb']:.2f} | "
            f"{f['iou_shape']:.4f} | {f['iou_masks']:.4f} |"
        )
        print(rows[-1], flush=True)
    return rows


def cold_start(folder: Path, case: Path) -> str:
    """Time a first and a second process with an empty cache of compiled code."""
    command = [sys.executable, __file__, "--one", str(case), "binary", "256", "1", str(folder / "out.npz")]
    cache = str(folder / "numba")
    first, second = (run(command, NUMBA_CACHE_DIR=cache) for _ in range(2))
    return (
        f"Compiling: a first process ever takes {first['first']:.1f} s for its first hull, {first['wall']:.1f} s for "
        f"the next; a second process {second['first']:.1f} s for its first."
    )


HEADER = """# The visual hull against its bars

Command: `python benchmarks/hull_bars.py`. {when}; {cores} cores of {machine}, load average {load:.0f} while measured
(others were working on the machine, so wall times are high: CPU seconds divided by two are what two free cores take
at best); Python {python}, numpy {numpy}, numba {numba}.

Masks are 640x512, pixel 0.44 mm; ten cameras over a 90° arc, random platen angles. Two exact hulls, each "a point
that projects into every mask": *of the shape*, silhouettes eight times as fine; *of the masks*, the binary masks'
own jagged pixels. "soft" masks carry exact edge coverage; "binary" ones are thresholded at the pixel's centre and
cannot know the edge to better than half a pixel: min over many views of that noise is the erosion in "cut". "squares"
are the binary masks with each pixel drawn as 3x3: as near as a smooth surface comes to the jagged hull.
8,000,000 sample points; surface distances along the normal from 50,000 area-weighted faces to the hull of the shape.

| case | masks | cells | wall s | CPU s | peak GB | IoU shape | IoU masks | mean mm | p95 mm | cut mm | watertight |
|---|---|---|---|---|---|---|---|---|---|---|---|
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=5, help="internal: case, kind, resolution, repeats, target")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--shapes", nargs="*", default=list(SHAPES), choices=list(SHAPES))
    arguments = parser.parse_args()
    if arguments.one:
        ours(*arguments.one)
        return
    plans = {
        38: [("soft", 256), ("binary", 256), ("soft", 512), ("binary", 512), ("squares", 512)],
        190: [("soft", 256), ("binary", 256)],
    }
    rows, peers, cold = [], [], ""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for shape in arguments.shapes:
            for count, plan in plans.items():
                case, reference = make_case(folder, shape, count)
                rows += our_rows(folder, case, reference, f"{shape}, {count} views", plan)
                cold = cold or cold_start(folder, case)
                if count == 38 and not arguments.no_peers:
                    peers += peer_rows(folder, case, reference, f"{shape}, {count} views")
                write_report(arguments.shapes, rows, cold, peers)


def write_report(shapes: list[str], rows: list[str], cold: str, peers: list[str]) -> None:
    """Write what is measured so far; runs of some shapes alone get a file of their own."""
    import numba

    today, cores = datetime.date.today().isoformat(), len(os.sched_getaffinity(0))
    text = HEADER.format(
        when=today,
        cores=cores,
        machine=platform.processor() or platform.machine(),
        load=os.getloadavg()[1],
        python=platform.python_version(),
        numpy=np.__version__,
        numba=numba.__version__,
    )
    text += "\n".join(rows) + f"\n\n{cold}\n"
    if peers:
        text += "\nPeers on the same binary masks at 256 cells, one after the other; CPU time as a ratio to ours.\n\n"
        text += "| case | way | wall s | CPU s | ratio | peak GB | IoU shape | IoU masks |\n"
        text += "|---|---|---|---|---|---|---|---|\n" + "\n".join(peers) + "\n"
    part = "" if shapes == list(SHAPES) else "_" + "_".join(shapes)
    (HERE / "results" / f"hull{part}_{cores}core-epyc_{today}.md").write_text(text)


if __name__ == "__main__":
    main()
