"""What a run says of itself: log.jsonl, and TensorBoard where it is installed."""

import json
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any


class Log:
    """Lines of {"time", "kind", ...}, written by the first process alone; floats also go to TensorBoard."""

    def __init__(self, run: Path, rank: int) -> None:
        self.active = rank == 0
        if self.active:
            run.mkdir(parents=True, exist_ok=True)
            self.stream = (run / "log.jsonl").open("a")
            self.board = _board(run / "tensorboard")

    def write(self, kind: str, step: int, **values: object) -> None:
        """Add a line."""
        if not self.active:
            return
        line = {"time": round(time.time(), 1), "kind": kind, "step": step, **values}
        self.stream.write(json.dumps(line) + "\n")
        self.stream.flush()
        for name, value in values.items():
            if self.board is not None and isinstance(value, float):
                self.board.add_scalar(f"{kind}/{name}", value, step)

    def close(self) -> None:
        """Flush and close both."""
        if self.active:
            self.stream.close()
            if self.board is not None:
                self.board.close()


def _board(folder: Path) -> Any:
    """Return TensorBoard's writer, or None on a machine that has only what training itself needs."""
    if find_spec("tensorboard") is None:
        return None
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder))
