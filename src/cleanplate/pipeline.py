"""capture -> probabilities -> masks -> hull -> asset -> report: the only place that composes the stages.

Each stage reads files and writes files below `<out>/<asin>/`, and is skipped when nothing that it depends on changed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from cleanplate import __version__
from cleanplate.capture import Capture, View, check_output, read_capture, read_view_mask, read_view_probability
from cleanplate.errors import CleanplateError, OutOfTime, problems_of
from cleanplate.files import read_object, write_json
from cleanplate.image import write_probability
from cleanplate.notes import Note, stamp
from cleanplate.report import figures, hull_problems, measures, read_facts, write_product
from cleanplate.segment import Model, load_model
from cleanplate.segment.stage import segment_views
from cleanplate.settings import Settings, StageName
from cleanplate.state import FILE_NAME as STATE
from cleanplate.state import LOCK, State, exclusive, fingerprint
from cleanplate.types import ViewProbability

Progress = Callable[[str, int, int], None]
"""Called with a stage's name, how many of its parts are done, and how many there are."""


RESULT = "result.json"
"""What became of a product, in its folder."""

OF_THIS_RUN = {"made", "device", "seconds", "cpu_seconds"}
"""What of a result tells of the run that looked last, not of what lies there."""


@dataclass
class ProductResult:
    """What became of one product; `problems` is empty if all went well.

    Attributes:
        status: "ok", "partial" (something is missing or doubtful, and named), or "failed" (no model).
        figures: what the report shows, in SI units.
        measures: the same as numbers, see `report.measures`.
        made: how many files were made.
        device: where masks were made, if any were: "cpu" or "cuda"; empty if the run failed before.
        seconds, cpu_seconds: what it took, by the clock and of all cores, if the batch measured it.
    """

    asin: str
    capture: str
    folder: str
    status: str = "ok"
    problems: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    measures: dict[str, float] = field(default_factory=dict)
    made: int = 0
    device: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    def told(self) -> dict[str, Any]:
        """Return what it says of what lies there, not of the run that looked last."""
        return {key: value for key, value in asdict(self).items() if key not in OF_THIS_RUN}


@dataclass
class Job:
    """One product on its way through the stages; `capture` holds the views that are usable so far."""

    capture: Capture
    target: Path
    settings: Settings
    model: Model
    state: State
    result: ProductResult

    def drop(self, view: str, reason: object) -> None:
        """Go on without a view."""
        self.result.problems.append(f"view {view}: {reason}")
        self.capture = replace(self.capture, views=tuple(each for each in self.capture.views if each.id != view))

    def files(self, folder: str, suffix: str = ".png") -> list[Path]:
        """Return where a folder of the result holds each view's file."""
        return [self.target / folder / f"{view.id}{suffix}" for view in self.capture.views]

    @property
    def description(self) -> Path:
        """The capture's capture.json."""
        return self.capture.folder / "capture.json"

    @property
    def heard(self) -> Path:
        """What became of the views as they refined each other."""
        return self.target / "refined.json"

    @property
    def hull(self) -> Path:
        """The hull's mesh, what is known of it lies beside."""
        return self.target / "hull.ply"

    @property
    def models(self) -> list[Path]:
        """The GLB, and the USDZ if one is asked for."""
        glb = self.target / f"{self.capture.asin}.glb"
        return [glb, glb.with_suffix(".usdz")] if self.settings.usdz else [glb]


class Part(NamedTuple):
    """What a stage makes in one go: all that the outputs depend on, and the outputs."""

    inputs: Sequence[object]
    outputs: Sequence[Path]


class Stage(NamedTuple):
    """One stage.

    Attributes:
        version: part of the fingerprint, to be raised whenever the stage makes something else of the same inputs.
        parts: what it makes, by name; a view's is the view's id.
        make: yields, for the parts that are stale, what writes each below a folder, or what kept it from being made.
        tell: adds to the result what the outputs say.
    """

    name: StageName
    version: int
    parts: Callable[[Job], dict[str, Part]]
    make: Callable[[Job, list[str]], Iterator[tuple[str, Callable[[Path], None] | CleanplateError]]]
    tell: Callable[[Job], None] = lambda _: None


def run_product(
    folder: Path,
    out: Path,
    settings: Settings,
    progress: Progress = lambda *_: None,
    model: Model | None = None,
    given: str | None = None,
) -> ProductResult:
    """Turn one capture into masks, hull, models and report below `out`/<asin>/.

    A view that cannot be used is named in the result and left out; what exists already is not made again.

    Args:
        model: makes the masks; by default the one that the settings name.
        given: what the result calls the capture; by default its folder.

    Raises:
        CaptureError: capture.json cannot be used.
        CleanplateError: another run holds the output, it lies in or over a capture or photographs, or the model
            cannot be loaded.
        OSError: not even the result can be written, such as on a full disk.
    """
    capture = read_capture(folder)
    target = out / capture.asin
    check_output(target, folder)
    model = model or load_model(settings.model, settings.device)
    result = ProductResult(capture.asin, given or str(folder.resolve()), str(target), device=model.device)
    note = Note(out, capture.asin, asked_for([result.capture, result.folder], settings, model), stamp(_inputs(capture)))
    # A lock that lies there is of another run, or of one that was killed before it had cleared up.
    if note.holds() and not (target / LOCK).exists() and (known := _known(result)):
        return known
    with exclusive(target):
        job = Job(capture, target, settings, model, State(target), result)
        try:
            job.state.remove_all_but(_outputs(job))
            for stage in STAGES:
                if stage.name in settings.stages and (result.status != "failed" or stage.name == "report"):
                    _run(job, stage, progress)
        except (Exception, OutOfTime) as error:  # also a bug or a full disk: the result never says ok after it
            result.problems += problems_of(error, folder, target)
            result.status = "failed"
        if result.status == "ok" and result.problems:
            result.status = "partial"
        job.state.write_result(RESULT, result.told())
        if result.status != "failed" and job.state.is_all_own():
            known_files = {*job.state.outputs(), *(target / "masks" / f"{view.id}.png" for view in capture.views)}
            note.write([*sorted(known_files), target / RESULT, target / STATE], result.made)
    return result


def asked_for(names: Sequence[str], settings: Settings, model: Model) -> str:
    """Return a fingerprint of all that a run makes of the same pictures."""
    stages = [(stage.name, stage.version) for stage in STAGES]
    return fingerprint(__version__, repr(settings), model.name, model.fingerprint, repr(stages), *names)


def _inputs(capture: Capture) -> list[Path]:
    return [capture.folder / "capture.json", *dict.fromkeys(capture.pictures)]


def _known(result: ProductResult) -> ProductResult | None:
    """Return what result.json says, where nothing changed since."""
    told = read_object(Path(result.folder) / RESULT)
    return replace(result, **told) if told.keys() == result.told().keys() else None


def _run(job: Job, stage: Stage, progress: Progress) -> None:
    """Make what is stale of one stage; what cannot be made is named."""
    try:
        parts, keys = stage.parts(job), {}
        for name, part in parts.items():
            try:
                inputs = (each if isinstance(each, Path) else repr(each) for each in part.inputs)
                key = fingerprint(stage.name, str(stage.version), *inputs)
            except OSError as error:
                job.drop(name, f"{error.filename}: {error.strerror}; put the picture there")
                continue
            if not job.state.is_done(key, *part.outputs):
                keys[name] = key
        for done, (name, made) in enumerate(stage.make(job, list(keys)), start=1):
            if isinstance(made, CleanplateError):
                job.drop(name, made)
            else:
                with job.state.making(keys[name], *parts[name].outputs) as room:
                    made(room)
                job.result.made += len(parts[name].outputs)
            progress(stage.name, done, len(keys))
        stage.tell(job)
    except CleanplateError as error:
        job.result.problems.append(str(error))
        job.result.status = "failed"


def _outputs(job: Job) -> set[Path]:
    """Return all that may lie in the result: what a stage makes, asked for now or not, but no stale USDZ or mask."""
    models = job.models if "asset" in job.settings.stages else [job.models[0], job.models[0].with_suffix(".usdz")]
    folders, heard = ["probabilities", "masks"], set[Path]()
    if job.settings.refine:
        folders, heard = [*folders, "refined"], {job.heard}
    per_view = [path for folder in folders for path in job.files(folder)] + job.files("overlays", ".jpg")
    facts = [job.hull.with_suffix(".json"), models[0].with_suffix(".json")]
    return {*per_view, *heard, job.hull, *models, *facts, job.target / "plates.json", job.target / "report.html"}


def _whole(make: Callable[[Job, Path], None]) -> Callable[[Job, list[str]], Iterator[tuple[str, Any]]]:
    """Return the `make` of a stage of one part."""
    return lambda job, stale: ((name, partial(make, job)) for name in stale)


def _probabilities(job: Job) -> dict[str, Part]:
    theirs = _by_hand(job)
    outputs = job.files("probabilities")
    return {
        view.id: Part(
            [job.model.fingerprint, job.capture.image_path(view), job.capture.plate_path(view)],
            [] if view in theirs else [output],
        )
        for view, output in zip(job.capture.views, outputs, strict=True)
    }


def _segment(job: Job, stale: list[str]) -> Iterator[tuple[str, Any]]:
    views = [view for view in job.capture.views if view.id in stale]
    for view, found in segment_views(job.capture, views, job.model):
        if isinstance(found, CleanplateError):
            yield view.id, found
        else:
            yield view.id, partial(_write_probability, f"probabilities/{view.id}.png", found)


def _write_probability(name: str, probability: ViewProbability, room: Path) -> None:
    write_probability(room / name, probability)


def _by_hand(job: Job) -> list[View]:
    """Return the views whose mask is a person's; those that cannot be used are left out, by name."""
    masks = zip(job.capture.views, job.files("masks"), strict=True)
    theirs = [view for view, mask in masks if job.state.is_edited(mask)]
    for view in theirs:
        try:
            read_view_mask(job.capture, view, job.target / "masks")
        except CleanplateError as error:
            job.drop(view.id, error)
    return [view for view in theirs if view in job.capture.views]


def _masks(job: Job) -> dict[str, Part]:
    from cleanplate.hull import refiner_digest

    theirs = _by_hand(job)
    sources = [
        job.target / ("masks" if view in theirs else "probabilities") / f"{view.id}.png" for view in job.capture.views
    ]
    names = [view.id for view in theirs]
    inputs: list[object] = [job.settings.refine, job.settings.floor, job.description, names, *sources]
    if not job.settings.refine:
        return {"masks": Part(inputs, job.files("masks"))}
    inputs += [refiner_digest(), *job.capture.pictures]
    return {"masks": Part(inputs, [*job.files("masks"), *job.files("refined"), job.heard])}


def _refine(job: Job, room: Path) -> None:
    from cleanplate.hull import write_masks

    theirs, first = _by_hand(job), dict[str, ViewProbability]()
    for view in job.capture.views:
        if view in theirs:
            first[view.id] = read_view_mask(job.capture, view, job.target / "masks").astype("float32")
        else:
            first[view.id] = read_view_probability(job.capture, view, job.target / "probabilities")
    certain = [view.id for view in theirs]
    write_masks(job.capture, first, room, job.settings.floor, job.settings.refine, certain)


def _tell_refined(job: Job) -> None:
    from cleanplate.hull import refined_problems

    job.result.problems += refined_problems(read_facts(job.heard)) if job.settings.refine else []


def _plates(job: Job) -> dict[str, Part]:
    with_plates = tuple(view for view in job.capture.views if view.plate is not None)
    pictures = replace(job.capture, views=with_plates).pictures
    return {"plates": Part([*pictures, *job.files("masks")], [job.target / "plates.json"])}


def _check(job: Job, room: Path) -> None:
    from cleanplate.segment.plates import plate_agreements

    write_json(room / "plates.json", plate_agreements(job.capture, job.target / "masks"))


def _tell_plates(job: Job) -> None:
    from cleanplate.segment.plates import plate_problems

    job.result.problems += plate_problems(read_facts(job.target / "plates.json"))


def _hull(job: Job) -> dict[str, Part]:
    probabilities = [each for each in (*job.files("refined"), *job.files("probabilities")) if each.is_file()]
    asked = [job.settings.resolution, job.settings.floor, _are_settled(job)]
    inputs = [*asked, job.description, *job.files("masks"), *probabilities]
    return {"hull": Part(inputs, [job.hull, job.hull.with_suffix(".json")])}


def _carve(job: Job, room: Path) -> None:
    from cleanplate.hull import write_hull

    folders = [job.target / "refined", job.target / "probabilities"]
    asked = job.settings.resolution, job.settings.floor
    write_hull(job.capture, job.target / "masks", room / job.hull.name, *asked, folders, _are_settled(job))


def _are_settled(job: Job) -> bool:
    """Tell whether the views heard each other."""
    return job.settings.refine and read_facts(job.heard).get("alone") == ""


def _models(job: Job) -> dict[str, Part]:
    images = [job.capture.image_path(view) for view in job.capture.views]
    inputs = [job.settings.profile, job.settings.front_deg, job.hull, job.description, *images, *job.files("masks")]
    return {"models": Part(inputs, [*job.models, job.models[0].with_suffix(".json")])}


def _texture(job: Job, room: Path) -> None:
    from cleanplate.asset import write_asset

    used = tuple(view for view in job.capture.views if view.id not in read_facts(job.hull)["unused"])
    capture, output = replace(job.capture, views=used), room / job.models[0].name
    write_asset(
        job.hull, capture, job.target / "masks", output, job.settings.profile, job.settings.usdz, job.settings.front_deg
    )


def _pages(job: Job) -> dict[str, Part]:
    shown = [job.model.name, job.result.problems, job.result.figures, *_shown(job)]
    overlays = job.files("overlays", ".jpg")
    return {
        "report": Part(
            [*shown, *_heard(job).values(), *job.capture.pictures, *job.files("masks")],
            [job.target / "report.html", *overlays],
        )
    }


def _shown(job: Job) -> list[Path]:
    """Return the hull and the models, if this run made them."""
    return [job.hull, *job.models] if job.result.figures else []


def _report(job: Job, room: Path) -> None:
    figures = {"model": job.model.name} | _heard(job) | job.result.figures
    write_product(job.capture, job.target, room, figures, job.result.problems, _shown(job))


def _heard(job: Job) -> dict[str, str]:
    """Return what the report says of views that did not refine each other."""
    alone = read_facts(job.heard).get("alone") if job.settings.refine else "not asked for"
    return {"masks": f"each from its own view: {alone}"} if alone else {}


def _tell_hull(job: Job) -> None:
    job.result.problems += hull_problems(job.hull)


def _tell_models(job: Job) -> None:
    facts = job.hull, job.models[0], len(job.capture.views)
    job.result.figures, job.result.measures = figures(*facts), measures(*facts)


STAGES = (
    Stage("segment", 1, _probabilities, _segment),
    Stage("refine", 3, _masks, _whole(_refine), _tell_refined),
    Stage("check", 1, _plates, _whole(_check), _tell_plates),
    Stage("carve", 5, _hull, _whole(_carve), _tell_hull),
    Stage("asset", 4, _models, _whole(_texture), _tell_models),
    Stage("report", 3, _pages, _whole(_report)),
)
"""In their order. Raise a stage's number with its behaviour: results of the old one are made again then."""
