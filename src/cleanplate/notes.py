"""What a machine notes of a finished product: that nothing changed since, and what it took.

Notes lie in `<out>/.cleanplate/`, apart from the results, whose bytes tell of no time and no machine. They may be
deleted at any moment: then the next run looks at contents again, as it does wherever a note does not hold.
"""

import hashlib
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cleanplate.files import json_text, read_object, write_bytes

FOLDER, SIZE_LIMIT = ".cleanplate", 1 << 24


def stamp(paths: Iterable[Path]) -> str:
    """Return a digest over where files lie on the disk, their sizes and times; a file that is missing counts as well.

    The time of the last change of the inode, which nobody sets, tells also of writes that keep the other times.
    """
    digest = hashlib.sha256()
    for path in paths:
        try:
            seen = path.lstat()
            facts = (seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_mode)
        except OSError:
            facts = None
        digest.update(f"{path}\0{facts}\n".encode(errors="surrogatepass"))
    return digest.hexdigest()


@dataclass
class Note:
    """What is known of one product.

    Attributes:
        out, name: of the results, `out`/<name>.
        asked: fingerprint of what the run was asked for.
        inputs: `stamp` of all that it reads, taken before it is read.
    """

    out: Path
    name: str
    asked: str
    inputs: str
    _started: tuple[float, float] = field(default_factory=lambda: (time.perf_counter(), time.process_time()))

    @property
    def path(self) -> Path:
        """Where the note lies."""
        return self.out / FOLDER / f"{self.name}.json"

    def holds(self) -> bool:
        """Tell whether neither what was asked for, nor an input, nor an output has changed since the note was made."""
        known = read_object(self.path, SIZE_LIMIT)
        names = known.get("outputs")
        if not isinstance(names, list) or (known.get("asked"), known.get("inputs")) != (self.asked, self.inputs):
            return False
        return known.get("stamp") == stamp(self.out / str(name) for name in names)

    def write(self, outputs: Sequence[Path], made: int) -> None:
        """Note that the outputs are as they should be; what it took is noted of runs that made something."""
        cost = {
            "seconds": round(time.perf_counter() - self._started[0], 3),
            "cpu_seconds": round(time.process_time() - self._started[1], 3),
        }
        if not made:
            before = read_object(self.path, SIZE_LIMIT)
            cost = {name: before[name] for name in cost if isinstance(before.get(name), float)}
        names = [path.relative_to(self.out).as_posix() for path in outputs]
        value = {"asked": self.asked, "inputs": self.inputs, "outputs": names, "stamp": stamp(outputs), **cost}
        if not self.path.parent.is_symlink():
            with suppress(OSError):  # without a note the next run takes longer, no more
                write_bytes(self.path, json_text(value).encode())
