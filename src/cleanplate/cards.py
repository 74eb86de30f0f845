"""What the cards of the shipped refiner and appearance network tell, apart from the rooms that run them.

Their loops take long to load.
"""

import json
from importlib.resources import files
from pathlib import Path

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
