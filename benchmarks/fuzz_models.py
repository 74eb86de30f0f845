"""Mutants of networks, checkpoints and meshes, for `fuzz.py`; they need the extras train and render."""

from functools import cache
from pathlib import Path

import numpy as np


@cache
def _network(weights: int) -> bytes:
    """Return a tiny network that `open_network` takes: the mean of the colours, times a weight."""
    from onnx import TensorProto, helper, numpy_helper

    inputs = [helper.make_tensor_value_info(name, TensorProto.UINT8, ["b", "h", "w", 3]) for name in ("image", "plate")]
    output = helper.make_tensor_value_info("probability", TensorProto.FLOAT, None)
    nodes = [
        helper.make_node("Cast", ["image"], ["x"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["x", "mix"], ["y"]),
        helper.make_node("ReduceMean", ["y", "axes"], ["probability"], keepdims=0),
    ]
    mix = np.full((3, weights), 1 / 765, np.float32)
    stored = [numpy_helper.from_array(mix, "mix"), numpy_helper.from_array(np.array([-1]), "axes")]
    graph = helper.make_graph(nodes, "g", inputs, [output], stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {"threshold": "0.5", "multiple": "8", "longest": "64", "architecture": "compact"})
    return model.SerializeToString()


def network(mutant: bytes, folder: Path) -> None:
    """A mutant of an ONNX file is run, or refused."""
    from cleanplate.segment import load_model

    (folder / "m.onnx").write_bytes(mutant)
    picture = np.zeros((24, 32, 3), np.uint8)
    found = load_model(str(folder / "m.onnx"), "cpu").segment(picture, picture)
    if found.shape != (24, 32):
        raise RuntimeError(f"a probability of {found.shape}")


@cache
def _checkpoint() -> bytes:
    import json

    from safetensors.numpy import save

    weights = {f"network.layer{n}.weight": np.ones((4, 3, 3, 3), np.float32) for n in range(3)}
    recipe = json.dumps({"size": [64, 64], "longest": 128})
    return save(weights, {"architecture": "compact", "recipe": recipe, "metrics": json.dumps({"threshold": 0.4})})


def checkpoint(mutant: bytes, folder: Path) -> None:
    """A mutant of a checkpoint is read, or refused."""
    from cleanplate.train.networks import read_weights

    (folder / "m.safetensors").write_bytes(mutant)
    read_weights(folder / "m.safetensors")


@cache
def _mesh(suffix: str) -> bytes:
    import trimesh

    box = trimesh.creation.box((0.1, 0.2, 0.3))
    if suffix == ".glb":
        image = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
        import PIL.Image

        uv = np.random.default_rng(1).random((len(box.vertices), 2))
        box.visual = trimesh.visual.TextureVisuals(uv, image=PIL.Image.fromarray(image))
    data = box.export(file_type=suffix[1:])
    return data.encode() if isinstance(data, str) else data


def mesh(mutant: bytes, suffix: str, folder: Path) -> None:
    """A mutant of a mesh for the renderer, and of a hull."""
    from cleanplate.geometry import read_mesh
    from cleanplate.render.products.user import load_user_mesh

    path = folder / f"m{suffix}"
    path.write_bytes(mutant)
    if suffix == ".ply":
        read_mesh(path)
    load_user_mesh(path)


def sample(kind: str, rng: np.random.Generator) -> tuple[bytes, str]:
    """Return a sound file of a kind, and its suffix."""
    if kind == "network":
        return _network(int(rng.integers(1, 9))), ".onnx"
    if kind == "checkpoint":
        return _checkpoint(), ".safetensors"
    suffix = str(rng.choice([".ply", ".obj", ".glb", ".stl"]))
    return _mesh(suffix), suffix
