"""From a recipe's name to a data set on disk.

    python -m cleanplate.render.make train-small --out DIR [--meshes DIR] [--scale 1] [--size 320x256] [--limit 150]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from cleanplate.errors import CleanplateError
from cleanplate.render.batch import BatchReport, render_batch
from cleanplate.render.recipes import RECIPES


def make_dataset(
    name: str,
    out: Path,
    meshes: Path | None = None,
    scale: float = 1.0,
    size: tuple[int, int] | None = None,
    limit: int | None = None,
    say: Callable[[str], None] = print,
) -> BatchReport:
    """Render a recipe's captures side by side into `out`; run again to resume.

    Args:
        meshes: scans to train with; without it a recipe is procedural throughout.
        scale: of the number of products.
        size: width and height in pixels, in place of the recipe's own.
        limit: only the first so many products.

    Raises:
        CleanplateError: no such recipe.
    """
    if name not in RECIPES:
        raise CleanplateError(f"no data set recipe {name!r}: choose one of {', '.join(RECIPES)}")
    recipe = RECIPES[name]
    width, height = size or (recipe.width, recipe.height)
    return render_batch(recipe.jobs(meshes, scale)[:limit], out, width, height, recipe.quality, say=say)


def main() -> int:
    """The command of the module's docstring; the exit code is 1 when a product failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", choices=list(RECIPES))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--meshes", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--size")
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    size = tuple(int(n) for n in options.size.split("x")) if options.size else None
    say = partial(print, flush=True)
    report = make_dataset(options.recipe, options.out, options.meshes, options.scale, size, options.limit, say)
    say(f"made {len(report.made)}, already there {len(report.skipped)}, failed {len(report.failed)}")
    return 1 if report.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
