"""Shipped weights: NAME.onnx beside NAME.json, which holds its checksum and its model card's figures."""

import json
from importlib.resources import files
from pathlib import Path

from cleanplate.errors import ModelError
from cleanplate.files import sha256_file

FOLDER = Path(str(files(__name__)))

DEFAULT = "compact"
"""What the name `default` means: the best of the shipped models on products that none of them saw."""

NETWORKS = ("compact", "deeplabv3plus_dualinput_resnet50")


def shipped(name: str, folder: Path = FOLDER) -> Path:
    """Return a shipped network's file after comparing its checksum.

    Raises:
        ModelError: its weights are not in this version, or the file has changed.
    """
    path, card = folder / f"{name}.onnx", folder / f"{name}.json"
    if not path.is_file() or not card.is_file():
        raise ModelError(
            f"the weights of {name!r} are not in this installation; run from a checkout of the repository, which holds "
            f"all of them, or give an .onnx file of 'cleanplate export' as the model"
        )
    wanted, got = json.loads(card.read_text())["sha256"], sha256_file(path)
    if wanted != got:
        raise ModelError(f"{path}: SHA-256 is {got}, its card says {wanted}; install cleanplate again")
    return path
