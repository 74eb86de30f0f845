"""What the card of the shipped refiner tells, apart from the room that runs it, whose loops take long to load."""

import json
from importlib.resources import files
from pathlib import Path

REFINER = Path(str(files("cleanplate") / "hull/models/refiner.json"))


def refiner_digest() -> str:
    """Return the digest of the shipped refiner; it changes whenever its answers would."""
    return str(json.loads(REFINER.read_bytes())["sha256"])
