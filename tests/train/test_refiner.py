"""The refiner's network, its training in small, and its file."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from cleanplate.hull.channels import CHANNELS
from cleanplate.hull.refiner import SURE, logit_of, open_refiner
from cleanplate.train.refiner.crops import batch
from cleanplate.train.refiner.examples import Pictures, Variant
from cleanplate.train.refiner.export import export
from cleanplate.train.refiner.fit import Fit, fit
from cleanplate.train.refiner.measure import calibration_error
from cleanplate.train.refiner.network import COVERED, DENIED, NEEDED, Refiner, allowed


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
