"""Where a rendered view's time goes, and what each step of the speed-up brought, side by side.

    nice -n 10 python benchmarks/render_speed.py [--report benchmarks/results/render_2core-epyc_DATE.md]

CPU seconds (both cores added up), the less of two; wall time on two free cores is a little over half.
"""

import argparse
import datetime
import platform
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from cleanplate.render import Quality, Shot, build_rig, product_rig, render_capture
from cleanplate.render.backend import mitsuba
from cleanplate.render.capture import _true_mask, product_surfaces
from cleanplate.render.products import make_product
from cleanplate.render.rig import plate_radiance, rig_camera
from cleanplate.render.scene import build_scene, build_shape_scene
from cleanplate.render.trace import render_radiance

SAMPLES, DEPTH = 6, 12


def cpu(work: Callable[[], object], repeats: int = 2) -> float:
    """Least CPU seconds of some repeats, after one to compile."""
    work()
    spent = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent)


def stock_render(scene: object, width: int, height: int, fov: float, to_world: np.ndarray) -> object:
    """What Mitsuba's own `render` takes for the same picture, with the same guides for the denoiser."""
    mi = mitsuba()
    path = {"type": "path", "max_depth": DEPTH, "rr_depth": 5}
    integrator = mi.load_dict({"type": "aov", "aovs": "albedo:albedo,normal:sh_normal", "path": path})
    film = {"type": "hdrfilm", "width": width, "height": height, "rfilter": {"type": "box"}, "pixel_format": "rgb"}
    sensor = mi.load_dict({"type": "perspective", "fov": fov, "to_world": mi.ScalarTransform4f(to_world), "film": film})
    return np.array(mi.render(scene, sensor=sensor, integrator=integrator, spp=SAMPLES, seed=1))


def measure(width: int, height: int, cache: Path) -> dict[str, float]:
    """CPU seconds per view by stage and by speed-up."""
    product = make_product("mug", 3)
    quality = Quality(samples=SAMPLES)
    rig = build_rig(product_rig(product, "marvin", 3), width, height, quality, cache)
    camera, pose = rig_camera(rig, 3)
    surfaces = product_surfaces(product)
    shape = build_shape_scene([s.surface for s in surfaces])
    points = np.concatenate([s.surface.vertices for s in surfaces]).astype(float)
    closed = build_scene(rig.config, rig.parts, None, surfaces, 30.0)
    baked = build_scene(rig.config, rig.parts, rig.light.lightmaps, surfaces, 30.0)
    to_world = np.eye(4)
    to_world[:3, :3], to_world[:3, 3] = np.asarray(pose.R).T * (-1, -1, 1), pose.centre
    fov = float(np.degrees(2 * np.arctan(width / 2 / camera.K[0, 0])))
    seconds = {
        "closed box, mi.render": cpu(lambda: stock_render(closed, width, height, fov, to_world)),
        "baked walls, mi.render": cpu(lambda: stock_render(baked, width, height, fov, to_world)),
        "baked walls, one kernel, denoised": cpu(lambda: render_radiance(baked, camera, pose, SAMPLES, DEPTH, 1)),
        "of which everything but light paths (1 sample)": cpu(lambda: render_radiance(baked, camera, pose, 1, 2, 1)),
        "building the scene": cpu(lambda: build_scene(rig.config, rig.parts, rig.light.lightmaps, surfaces, 30.0)),
        "exact mask, 16 rays a pixel": cpu(lambda: _true_mask(shape, camera, pose, points, 4)),
    }
    start = time.process_time()
    plate_radiance(rig, 3)
    seconds["plate (once per camera and rig)"] = time.process_time() - start
    shots = [Shot(3, float(d)) for d in range(0, 360, 60)]
    folder = cache / f"capture{width}"

    def capture() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        render_capture(product, rig, folder, "B000000000", shots, seed=1)

    seconds["a whole view: 1/6 of a capture of six"] = cpu(capture) / len(shots)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--sizes", nargs="+", default=["320x256", "640x512"])
    options = parser.parse_args()
    chosen = [(s, *map(int, s.split("x"))) for s in options.sizes]
    with tempfile.TemporaryDirectory() as folder:
        sizes = {size: measure(width, height, Path(folder)) for size, width, height in chosen}
    lines = [f"| CPU seconds | {' | '.join(sizes)} |", "|---|" + "---:|" * len(sizes)]
    rows = next(iter(sizes.values()))
    lines += [f"| {row} | {' | '.join(f'{sizes[s][row]:.2f}' for s in sizes)} |" for row in rows]
    for size, seconds in sizes.items():
        width, height = map(int, size.split("x"))
        paths = width * height * SAMPLES / seconds["baked walls, one kernel, denoised"] / 1e6
        gain = seconds["closed box, mi.render"] / seconds["baked walls, one kernel, denoised"]
        lines.append(f"\n{size}: {paths:.2f} M samples per CPU second; {gain:.1f} times less than the closed box.")
    versions = f"mitsuba {mitsuba().__version__}, Python {platform.python_version()}, numpy {np.__version__}"
    text = "\n".join(
        [
            "# Rendering: where the time goes",
            "",
            f"2 shared EPYC cores, under load; {versions}; {datetime.date.today()};",
            f"{SAMPLES} samples, depth {DEPTH}, a mug in the preset marvin.",
            "Command: `python benchmarks/render_speed.py --report FILE`.",
            "CPU seconds of both cores together, the less of two.",
            "",
            *lines,
            "",
        ]
    )
    print(text)
    if options.report:
        options.report.write_text(text)


if __name__ == "__main__":
    main()
