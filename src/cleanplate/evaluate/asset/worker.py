"""Reads one model's file and prints its facts as JSON: a process of its own, with bounds, for files from anywhere.

python -m cleanplate.evaluate.asset.worker FILE
"""

import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path

MEMORY = 6 << 30
SECONDS = 240


def main(path: Path) -> int:
    """Print the facts, or on stderr why there are none."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    from cleanplate.errors import CleanplateError
    from cleanplate.evaluate.asset.glb import read_glb
    from cleanplate.evaluate.asset.usdz import read_usdz

    try:
        facts = read_usdz(path) if path.suffix.lower() == ".usdz" else read_glb(path.read_bytes())
    except (CleanplateError, ValueError, OSError, MemoryError) as error:
        print(str(error) or type(error).__name__, file=sys.stderr)
        return 1
    except Exception as error:  # USD raises kinds of its own on damaged packages
        print(f"it cannot be read: {type(error).__name__}: {str(error).splitlines()[-1:]}", file=sys.stderr)
        return 1
    print(json.dumps(asdict(facts)))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
