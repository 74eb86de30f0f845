"""The fixed list of test products, balanced over the seven tags.

python benchmarks/test_list.py SCANS     writes test_products.json into cleanplate/render
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path

from balance import balanced

from cleanplate.errors import CleanplateError
from cleanplate.files import write_bytes
from cleanplate.render.products import TEST_FAMILIES
from cleanplate.render.recipes import FIRST_SCAN_SEED, TEST_LIST, TEST_MESHES, Source, mesh_files

_FIRST_SEED, _PER_FAMILY, _PER_SCAN = 500, 10, 6
_COUNT, _MOST_PER_FAMILY = 145, 8


def choose_test_products(scans: Path) -> list[tuple[str, int]]:
    """Family (or scan) and seed of 145 products, out of ten of each family and six dresses of each scan."""
    candidates = [Source(family, _FIRST_SEED + k) for k in range(_PER_FAMILY) for family in TEST_FAMILIES]
    meshes = [path for path in mesh_files(scans) if path.stem in TEST_MESHES]
    candidates += [Source(path.stem, FIRST_SCAN_SEED + k, path) for k in range(_PER_SCAN) for path in meshes]
    chosen = balanced(candidates, cache(_tags_or_none), _COUNT, _MOST_PER_FAMILY)
    return [(source.family, source.seed) for source in chosen]


def _tags_or_none(source: Source) -> tuple[str, ...] | None:
    try:
        return source.make().tags
    except CleanplateError:
        return None


if __name__ == "__main__":
    rows = ",\n".join(json.dumps(row) for row in choose_test_products(Path(sys.argv[1])))
    write_bytes(TEST_LIST, f"[\n{rows}\n]\n".encode())
