"""The appearance network: its examples, its training in small, and its file."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from safetensors.torch import save_file

from cleanplate.asset.appearance import CHANNELS, SIDE, open_appearance
from cleanplate.asset.materials import GLASS, METAL
from cleanplate.capture import read_capture
from cleanplate.errors import CaptureError
from cleanplate.image import read_mask, write_image
from cleanplate.segment.compact.lite0 import Lite0
from cleanplate.train.appearance.examples import KINDS, NOTHING, STORED, example, stored
from cleanplate.train.appearance.export import export
from cleanplate.train.appearance.fit import Fit, fit, objective
from cleanplate.train.appearance.network import STRIDE, AppearanceNetwork

MAP = SIDE // STRIDE


def squares(count: int = 3) -> np.ndarray:
    """A bright square of metal beside a dark matt one."""
    found = np.zeros((count, STORED, STORED, 10), np.uint8)
    found[..., 3:6] = found[..., :3] = 120
    found[..., 7] = NOTHING
    for kind, columns, tone in ((METAL, slice(60, 128), 250), (0, slice(128, 196), 20)):
        part = np.s_[:, 60:196, columns]
        found[part][..., :3] = tone
        found[part][..., 6] = 255
        found[part][..., 7:] = kind, kind, 100 * (kind == 0)
    return found


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A checkpoint of the compact network, with an encoder of chance."""
    from cleanplate.segment.compact import Compact

    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("start") / "compact.safetensors"
    weights = {f"network.{name}": value.contiguous() for name, value in Compact().state_dict().items()}
    save_file(weights, path, {"architecture": "compact"})
    return str(path)


def test_examples_show_the_truth_where_the_picture_shows_the_product():
    for rng in (None, *map(np.random.default_rng, range(8))):
        found = example(squares()[0], rng)
        assert found.picture.shape == (7, SIDE, SIDE) and np.abs(found.picture[3:]).max() <= 1
        assert found.kind.shape == found.material.shape == found.roughness.shape == (MAP, MAP)
        mask = found.picture[6].reshape(MAP, STRIDE, MAP, STRIDE).mean(axis=(1, 3))
        assert (found.kind[mask > 0.9] != NOTHING).all() and (found.kind[mask < -0.9] == NOTHING).mean() > 0.9
        tone = found.picture[:3].mean(axis=0)[2::STRIDE, 2::STRIDE]
        inside = mask > 0.9
        assert tone[(found.kind == METAL) & inside].min() > tone[(found.kind == 0) & inside].max()
        assert set(np.round(found.roughness[found.kind == 0], 3)) == {0.5}


def test_the_network_starts_from_an_encoder_of_photographs_and_sees_only_these():
    network = AppearanceNetwork(KINDS)
    network.start(Lite0())
    network.encoder.eval()
    x = torch.randn(1, 7, 64, 64)
    other = x.clone()
    other[:, 3:] += 1
    assert all(torch.equal(a, b) for a, b in zip(network.encoder(x), network.encoder(other), strict=True))


def test_the_loss_knows_only_where_the_product_is():
    found = torch.randn(1, 5 + KINDS, 4, 4)
    kind = torch.full((1, 4, 4), NOTHING)
    kind[:, 1:3, 1:3] = GLASS
    material, roughness = torch.zeros_like(kind), torch.zeros(1, 4, 4)
    loss = objective(found, kind, material, roughness, Fit())
    found[:, :, 0] += 7
    assert torch.equal(objective(found, kind, material, roughness, Fit()), loss)
    found[:, GLASS, 1:3, 1:3] += 7
    assert objective(found, kind, material, roughness, Fit()) < loss


def test_training_learns_resumes_to_the_same_and_exports(tmp_path: Path, start: str):
    settings = Fit(steps=6, batch=2, save_every=3)
    said: list[str] = []
    whole = fit([squares()], tmp_path / "whole", start, settings, say=said.append)
    assert [line.split(":")[0] for line in said] == ["step 3", "step 6"]
    losses = [float(line.rsplit(" ", 1)[1]) for line in said]
    assert losses[1] < losses[0]
    parts = fit([squares()], tmp_path / "parts", start, settings, minutes=0, say=said.append)
    parts = fit([squares()], tmp_path / "parts", start, settings, say=said.append)
    for name, value in whole.state_dict().items():
        assert torch.equal(parts.state_dict()[name], value), name
    network = open_appearance(export(whole, tmp_path / "appearance.onnx"))
    picture = example(squares()[0]).picture
    bytes_ = np.rint((picture.transpose(1, 2, 0) + 1) * 127.5).astype(np.uint8)
    feed = {"image": bytes_[None, ..., :3], "plate": bytes_[None, ..., 3:6], "mask": bytes_[None, ..., 6]}
    served = network.session.run(["appearance"], feed)[0]
    assert served.shape == (1, MAP, MAP, CHANNELS)
    with torch.no_grad():
        own = whole(torch.from_numpy(picture[None]))[0]
    assert served[0, ..., :4] == pytest.approx(own[:4].log_softmax(0).permute(1, 2, 0).numpy(), abs=0.05)


def test_squares_are_stored_once_and_a_view_without_map_is_named(tmp_path: Path, dataset: Path):
    capture = read_capture(dataset / "B000000000")
    with pytest.raises(CaptureError, match="map of materials"):
        stored(capture, tmp_path / "squares")
    for view in capture.views:
        mask = read_mask(capture.folder / str(view.mask))
        picture = np.where(mask[..., None], np.uint8([METAL, 3, 40]), np.uint8([NOTHING, 0, 0]))
        write_image(capture.folder / f"materials/{view.id}.png", picture)
    found = stored(capture, tmp_path / "squares")
    assert found.shape == (len(capture.views), STORED, STORED, 10)
    inside = found[..., 7] != NOTHING
    assert (found[inside][:, 7:] == (METAL, 3, 40)).all() and found[inside][:, :3].mean() == pytest.approx(40, abs=8)
    time = (tmp_path / "squares/B000000000.npy").stat().st_mtime_ns
    stored(capture, tmp_path / "squares")
    assert (tmp_path / "squares/B000000000.npy").stat().st_mtime_ns == time
