"""Table 1 from models and folders of masks: what the models lack is made, then all are judged on the same views."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from cleanplate.capture import check_ours, check_output, find_captures, readable_captures
from cleanplate.errors import CleanplateError, problems_of
from cleanplate.evaluate import Comparison, Cost, evaluate_all, write_comparison
from cleanplate.files import read_object, write_json
from cleanplate.pipeline import Progress, run_product
from cleanplate.segment import RULES, Model, is_model, load_model
from cleanplate.settings import DeviceName, Settings
from cleanplate.types import Image, Probability


def compare(
    methods: Mapping[str, str],
    captures: Sequence[Path],
    out: Path,
    upside_down: bool = False,
    command: str = "",
    progress: Progress = lambda *_: None,
    device: DeviceName = "auto",
) -> Comparison:
    """Compare models and folders of masks on captures with truth, and write tables and figures below `out`.

    Masks of models, each view's by itself, go to `out`/masks/<name>, and stay there: a rerun makes only what has other
    inputs.

    Args:
        methods: by the names to show, a model (see `segment.is_model`) or a folder of masks; the first is what the
            others are compared with.
        upside_down: also give each model the pictures upside down.
        command: shown as what made the page.
        device: where networks run.

    Raises:
        ModelError: a model cannot be loaded.
        CleanplateError: `out` lies in or over what is read, or holds a compare.json of something else.
        CaptureError: no capture can be read; what befalls a few of them is among the comparison's problems.
        CaptureError, ImageError: see `evaluate_all`.
    """
    check_output(out, *captures, marker="compare.json")
    check_ours(out / "compare.json", "bootstrap")
    captures, refused = readable_captures(captures)
    folders, turned, costs = {}, {}, {}
    for name, what in methods.items():
        folders[name] = out / "masks" / name if is_model(what) else Path(what)
        if is_model(what):
            model = load_model(what, "auto" if what in RULES else device)
            costs[name] = make_masks(model, captures, folders[name], progress, refused=refused)
            if upside_down:
                turned[name] = out / "masks" / f"{name}, upside down"
                make_masks(turned_over(model), captures, turned[name], progress, refused=refused)
    # In one pass, since the regions of a view cost more than measuring its masks.
    every = {str(path): path for path in (*folders.values(), *turned.values())}
    reports = evaluate_all(every, captures, observing=True)
    comparison = Comparison(
        {name: reports[str(path)] for name, path in folders.items()},
        {name: cost for name, cost in costs.items() if cost},
        {name: reports[str(path)] for name, path in turned.items()},
        refused=tuple(dict.fromkeys(refused)),
    )
    write_comparison(out, comparison, folders, captures, command)
    return comparison


def make_masks(
    model: Model,
    captures: Sequence[Path],
    out: Path,
    progress: Progress = lambda *_: None,
    refine: bool = False,
    refused: list[str] | None = None,
) -> Cost | None:
    """Write the masks of captures or collections by a model to `out`/<asin>/masks/<view id>.png.

    What was made of the same inputs is kept. A view that the model cannot use gets no mask.

    Args:
        refine: whether views refine each other's masks.
        refused: gets a sentence for each capture of which no masks could be made; without it, that is an error.

    Returns:
        What the masks have cost, in this run or an earlier one; None where no capture was done in one go.

    Raises:
        CleanplateError: see `refused`.
    """
    folders, costs = find_captures(captures), []
    for done, folder in enumerate(folders, start=1):
        start = _clock()
        try:
            result = run_product(folder, out, Settings(refine=refine, stages=("segment", "refine")), model=model)
        except (CleanplateError, OSError) as error:
            if refused is None:
                raise
            refused += problems_of(error, folder, out)
            continue
        cost, views = out / "costs" / f"{result.asin}.json", len(list((out / result.asin / "masks").glob("*.png")))
        if not result.problems and result.made == 2 * views:
            write_json(cost, asdict(Cost(*((_clock() - start) / views).tolist())))
        costs += _known_cost(cost)
        progress(model.name, done, len(folders))
    return Cost(*np.median([(each.wall, each.cpu) for each in costs], axis=0).tolist()) if costs else None


def _known_cost(path: Path) -> list[Cost]:
    told = read_object(path, 1 << 16)
    values = [told.get(name) for name in ("wall", "cpu")]
    return [Cost(*map(float, values))] if all(isinstance(each, int | float) for each in values) else []  # type: ignore[arg-type]


def turned_over(model: Model) -> Model:
    """Return a model that is shown each picture and plate upside down; what it finds is turned back.

    The paper's network took reflections for foreground then, since it had learned where they lie.
    """

    def probabilities(images: Sequence[Image], plate: Image | None) -> list[Probability]:
        found = model.probabilities([np.flipud(image) for image in images], None if plate is None else np.flipud(plate))
        return [np.flipud(each) for each in found]

    name, key = f"{model.name} upside down", f"{model.fingerprint} upside down"
    return replace(model, name=name, fingerprint=key, probabilities=probabilities)


def _clock() -> Float[np.ndarray, "2"]:
    return np.array([time.perf_counter(), time.process_time()])
