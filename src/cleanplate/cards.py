"""The shipped refiner and appearance network: what their cards tell, and how such a file is opened.

Apart from the rooms that run them, whose loops take long to load.
"""

import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from cleanplate.errors import ModelError
from cleanplate.files import sha256_file

if TYPE_CHECKING:
    import onnxruntime

REFINER = Path(str(files("cleanplate") / "hull/models/refiner.json"))
APPEARANCE = Path(str(files("cleanplate") / "asset/models/appearance.json"))


def refiner_digest() -> str:
    """Return the digest of the shipped refiner; it changes whenever its answers would."""
    return _digest(REFINER)


def appearance_digest() -> str:
    """Return that of the shipped appearance network."""
    return _digest(APPEARANCE)


def _digest(card: Path) -> str:
    return str(json.loads(card.read_bytes())["sha256"])


def open_network(path: Path, card: Path) -> "onnxruntime.InferenceSession":
    """Open the network that a card tells of, or another file like it.

    Raises:
        ModelError: it is not there, has changed since it was shipped, or is no such file.
    """
    import onnxruntime

    if not path.is_file():
        raise ModelError(f"{path}: not found; install cleanplate again")
    if path.parent == card.parent and _digest(card) != sha256_file(path):
        raise ModelError(f"{path}: is not the file that its card tells of; install cleanplate again")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises a different kind for each way a file can be damaged
        raise ModelError(f"{path}: cannot be loaded ({str(error)[:200]}); install cleanplate again") from error
