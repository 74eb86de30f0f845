"""PSNR of re-rendered held-out views, and the time that texturing takes.

    python benchmarks/asset_texture.py [CAPTURE...] [--vessel METRES] [--report FILE.md]

The hull comes from all exact masks; every fifth view is left out of the texture, then compared with the model drawn
from its pose, over the pixels that both its mask and the model cover. "painted" captures replace the photographs by
unlit drawings of a textured mesh, with a random exposure of +-10% in the views used and none in those held out: they
show what blending and levelling lose apart from light that moves over the product. In "blurred" ones every third of the
views used is out of focus. --vessel carves out the inside of the captures' hulls, with walls that thick, as `cleanplate
run --vessel` does.
"""

import argparse
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter
from vertex_colours import colour_vertices

from cleanplate.asset import Model, Photo, preview, simplify
from cleanplate.asset.texture import bake
from cleanplate.capture import read_capture
from cleanplate.geometry import Camera, Mesh, Pose
from cleanplate.hull import hollowed, visual_hull
from cleanplate.image import read_image, read_mask

SHARED = Path(os.environ.get("CLEANPLATE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
HELD_OUT = slice(2, None, 5)
MESHES = ("conditioner", "plastic_peach", "stapler_1")


def psnr(image: np.ndarray, truth: np.ndarray, where: np.ndarray) -> float:
    error = np.square(image[where].astype(float) - truth[where]).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def photographed(folder: Path) -> list[Photo]:
    capture = read_capture(folder)
    return [
        Photo(
            read_image(folder / view.image), read_mask(folder / str(view.mask)), capture.camera_of(view), pose,
            None if view.plate is None else read_image(folder / view.plate),
        )
        for view, pose in zip(capture.views, capture.poses(), strict=True)
    ]  # fmt: skip


def blurred(photos: Sequence[Photo]) -> list[Photo]:
    """Blur every third photograph by 2 pixels, but none of those held out."""
    held = range(len(photos))[HELD_OUT]
    return [
        replace(photo, image=gaussian_filter(photo.image, (2, 2, 0))) if n % 3 == 0 and n not in held else photo
        for n, photo in enumerate(photos)
    ]


def painted(mesh_path: Path, cameras: Sequence[Camera], poses: Sequence[Pose], extent: float = 0.16) -> list[Photo]:
    """Draw a textured mesh, `extent` metres long, from the poses of a capture."""
    import trimesh

    mesh: Any = trimesh.load_mesh(mesh_path)
    vertices = np.array(mesh.vertices)
    vertices *= extent / np.ptp(vertices, axis=0).max()
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    vertices -= [*(low[:2] + high[:2]) / 2, low[2]]
    texture = np.asarray(mesh.visual.material.baseColorTexture.convert("RGB"))
    faces = np.asarray(mesh.faces, np.int64)
    model = Model(vertices, Mesh(vertices, faces).normals, faces, uv=np.asarray(mesh.visual.uv), texture=texture)
    gains = np.random.default_rng(7).uniform(0.9, 1.1, len(poses))
    gains[HELD_OUT] = 1.0
    photos = []
    for camera, pose, gain in zip(cameras, poses, gains, strict=True):
        image, mask = preview(model, camera, pose)
        photos.append(Photo(np.clip(image * gain, 0, 255).astype(np.uint8), mask, camera, pose))
    return photos


def measure(name: str, photos: list[Photo], wall: float | None = None) -> str:
    hull: Mesh = visual_hull([p.mask for p in photos], [p.camera for p in photos], [p.pose for p in photos])
    if wall is not None:
        hull = hollowed(hull, wall)
    mesh = simplify(hull)
    held = photos[HELD_OUT]
    kept = [photo for photo in photos if not any(photo is other for other in held)]
    wall, cpu = time.perf_counter(), time.process_time()
    baked = bake(mesh, kept)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    plain = Model(mesh.vertices, mesh.normals, mesh.faces, colours=colour_vertices(mesh, kept))
    rows = []
    for model, light in ((baked.model, baked.light), (plain, None)):
        values = []
        for photo in held:
            image, hit = preview(model, photo.camera, photo.pose, light)
            values.append(psnr(image, photo.image, hit & photo.mask))
        rows.append((np.mean(values), np.min(values)))
    return (
        f"| {name} | {len(kept)} + {len(held)} | {len(mesh.faces)} | {rows[0][0]:.2f} ({rows[0][1]:.2f}) "
        f"| {rows[1][0]:.2f} ({rows[1][1]:.2f}) | {baked.seen:.3f} | {cpu:.1f} | {wall:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="*", type=Path, default=sorted((SHARED / "captures").glob("B0*")))
    parser.add_argument("--vessel", type=float)
    parser.add_argument("--report", type=Path)
    arguments = parser.parse_args()
    lines = [
        "| capture | views used + held out | triangles | PSNR dB: texture, mean (worst) | vertex colours, mean (worst) "
        "| texels seen | CPU s | wall s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    print("\n".join(lines), flush=True)
    for index, folder in enumerate(arguments.captures):
        photos = photographed(folder)
        cases = [(folder.name, photos)]
        if index == 0 and arguments.vessel is None:
            cameras, poses = [p.camera for p in photos], [p.pose for p in photos]
            cases += [(f"painted {m}", painted(SHARED / "meshes" / f"{m}.glb", cameras, poses)) for m in MESHES]
            cases.append((f"blurred {MESHES[0]}", blurred(cases[1][1])))
        for name, case in cases:
            lines.append(measure(name, case, arguments.vessel if case is photos else None))
            print(lines[-1], flush=True)
    if arguments.report:
        packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "xatlas", "cleanplate"))
        heading = (
            f"# Texture, {time.strftime('%Y-%m-%d')}\n\n{platform.machine()}, {os.cpu_count()} CPUs, Python "
            f"{platform.python_version()}, {packages}; load average at the end {os.getloadavg()[1]:.1f}, so "
            f"CPU seconds tell more than wall seconds where it exceeds the CPUs. 2048x2048 texels."
        )
        arguments.report.write_text("\n".join([heading, "", __doc__ or "", *lines, ""]))


if __name__ == "__main__":
    main()
