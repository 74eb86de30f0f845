"""A ResNet50 of half width and its widened copy are the same function."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch.nn import functional
from torchvision.models import resnet50

from cleanplate.errors import ModelError
from cleanplate.train.networks import build, initialise
from cleanplate.train.widen import BLOCKS, widened_resnet50

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def thin_convolutions(seed: int = 0) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Weights of a half-width ResNet50 in the package's order and with its names, small enough not to explode."""
    rng = np.random.default_rng(seed)
    rows = [("Conv__1", (64, 3, 7, 7))]
    width = 64
    for stage, blocks in enumerate(BLOCKS):
        middle = 32 * 2**stage
        for block in range(blocks):
            name = f"conv_stage{stage}_block{block}"
            if block == 0:
                rows.append((f"{name}_proj_shortcut/BiasAdd", (4 * middle, width, 1, 1)))
            rows.append((f"{name}_branch2a/BiasAdd", (middle, width, 1, 1)))
            rows.append((f"Conv__{stage}{block}", (middle, middle, 3, 3)))
            rows.append((f"{name}_branch2c/BiasAdd", (4 * middle, middle, 1, 1)))
            width = 4 * middle
    made = []
    for name, shape in rows:
        weight = rng.normal(0, 0.7 / np.sqrt(np.prod(shape[1:])), shape).astype(np.float32)
        weight = weight / 100 if shape[1] == 3 else weight
        made.append((name, weight, rng.normal(0, 0.1, shape[0]).astype(np.float32)))
    return made


def write_thin(path: Path, rows: list[tuple[str, np.ndarray, np.ndarray]]) -> Path:
    nodes, stored = [], []
    for i, (name, weight, bias) in enumerate(rows):
        nodes.append(helper.make_node("Conv", [f"x{i}", f"w{i}", f"b{i}"], [f"y{i}"], name=name))
        stored += [numpy_helper.from_array(weight, f"w{i}"), numpy_helper.from_array(bias, f"b{i}")]
    value = helper.make_tensor_value_info("x0", TensorProto.FLOAT, None)
    onnx.save(helper.make_model(helper.make_graph(nodes, "thin", [value], [value], stored)), path)
    return path


def thin_features(rows: list[tuple[str, np.ndarray, np.ndarray]], pictures: torch.Tensor) -> torch.Tensor:
    """The half-width network's answer, written out: strides in the 3x3 convolutions."""
    rest = [(torch.tensor(weight), torch.tensor(bias)) for _, weight, bias in rows]

    def conv(x, stride=1, padding=0):
        weight, bias = rest.pop(0)
        return functional.conv2d(x, weight, bias, stride, padding)

    theirs = pictures.flip(1) * 255 - torch.tensor((104.0, 117.0, 123.0))[:, None, None]
    # torchvision pads after normalising, with the mean colour of its own
    padded = functional.pad(theirs, (3, 3, 3, 3))
    border = functional.pad(torch.ones_like(theirs), (3, 3, 3, 3))
    own = (torch.tensor(MEAN).flip(0) * 255 - torch.tensor((104.0, 117.0, 123.0)))[:, None, None]
    x = functional.relu(conv(padded * border + own * (1 - border), 2))
    x = functional.max_pool2d(x, 3, 2, 1)
    for stage, blocks in enumerate(BLOCKS):
        for block in range(blocks):
            stride = 2 if stage and block == 0 else 1
            shortcut = conv(x, stride) if block == 0 else x
            y = functional.relu(conv(x))
            y = functional.relu(conv(y, stride, 1))
            x = functional.relu(conv(y) + shortcut)
    return x.mean((2, 3))


@pytest.mark.parametrize("training", [False, True])
def test_widening_keeps_the_function(tmp_path: Path, training: bool) -> None:
    rows = thin_convolutions()
    pictures = torch.rand(4, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    network = resnet50(weights=None)
    network.fc = torch.nn.Identity()
    network.load_state_dict(widened_resnet50(write_thin(tmp_path / "thin.onnx", rows), pictures))
    network.train(training)
    normal = (pictures - torch.tensor(MEAN)[:, None, None]) / torch.tensor(DEVIATION)[:, None, None]
    with torch.no_grad():
        wide = network(normal)
        thin = thin_features(rows, pictures).repeat_interleave(2, 1)
    assert thin.std() > 1e-3
    assert float((wide - thin).norm() / thin.norm()) < (1e-2 if training else 1e-4)


def test_copies_are_parted_by_noise(tmp_path: Path) -> None:
    state = widened_resnet50(write_thin(tmp_path / "thin.onnx", thin_convolutions()), torch.rand(2, 3, 64, 64))
    weight = state["layer3.1.conv2.weight"]
    assert not torch.allclose(weight[:, ::2], weight[:, 1::2], atol=1e-4)


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "no.onnx").write_bytes(b"no")
    with pytest.raises(ModelError, match=r"no\.onnx"):
        widened_resnet50(tmp_path / "no.onnx", torch.rand(1, 3, 64, 64))
    few = write_thin(tmp_path / "few.onnx", thin_convolutions()[:5])
    with pytest.raises(ModelError, match="5 convolutions"):
        widened_resnet50(few, torch.rand(1, 3, 64, 64))


def test_the_compact_network_has_its_own_encoder() -> None:
    with pytest.raises(ModelError, match="imagenet"):
        initialise(build("compact"), "compact", "opennsfw")
