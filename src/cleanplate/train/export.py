"""Checkpoint -> ONNX that needs no torch: bytes in, probability out, weights stored at 32, 16 or 8 bits."""

import io
import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from jaxtyping import Float, UInt8
from onnx import numpy_helper
from torch import Tensor, nn

from cleanplate.errors import CleanplateError
from cleanplate.files import atomic_path
from cleanplate.train.networks import load_mean

LONGEST = 640
"""Pixels of the longer side where a recipe names none."""
_SMALL = 512
"""Initialisers with fewer values keep their 32 bits: they weigh nothing, and shapes must stay exact."""


class Served(nn.Module):
    """What users get: RGB bytes, pixels last -> probability of foreground. One plate serves the whole batch."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: UInt8[Tensor, "b h w 3"], plate: UInt8[Tensor, "1 h w 3"]) -> Float[Tensor, "b h w"]:
        """Return probabilities in 0..1."""
        pair = [array.permute(0, 3, 1, 2).float() / 255 for array in (image, plate)]
        return self.network(*pair).sigmoid()[:, 0]


def export(
    checkpoints: Path | Sequence[Path],
    target: Path,
    bits: int = 16,
    longest: int | None = None,
    threshold: float | None = None,
) -> Path:
    """Write a checkpoint, or the mean of several ones' weights, as ONNX and return its path.

    Inputs: `image` uint8 (b, h, w, 3) and `plate` uint8 (1, h, w, 3), both sides multiples of the model's `multiple`;
    output: `probability` float32 (b, h, w). Metadata: architecture, threshold, multiple, longest, metrics,
    and of the recipe match_plate and second_look.

    Args:
        checkpoints: .safetensors files, or runs' folders, whose best checkpoint is taken, or the last if none is held.
        bits: of the stored weights; the graph itself expands them, once, when it is loaded.
        longest: the longer side that pictures are scaled to for the network, in pixels; by default the recipe's.
        threshold: of the probability; by default what validation chose, 0.5 if there was none or there are several.

    Raises:
        ModelError: the checkpoint cannot be used.
        CleanplateError: `bits` is not 32, 16 or 8.
    """
    if bits not in (32, 16, 8):
        raise CleanplateError(f"weights are stored at 32, 16 or 8 bits, not {bits}")
    given = [checkpoints] if isinstance(checkpoints, Path) else checkpoints
    network, metadata = load_mean(*map(_checkpoint, given))
    metrics = json.loads(metadata.get("metrics", "{}"))
    model = to_onnx(network)
    if bits < 32:
        compress(model, bits)
    recipe = json.loads(metadata.get("recipe", "{}"))
    facts = {
        "architecture": metadata["architecture"],
        "threshold": metrics.get("threshold", 0.5) if threshold is None else threshold,
        "multiple": getattr(network, "multiple", 1),
        "longest": longest or recipe.get("longest") or LONGEST,
        **{each: int(bool(recipe.get(each))) for each in ("match_plate", "second_look")},
        "metrics": json.dumps(metrics),
    }
    onnx.helper.set_model_props(model, {name: str(value) for name, value in facts.items()})
    with atomic_path(target) as temporary:
        onnx.save(model, temporary)
    return target


def _checkpoint(path: Path) -> Path:
    best = path / "best.safetensors"
    return path if not path.is_dir() else best if best.is_file() else path / "last.safetensors"


def to_onnx(network: nn.Module) -> onnx.ModelProto:
    """Return a network's graph with dynamic batch, height and width."""
    image = torch.zeros(2, 128, 192, 3, dtype=torch.uint8)
    size = {1: "height", 2: "width"}
    served = Served(network).eval()
    model = trace(
        served,
        {"image": image, "plate": image[:1].clone()},
        "probability",
        {"image": {0: "batch", **size}, "plate": size, "probability": {0: "batch", **size}},
        # Each weight keeps its name, so that training can start from the file; ONNX Runtime folds when it loads.
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
    )
    _part(model.graph, served.state_dict())
    return model


def trace(
    served: nn.Module, example: dict[str, Tensor], output: str, dynamic_axes: dict[str, dict[int, str]], **options: Any
) -> onnx.ModelProto:
    """Return the graph of a module in evaluation mode.

    Args:
        example: its inputs by name, in their order.
        dynamic_axes: of inputs and output, as `torch.onnx.export` takes them; so are the options.
    """
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # DeprecationWarning: the newer exporter takes 60 times as long for such graphs
        torch.onnx.export(
            served,
            tuple(example.values()),
            stream,  # type: ignore[arg-type]
            input_names=list(example),
            output_names=[output],
            dynamic_axes=dynamic_axes,
            opset_version=18,
            dynamo=False,
            **options,
        )
    return onnx.load_from_string(stream.getvalue())


def _part(graph: onnx.GraphProto, state: dict[str, Tensor]) -> None:
    """Give weights that the exporter merged because they are equal their own values again."""
    rest = []
    for node in graph.node:
        if node.op_type == "Identity" and node.output[0] in state:
            graph.initializer.append(numpy_helper.from_array(state[node.output[0]].numpy(), node.output[0]))
        else:
            rest.append(node)
    del graph.node[:]
    graph.node.extend(rest)


def compress(model: onnx.ModelProto, bits: int) -> None:
    """Store the large weights at 16 or 8 bits in place: Cast, or Cast and Mul, expand them when the graph is loaded."""
    graph = model.graph
    nodes, stored = [], []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _SMALL:
            stored.append(tensor)
            continue
        name = tensor.name
        if bits == 16:
            stored.append(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
            nodes.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
            continue
        axes = tuple(range(1, values.ndim))
        scale = np.maximum(np.abs(values).max(axis=axes, keepdims=True), 1e-12).astype(np.float32) / 127
        stored.append(numpy_helper.from_array(np.rint(values / scale).astype(np.int8), f"{name}.byte"))
        stored.append(numpy_helper.from_array(scale, f"{name}.scale"))
        nodes.append(onnx.helper.make_node("Cast", [f"{name}.byte"], [f"{name}.whole"], to=onnx.TensorProto.FLOAT))
        nodes.append(onnx.helper.make_node("Mul", [f"{name}.whole", f"{name}.scale"], [name]))
    del graph.initializer[:]
    graph.initializer.extend(stored)
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *rest])
