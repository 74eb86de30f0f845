"""The stage behind Table 1: models and folders of masks in, a folder with tables and figures out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cleanplate.evaluate.compare import Comparison
from cleanplate.evaluate.predict import Progress, make_masks
from cleanplate.evaluate.report import evaluate_all
from cleanplate.evaluate.write import write_comparison


def compare(
    methods: Mapping[str, str],
    captures: Sequence[Path],
    out: Path,
    upside_down: bool = False,
    command: str = "",
    progress: Progress = lambda *_: None,
) -> Comparison:
    """Compare models and folders of masks on captures with truth, and write tables and figures below `out`.

    Masks of models go to `out`/masks/<name>, and stay there: a rerun makes only what has other inputs.

    Args:
        methods: by the names to show, a model (see `segment.runtime.is_model`) or a folder of masks; the first is what
            the others are compared with.
        upside_down: also give each model the pictures upside down.
        command: shown as what made the page.

    Raises:
        ModelError: a model cannot be loaded.
        CaptureError, ImageError: see `evaluate_all`.
    """
    from cleanplate.segment.runtime import is_model

    folders, turned, costs = {}, {}, {}
    for name, what in methods.items():
        folders[name] = out / "masks" / name if is_model(what) else Path(what)
        if is_model(what):
            costs[name] = make_masks(what, captures, folders[name], progress=progress)
            if upside_down:
                turned[name] = out / "masks" / f"{name}, upside down"
                make_masks(what, captures, turned[name], upside_down=True, progress=progress)
    # In one pass, since the regions of a view cost more than measuring its masks.
    every = {str(path): path for path in (*folders.values(), *turned.values())}
    reports = evaluate_all(every, captures, observing=True)
    comparison = Comparison(
        {name: reports[str(path)] for name, path in folders.items()},
        {name: cost for name, cost in costs.items() if cost},
        {name: reports[str(path)] for name, path in turned.items()},
    )
    write_comparison(out, comparison, folders, captures, command)
    return comparison
