"""What poses from silhouettes and steps cost: `python benchmarks/poses_from_steps.py --out ROOM [--family F ...]`.

Products are photographed on the simulated rig, path-traced, by two cameras of its arm at equal steps of the platen.
Then the poses are thrown away: the photographs and plates are imported by their angles and the product's height alone,
as the guide does, and run. Told is the volume IoU of the hull with the true product, beside the same run with the true
poses, the ratio of the two, and the IoU of both hulls (a hollow product's hull is solid either way); the turn about the
platen's axis between both worlds is a convention, and undone.
"""

import argparse
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from cleanplate.capture import Capture, read_capture
from cleanplate.evaluate.solids import compare_solids
from cleanplate.geometry import Mesh, read_mesh, rotation_z
from cleanplate.render import Quality, Shot, build_rig, product_rig, render_capture
from cleanplate.render.products import make_product

FAMILIES = ("kettle", "headphones", "watering_can", "mill")
CAMERAS, BAR = (1, 4), 0.95


def cleanplate(*words: object) -> None:
    done = subprocess.run([sys.executable, "-m", "cleanplate", *map(str, words)], check=False)
    if done.returncode not in (0, 3):
        sys.exit(f"{' '.join(map(str, words))}: exit code {done.returncode}")


def photographed(family: str, folder: Path, steps: int, size: tuple[int, int], seed: int) -> Capture:
    """Return a rendered capture with the true poses; one that is there already is kept."""
    if (folder / "capture.json").is_file():
        return read_capture(folder)
    product = make_product(family, seed)
    rig = build_rig(product_rig(product, "marvin", seed), *size, Quality(), folder.parent / "rigs")
    shots = [Shot(camera, 360.0 / steps * step) for camera in CAMERAS for step in range(steps)]
    return render_capture(product, rig, folder, folder.name, shots, seed)


def photographs(capture: Capture, folder: Path) -> None:
    """Write what a photographer has: pictures named by camera and angle, and a plate of each camera."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for view in capture.views:
        source, plate = capture.image_path(view), capture.plate_path(view)
        shutil.copy(source, folder / f"{view.camera}_{view.platen_deg:g}{source.suffix}")
        if plate is not None:
            shutil.copy(plate, folder / f"{view.camera}_plate{plate.suffix}")


def turned_onto(found: Capture, true: Capture, hull: Mesh) -> Mesh:
    """Return a hull in the true poses' world: turned about z by what separates the cameras' azimuths."""
    centres = {(view.camera, view.platen_deg): view.pose.centre for view in true.views if view.pose}
    pairs = [(view.pose.centre, centres[view.camera, view.platen_deg]) for view in found.views if view.pose]
    ours, theirs = (np.array([complex(*pair[n][:2]) for pair in pairs]) for n in (0, 1))
    degrees = float(np.degrees(np.angle((theirs * ours.conj()).sum())))
    return replace(hull, vertices=hull.vertices @ rotation_z(degrees).T)


def row(family: str, room: Path, given: argparse.Namespace) -> tuple[str, float]:
    """Measure one product."""
    asin = f"STEP{given.seed:02d}{family.replace('_', '').upper():X<4.4}"
    true = photographed(family, room / "true" / asin, given.steps, (480, 384), given.seed)
    truth = read_mesh(true.folder / "truth.ply")
    height = float(np.ptp(truth.vertices[:, 2]))
    photographs(true, room / "photos" / asin)
    shutil.rmtree(room / "found" / asin, ignore_errors=True)
    words = ["--angles", "{camera}_{deg}", "--height", f"{height:.4f}", "--asin", asin, "--model", given.model]
    cleanplate("import", room / "photos" / asin, *words, "--out", room / "found" / asin)
    found = read_capture(room / "found" / asin)
    ious, hulls = [], []
    for name, capture in (("true", true), ("found", found)):
        asked = ["--model", given.model, "--resolution", 128, "--no-usdz"]
        cleanplate("run", capture.folder, "--out", room / f"{name}-out", *asked)
        hull = read_mesh(room / f"{name}-out" / asin / "hull.ply")
        hull = turned_onto(found, true, hull) if name == "found" else hull
        ious.append(compare_solids(hull, truth, 1e-4, 128).iou)
        hulls.append(hull)
    ratio, both = ious[1] / ious[0], compare_solids(hulls[1], hulls[0], 1e-4, 128).iou
    return f"| {family} | {height * 100:.1f} | {ious[0]:.4f} | {ious[1]:.4f} | {ratio:.4f} | {both:.4f} |", ratio


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="room for captures and results; run again to go on")
    parser.add_argument("--family", nargs="+", default=FAMILIES)
    parser.add_argument("--steps", type=int, default=18)
    parser.add_argument("--model", default="default")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    lines = ["| product | height, cm | IoU, true poses | IoU, found poses | ratio | of both hulls |"]
    lines.append("|---|---|---|---|---|---|")
    ratios = []
    for family in given.family:
        line, ratio = row(family, given.out, given)
        lines.append(line)
        ratios.append(ratio)
        print("\n".join(lines), flush=True)
    print(f"\n{sum(ratio >= BAR for ratio in ratios)} of {len(ratios)} reach {BAR} (mean {np.mean(ratios):.4f})")


if __name__ == "__main__":
    main()
