"""What the pipeline's tests share."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

SIZE = (128, 104)
"""Width and height of the test pictures."""

RADII = (0.05, 0.035, 0.04)
"""Half axes of the test ellipsoid, metres."""


def edit(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change a capture's JSON in place."""
    document = json.loads((folder / "capture.json").read_text())
    change(document)
    (folder / "capture.json").write_text(json.dumps(document))


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by name, hidden ones too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
