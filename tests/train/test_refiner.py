"""The refiner's network, its training in small, and its file."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from cleanplate.capture import Capture, View, write_capture
from cleanplate.geometry import Camera, look_at, rotation_z
from cleanplate.hull.channels import CHANNELS, COVERED, DENIED, NEEDED
from cleanplate.hull.refiner import SURE, logit_of, open_refiner
from cleanplate.image import write_image, write_mask
from cleanplate.train.refiner.crops import batch
from cleanplate.train.refiner.examples import Pictures, Variant
from cleanplate.train.refiner.export import export
from cleanplate.train.refiner.fit import Fit, fit
from cleanplate.train.refiner.measure import calibration_error
from cleanplate.train.refiner.network import Refiner, allowed


def variants() -> list[Variant]:
    """Return views of a square of which the first mask misses a half that all others show."""
    rng = np.random.default_rng(0)
    truth = np.zeros((2, 112, 128), bool)
    truth[:, 30:80, 40:90] = True
    logit = np.where(truth, 120, -120).astype(np.int8)
    logit[:, 30:80, 40:65] = -120
    others = np.where(truth[:, ::2, ::2, None], 120, -127).astype(np.int8) * np.ones(CHANNELS, np.int8)
    others[..., 7:9] = np.where(truth[:, ::2, ::2, None], 0, 127)
    picture = rng.integers(0, 255, (2, 112, 128, 3), np.uint8)
    return [Variant("first", Pictures(picture, picture, truth), np.arange(2), logit, others)]


def test_it_starts_as_the_identity():
    network = Refiner().eval()
    logit, *pictures, others, _ = batch(variants(), 2, np.random.default_rng(1))
    with torch.no_grad():
        assert torch.equal(network(logit, *pictures, others), logit.clamp(-SURE, SURE))


@pytest.mark.parametrize(
    ("covered", "denied", "needed", "fills", "removes"),
    [(0.5, 0.0, 0.0, 0, 0), (0.5, 0.0, 0.5, 1, 0), (0.5, 1.0, 0.5, 0, 0), (-0.8, 0.9, 0.0, 0, 1)],
)
def test_a_sure_view_changes_only_where_it_is_contradicted(covered, denied, needed, fills, removes):
    others = torch.zeros(1, CHANNELS, 8, 8)
    others[:, 0] = others[:, COVERED] = covered
    others[:, DENIED], others[:, NEEDED] = denied, needed
    fill, remove = allowed(torch.full((1, 1, 16, 16), SURE), others)
    assert fill.unique().tolist() == [fills]
    assert remove.unique().tolist() == [removes]


def test_training_learns_resumes_to_the_same_and_exports(tmp_path: Path):
    settings = Fit(steps=6, batch=4, save_every=3)
    whole = fit(variants(), tmp_path / "whole", settings, say=lambda _: None)
    (tmp_path / "parts").mkdir()
    fit(variants(), tmp_path / "parts", Fit(steps=6, batch=4, save_every=3), minutes=0, say=lambda _: None)
    parts = fit(variants(), tmp_path / "parts", settings, say=lambda _: None)
    for one, other in zip(whole.state_dict().values(), parts.state_dict().values(), strict=True):
        assert torch.equal(one, other)
    refiner = open_refiner(export(whole, tmp_path / "refiner.onnx"))
    variant = variants()[0]
    logit, others = variant.logit[0] / np.float32(20), variant.others[0] / np.float32(127)
    got = refiner.logit(logit, variant.pictures.image[0], variant.pictures.plate[0], others)
    assert got.shape == (112, 128)
    assert not np.array_equal(got, logit)


def test_logits_are_bounded_and_invert_probabilities():
    assert logit_of(np.array([0.0, 0.5, 1.0])) == pytest.approx([-SURE, 0, SURE], abs=1e-3)


def test_calibration_error_is_zero_of_honest_confidence():
    confidence = np.repeat([0.55, 0.75, 0.95], 1000)
    right = np.concatenate([np.arange(1000) < 1000 * p for p in (0.55, 0.75, 0.95)]).astype(float)
    assert calibration_error(confidence, right) < 1e-6
    assert calibration_error(confidence, np.zeros(3000)) == pytest.approx(0.75)


def ball(folder: Path) -> None:
    """Write a capture of a ball in nine views, with true masks."""
    width, height = 144, 128
    camera = Camera(width, height, np.array([[260.0, 0, width / 2], [0, 260, height / 2], [0, 0, 1]]), np.zeros(5))
    noise = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width]
    mask = (x - width / 2) ** 2 + (y - height / 2) ** 2 < 28**2
    write_image(folder / "plates/c.png", noise.integers(205, 211, (height, width, 3)).astype(np.uint8))
    views = []
    for n in range(9):
        pose = look_at(rotation_z(40.0 * n) @ np.array([0.4, 0, 0.1 + 0.03 * n]), np.array([0, 0, 0.045]))
        image = noise.integers(205, 211, (height, width, 3)).astype(np.uint8)
        image[mask] = (40 + 10 * n, 90, 160)
        write_image(folder / f"images/v{n}.png", image)
        write_mask(folder / f"masks/v{n}.png", mask)
        views.append(View(f"v{n}", "c", f"images/v{n}.png", "plates/c.png", f"masks/v{n}.png", 40.0 * n, pose))
    write_capture(Capture(folder, folder.name, {"c": camera}, tuple(views)))


def test_the_command_learns_from_captures_each_with_the_masks_of_a_network_that_has_not_seen_it(tmp_path: Path):
    for name in ("new/B000000001", "held/B000000002", "old/B000000003"):
        ball(tmp_path / name)
    command = [sys.executable, "-m", "cleanplate.train.refiner", "new", "new", "old=difference", "--run", "run"]
    command += ["--model", "classical", "--held-out", "held", "--steps", "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    learned = {path.parent.name: path.name for path in (tmp_path / "run/variants").glob("*/*.exact0.npz")}
    assert learned == {"classical": "B000000001.exact0.npz", "difference": "B000000003.exact0.npz"}
    figures = json.loads((tmp_path / "run/held-out.json").read_text())
    assert {name: each["captures"] for name, each in figures.items()} == {"classical": 1, "exact": 1}
    assert open_refiner(tmp_path / "run/refiner.onnx").longest == 640
