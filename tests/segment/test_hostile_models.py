"""Model files whose metadata or graph cannot be."""

from pathlib import Path

import numpy as np
import pytest

from cleanplate.errors import ModelError

onnx = pytest.importorskip("onnx")


def write(path: Path, nodes: list, outputs: list, **facts: str) -> Path:
    from onnx import TensorProto, helper

    kind = TensorProto.UINT8
    inputs = [helper.make_tensor_value_info(name, kind, [None, None, None, 3]) for name in ("image", "plate")]
    graph = helper.make_graph(nodes, "g", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, {"threshold": "0.5", "multiple": "8", "longest": "64"} | facts)
    path.write_bytes(model.SerializeToString())
    return path


def constant(value: np.ndarray) -> tuple[list, list]:
    from onnx import TensorProto, helper, numpy_helper

    node = helper.make_node("Constant", [], ["probability"], value=numpy_helper.from_array(value))
    return [node], [helper.make_tensor_value_info("probability", TensorProto.FLOAT, None)]


@pytest.mark.parametrize(
    "facts",
    [
        {"multiple": "0"},
        {"multiple": "-32"},
        {"longest": "1000000"},
        {"longest": "0"},
        {"threshold": "nan"},
        {"threshold": "2"},
        {"multiple": "9" * 5000},
        {"multiple": "x"},
    ],
)
def test_metadata_that_cannot_be(tmp_path: Path, facts: dict[str, str]) -> None:
    from cleanplate.segment.network import open_network

    path = write(tmp_path / "m.onnx", *constant(np.zeros((1, 8, 8), np.float32)), **facts)
    with pytest.raises(ModelError, match=r"m\.onnx.*metadata") as caught:
        open_network(path)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("shape", [(), (0,), (1, 4, 8), (2, 8, 8)])
def test_a_graph_that_returns_something_else(tmp_path: Path, shape: tuple[int, ...]) -> None:
    from cleanplate.segment.network import open_network

    network = open_network(write(tmp_path / "m.onnx", *constant(np.zeros(shape, np.float32))))
    with pytest.raises(ModelError, match=r"m\.onnx.*returns"):
        network.probability(np.zeros((1, 8, 8, 3), np.uint8), np.zeros((8, 8, 3), np.uint8))


def test_a_graph_that_fails_as_it_runs(tmp_path: Path) -> None:
    from onnx import TensorProto, helper, numpy_helper

    from cleanplate.segment.network import open_network

    size = numpy_helper.from_array(np.array([100_000, 1_000_000], np.int64))
    nodes = [
        helper.make_node("Constant", [], ["size"], value=size),
        helper.make_node("ConstantOfShape", ["size"], ["probability"]),
    ]
    outputs = [helper.make_tensor_value_info("probability", TensorProto.FLOAT, None)]
    network = open_network(write(tmp_path / "m.onnx", nodes, outputs))
    with pytest.raises(ModelError, match=r"m\.onnx.*fails as it runs"):
        network.probability(np.zeros((1, 8, 8, 3), np.uint8), np.zeros((8, 8, 3), np.uint8))
