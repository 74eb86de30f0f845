"""One peer, run alone so that its time and memory are its own: `hull_peers.py dense|open3d CASE.npz OUT.npz`.

Needs numpy, and open3d for that peer; it runs in an environment without cleanplate. A case holds masks (v, h, w),
P (v, 3, 4) with the corner of the first pixel at (0, 0), K, R, t, low, high and the cells along the longest side.
Writes the occupied cells and prints JSON.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np


def dense(case: dict[str, np.ndarray], cells: np.ndarray, cell: float) -> np.ndarray:
    """Test the centre of every cell against the pixel it projects to, in every view."""
    occupied = np.ones(cells, bool)
    height, width = case["masks"].shape[1:]
    x, y = ((np.arange(cells[k]) + 0.5) * cell + case["low"][k] for k in (0, 1))
    for k in range(cells[2]):
        z = (k + 0.5) * cell + case["low"][2]
        grid = np.stack(np.meshgrid(x, y, [z], [1.0], indexing="ij"), -1).reshape(-1, 4)
        inside = np.full(len(grid), z > 0)
        for P, mask in zip(case["P"], case["masks"], strict=True):
            u, v, w = P @ grid.T
            i, j = np.floor(u / w).astype(int), np.floor(v / w).astype(int)
            ok = (i >= 0) & (j >= 0) & (i < width) & (j < height)
            inside &= ok & mask[np.clip(j, 0, height - 1), np.clip(i, 0, width - 1)]
        occupied[:, :, k] = inside.reshape(cells[:2])
    return occupied


def open3d(case: dict[str, np.ndarray], cells: np.ndarray, cell: float) -> np.ndarray:
    """Carve Open3D's dense voxel grid with every mask."""
    import open3d as o3d

    size = cells * cell
    grid = o3d.geometry.VoxelGrid.create_dense(case["low"], np.ones(3), cell, *size)
    K = case["K"]
    height, width = case["masks"].shape[1:]
    for R, t, mask in zip(case["R"], case["t"], case["masks"], strict=True):
        camera = o3d.camera.PinholeCameraParameters()
        camera.intrinsic = o3d.camera.PinholeCameraIntrinsic(
            width, height, K[0, 0], K[1, 1], K[0, 2] - 0.5, K[1, 2] - 0.5
        )
        camera.extrinsic = np.vstack([np.column_stack([R, t]), [0, 0, 0, 1]])
        grid.carve_silhouette(o3d.geometry.Image(np.ascontiguousarray(mask, np.float32)), camera, False)
    occupied = np.zeros(cells + 1, bool)
    occupied[tuple(np.array([v.grid_index for v in grid.get_voxels()]).T)] = True
    return occupied[tuple(map(slice, cells))]


def peak_memory() -> float:
    """Return this process's peak resident memory in GB; getrusage would count the parent's too."""
    with Path("/proc/self/status").open() as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1e6


def main() -> None:
    peer, source, target = sys.argv[1:]
    case = dict(np.load(source))
    cell = float((case["high"] - case["low"]).max()) / int(case["resolution"])
    cells = np.ceil((case["high"] - case["low"]) / cell).astype(int)
    if peer == "open3d":
        pass  # its import is not what is measured
    wall, cpu = time.perf_counter(), time.process_time()
    occupied = {"dense": dense, "open3d": open3d}[peer](case, cells, cell)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    np.savez(target, occupied=np.packbits(occupied), cells=cells, cell=cell, low=case["low"])
    print(json.dumps({"wall": wall, "cpu": cpu, "peak_gb": peak_memory()}))


if __name__ == "__main__":
    main()
