"""What a run says of itself: log.jsonl, TensorBoard where it is installed, and lines for people on stderr."""

import json
import sys
import time
from collections import deque
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from cleanplate.clock import duration

EVERY = 60.0
"""Seconds between two lines about steps where stderr is no terminal; on one, the line is rewritten each second."""


class Log:
    """Lines of {"time", "kind", ...}, written by the first process alone; floats also go to TensorBoard."""

    def __init__(self, run: Path, rank: int) -> None:
        self.active = rank == 0
        if self.active:
            run.mkdir(parents=True, exist_ok=True)
            self.stream = (run / "log.jsonl").open("a")
            self.board = _board(run / "tensorboard")
            self.talk = Talk()

    def write(self, kind: str, step: int, **values: object) -> None:
        """Add a line."""
        if not self.active:
            return
        line = {"time": round(time.time(), 1), "kind": kind, "step": step, **values}
        self.stream.write(json.dumps(line) + "\n")
        self.stream.flush()
        self.talk.tell(kind, step, values)
        for name, value in values.items():
            if self.board is not None and isinstance(value, float):
                self.board.add_scalar(f"{kind}/{name}", value, step)

    def close(self) -> None:
        """Flush and close both."""
        if self.active:
            self.stream.close()
            if self.board is not None:
                self.board.close()


class Talk:
    """The log as sentences: what there is to train on, where the run is, how long it will take, why it stopped."""

    def __init__(self) -> None:
        self.recent: deque[tuple[float, float, float]] = deque(maxlen=50)
        """(when, loss, share done) of the last steps."""
        self.last = 0.0

    def tell(self, kind: str, step: int, values: dict[str, Any]) -> None:
        """Say a line of the log, if people want to know."""
        if kind == "step":
            self._step(step, values)
        elif kind == "data":
            held = f"{values['held_out']} held out" if values["held_out"] else "nothing held out: no validation"
            self._say(f"epoch {values['epoch']}: {values['training']} pictures of {values['products']} sources; {held}")
        elif kind == "skipped":
            self._say(f"left out: {values['problem']}")
        elif kind == "validation":
            self._say(f"step {step}: mIoU {values['miou']:.4f} on the pictures held out")
        elif kind == "end":
            self._say(f"stopped after step {step}: {values['why']}")

    def _step(self, step: int, values: dict[str, Any]) -> None:
        now = time.perf_counter()
        self.recent.append((now, values["loss"], values["done"]))
        terminal = sys.stderr.isatty()
        if now - self.last < (1 if terminal else EVERY) or len(self.recent) < 2:
            return
        self.last = now
        (began, _, before), (_, _, done) = self.recent[0], self.recent[-1]
        seconds = (now - began) / (len(self.recent) - 1)
        loss = sum(each for _, each, _ in self.recent) / len(self.recent)
        left = f", {duration((1 - done) / (done - before) * (now - began))} left" if done > before else ""
        line = f"step {step}: loss {loss:.4f}, {values['pictures'] / seconds:.1f} pictures/s{left}"
        print(f"\r\x1b[K{line}" if terminal else line, end="" if terminal else "\n", file=sys.stderr, flush=True)

    def _say(self, line: str) -> None:
        print(f"\r\x1b[K{line}" if sys.stderr.isatty() else line, file=sys.stderr, flush=True)


def _board(folder: Path) -> Any:
    """Return TensorBoard's writer, or None on a machine that has only what training itself needs."""
    if find_spec("tensorboard") is None:
        return None
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder))
