"""How near a calibrated rig is to the truth: `python benchmarks/calibrate_accuracy.py`.

Rigs of three cameras photograph a board in four placements, at twelve steps each (simulated: 640x512 pixels, lens
distortion, blur, grey noise of 2). What is found is compared where it counts: at points over the turning platen.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from board_photos import BOARD, simulated_rig, take_photographs

from cleanplate.calibrate import find_boards, solve_rig
from cleanplate.capture.rig import Rig
from cleanplate.geometry import project, rotation_z

RIGS: dict[str, tuple[float, ...]] = {
    "an arc of 15 to 60 degrees": (15.0, 35.0, 60.0),
    "an arc of 15 to 90 degrees": (15.0, 50.0, 90.0),
}
RIGS |= {"a camera at the zenith alone": (90.0,)}
GRID = np.stack(np.meshgrid(*[np.linspace(-0.08, 0.08, 5)] * 2, np.linspace(0, 0.16, 5)), axis=-1).reshape(-1, 3)
"""Places on and over the platen, metres."""


def errors(truth: Rig, found: Rig, name: str) -> tuple[float, float, float]:
    """Return the focal length's error in percent, and where points over the platen are seen: RMS and most, pixels."""
    turn = _onto(truth, found)
    misses = []
    for angle in truth.turns:
        there = project(truth.cameras[name], truth.pose(name, angle), GRID)[0]
        here = project(found.cameras[name], found.pose(name, angle), GRID @ turn.T)[0]
        misses.append(np.linalg.norm(here - there, axis=1))
    focal = 100 * (found.cameras[name].K[0, 0] / truth.cameras[name].K[0, 0] - 1)
    return focal, float(np.sqrt(np.mean(np.square(misses)))), float(np.max(misses))


def _onto(truth: Rig, found: Rig) -> np.ndarray:
    """Return the turn about the axis that separates the two worlds: where angle 0 points is a convention."""
    first = next(iter(truth.poses))
    across = (found.poses[first].R.T @ truth.poses[first].R)[:2, :2]
    return rotation_z(float(np.degrees(np.arctan2(across[1, 0] - across[0, 1], across[0, 0] + across[1, 1]))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    print("| rig | camera | residual RMS, px | focal length, % | points over the platen, px RMS | most |")
    print("|---|---|---|---|---|---|")
    for title, elevations in RIGS.items():
        truth = simulated_rig(elevations)
        with TemporaryDirectory() as room:
            take_photographs(truth, Path(room))
            found = solve_rig(find_boards(Path(room), BOARD), BOARD)
        for name, elevation in zip(truth.cameras, elevations, strict=True):
            focal, rms, most = errors(truth, found.rig, name)
            seen = f"{elevation:g} degrees | {found.report.rms[name]:.3f} | {focal:+.3f} | {rms:.3f} | {most:.3f}"
            print(f"| {title} | {seen} |")
        upright = all(pose.centre[2] > 0 for pose in found.rig.poses.values())
        turns = max(abs((found.rig.turns[a] - t + 180) % 360 - 180) for a, t in truth.turns.items())
        way = "clockwise" if found.rig.clockwise else "counter-clockwise"
        print(f"\n{title}: {way} (truth: clockwise), {'upright' if upright else 'upside down'}, steps to {turns:.3f}\n")


if __name__ == "__main__":
    main()
