"""The paper's network: counted by hand, then by torch; its switches; its weights."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import resnet50

from cleanplate.errors import ModelError
from cleanplate.segment.deeplab import DeepLabConfig, build_deeplab, load_imagenet
from cleanplate.segment.deeplab.aspp import ASPP
from cleanplate.segment.deeplab.layers import Upsample
from cleanplate.segment.deeplab.resnet import ResNet50

PAPER = DeepLabConfig()


def parameters(module: torch.nn.Module) -> int:
    return sum(each.numel() for each in module.parameters())


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return build_deeplab(PAPER).eval()


def test_parameters_match_the_hand_count(network):
    torchvisions = 25_557_032 - (2048 * 1000 + 1000)
    assert parameters(network.encoder) == torchvisions + 3 * 64 * 7 * 7 == 23_517_440
    aspp = 2048 * 256 + 7 * 9 * 2048 * 256 + 2048 * 256 + 9 * 256 * 256 + 10 * 2 * 256
    assert parameters(network.aspp) == aspp == 34_673_664
    decoder = (256 * 48 + 2 * 48) + 64 * 256 * 256 + (9 * 304 * 256 + 9 * 256 * 256 + 4 * 256) + (2 * 256 + 2) + 256
    assert parameters(network.decoder) == decoder == 5_498_722
    assert parameters(network) == 63_689_826


def _hand_count_of_macs() -> int:
    """Multiply-accumulates of one 512x640 view: weights x output pixels, layer by layer."""
    half, quarter, eighth, sixteenth = 256 * 320, 128 * 160, 64 * 80, 32 * 40
    stem = 6 * 64 * 49 * half

    def bottleneck(inputs: int, width: int) -> int:
        return inputs * width + 9 * width * width + width * 4 * width

    layer1 = (bottleneck(64, 64) + 64 * 256 + 2 * bottleneck(256, 64)) * quarter
    # a strided stage's first 1x1 still works at the finer size
    layer2 = 256 * 128 * quarter + (bottleneck(0, 128) + 256 * 512 + 3 * bottleneck(512, 128)) * eighth
    layer3 = 512 * 256 * eighth + (bottleneck(0, 256) + 512 * 1024 + 5 * bottleneck(1024, 256)) * sixteenth
    layer4 = (bottleneck(1024, 512) + 1024 * 2048 + 2 * bottleneck(2048, 512)) * sixteenth
    aspp = (2048 * 256 + 7 * 9 * 2048 * 256 + 9 * 256 * 256) * sixteenth + 2048 * 256
    upsampling = 64 * 256 * 256 * sixteenth + 64 * 2 * 2 * quarter
    decoder = (256 * 48 + 9 * 304 * 256 + 9 * 256 * 256 + 256 * 2) * quarter
    return stem + layer1 + layer2 + layer3 + layer4 + aspp + upsampling + decoder


def test_flops_match_the_hand_count():
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        picture = torch.rand(1, 3, 512, 640)
        build_deeplab(PAPER).eval()(picture, picture)
    assert counter.get_total_flops() == 2 * _hand_count_of_macs()
    assert 2 * _hand_count_of_macs() == pytest.approx(235e9, rel=0.01)  # the spec's figure


@pytest.mark.parametrize("size", [(17, 23), (33, 65), (64, 80)])
def test_output_has_the_inputs_size(network, size):
    with torch.no_grad():
        assert network(torch.rand(2, 3, *size), torch.rand(1, 3, *size)).shape == (2, 1, *size)


def test_logit_is_the_difference_of_the_classes(network):
    image, plate = torch.rand(2, 1, 3, 40, 40)
    with torch.no_grad():
        classes = network.classes(image, plate)
        assert torch.allclose(network(image, plate).sigmoid()[:, 0], classes.softmax(1)[:, 1], atol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        {"input": "single"},
        {"input": "difference"},
        {"encoder": "xception"},
        {"convolution": "separable"},
        {"aspp": "standard"},
        {"upsampling": "bilinear"},
    ],
)
def test_each_change_can_be_switched_off(change):
    with torch.device("meta"), torch.no_grad():  # shapes alone
        other = build_deeplab(replace(PAPER, **change)).eval()
        assert parameters(other) != 63_689_826
        assert other(torch.rand(1, 3, 33, 47), torch.rand(1, 3, 33, 47)).shape == (1, 1, 33, 47)


def test_single_input_ignores_the_plate_and_difference_a_common_offset():
    image, plate = torch.rand(2, 1, 3, 32, 32) / 2
    with torch.no_grad():
        single = build_deeplab(replace(PAPER, input="single")).eval()
        assert torch.equal(single(image, plate), single(image, image))
        difference = build_deeplab(replace(PAPER, input="difference")).eval()
        assert torch.allclose(difference(image, plate), difference(image + 0.25, plate + 0.25), atol=1e-4)


def test_stem_with_plate_equal_to_image():
    torch.manual_seed(1)
    rgb = resnet50().conv1
    picture = torch.rand(1, 3, 32, 32)
    for stem in ("halved", "negated"):
        encoder = ResNet50(replace(PAPER, stem=stem))
        state = {"conv1.weight": rgb.weight.data}
        from cleanplate.segment.deeplab.resnet import inflate_stem

        encoder.body.conv1.weight.data = inflate_stem(state["conv1.weight"], replace(PAPER, stem=stem))
        with torch.no_grad():
            response = encoder.body.conv1(torch.cat([picture, picture], 1))
            expected = rgb(picture) if stem == "halved" else torch.zeros_like(response)
        assert torch.allclose(response, expected, atol=1e-5)


def test_gradients_reach_every_parameter():
    torch.manual_seed(2)
    network = build_deeplab(PAPER).train()
    network(torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64)).square().mean().backward()
    assert [name for name, each in network.named_parameters() if each.grad is None or not each.grad.any()] == []


def test_a_batch_of_one_trains(network):
    network.train()
    try:
        network(torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32)).mean().backward()
    finally:
        network.zero_grad(set_to_none=True)
        network.eval()


def test_receptive_field_of_aspp():
    pyramid = ASPP(8, replace(PAPER, width=4)).eval()
    torch.nn.init.zeros_(pyramid.pool[1].weight)  # image-level pooling sees everything
    x = torch.rand(1, 8, 61, 61, requires_grad=True)
    pyramid(x)[0, :, 30, 30].sum().backward()
    seen = x.grad.abs().sum((0, 1)).nonzero()
    reach = (seen - 30).abs().max(0).values.tolist()
    assert reach == [18, 18]  # the largest rate: 18 * 16 = 288 pixels of the image to each side
    # offsets are 0 and the seven rates along each axis
    assert sorted(set((seen[:, 0] - 30).abs().tolist())) == [0, 2, 4, 6, 9, 12, 15, 18]


def test_transposed_upsampling_starts_as_bilinear():
    x = torch.rand(1, 3, 9, 11)
    with torch.no_grad():
        grown = Upsample(3, PAPER)(x, (36, 44))
        bilinear = Upsample(3, replace(PAPER, upsampling="bilinear"))(x, (36, 44))
    inner = (..., slice(2, -2), slice(2, -2))
    assert torch.allclose(grown[inner], bilinear[inner], atol=1e-6)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_imagenet_weights_from_a_file(tmp_path: Path, suffix: str):
    torch.manual_seed(3)
    rgb = resnet50().eval()
    path = tmp_path / f"resnet50{suffix}"
    torch.save(rgb.state_dict(), path) if suffix == ".pth" else save_file(rgb.state_dict(), path)
    network = build_deeplab(PAPER).eval()
    load_imagenet(network, path)
    picture = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        low, _ = network.encoder(torch.cat([picture, picture], 1))
        expected = rgb.layer1(rgb.maxpool(rgb.relu(rgb.bn1(rgb.conv1(picture)))))
    assert torch.allclose(low, expected, atol=1e-4)


def test_imagenet_weights_that_do_not_fit(tmp_path: Path):
    network = build_deeplab(PAPER)
    (tmp_path / "x.pth").write_bytes(b"not a checkpoint")
    with pytest.raises(ModelError, match=r"x\.pth"):
        load_imagenet(network, tmp_path / "x.pth")
    save_file({"conv1.weight": torch.zeros(64, 3, 7, 7)}, tmp_path / "y.safetensors")
    with pytest.raises(ModelError, match="does not fit"):
        load_imagenet(network, tmp_path / "y.safetensors")
    with torch.device("meta"), pytest.raises(ModelError, match="Xception"):
        load_imagenet(build_deeplab(replace(PAPER, encoder="xception")))
