"""What a result was measured with."""

import datetime
import os
import platform
import shlex
import sys
from pathlib import Path

from cleanplate import __version__


def measured(program: str = "python") -> dict[str, str]:
    """Return date, hardware, version and the command of this process; absolute paths become $DATA/<name> in it."""
    arguments = sys.argv[1:] if program == "cleanplate" else sys.argv
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "hardware": f"{os.cpu_count()} cores, {_processor()}",
        "version": __version__,
        "command": " ".join([program, *map(_portable, arguments)]),
    }


def _portable(argument: str) -> str:
    path = Path(argument)
    return f"$DATA/{shlex.quote(path.name)}" if path.is_absolute() else shlex.quote(argument)


def _processor() -> str:
    """Return the processor's name as Linux tells it, or what Python knows."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.is_file() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return model or platform.processor() or platform.machine()
