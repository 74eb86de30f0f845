"""What a result was measured with."""

import datetime
import os
import shlex
import sys
from pathlib import Path

from cleanplate import __version__


def measured() -> dict[str, str]:
    """Return date, hardware, version and the command of this process."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "hardware": f"{os.cpu_count()} cores, {model}",
        "version": __version__,
        "command": shlex.join(["python", *sys.argv]),
    }
