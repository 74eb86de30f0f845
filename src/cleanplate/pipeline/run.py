"""A product through the stages: what is up to date is skipped, what cannot be made is named."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from cleanplate import __version__, cards
from cleanplate.capture import Capture, check_output, read_capture
from cleanplate.errors import CleanplateError, OutOfTime, problems_of
from cleanplate.files import read_object
from cleanplate.notes import Note, stamp
from cleanplate.pipeline import stages
from cleanplate.pipeline.job import RESULT, Job, ProductResult, Stage
from cleanplate.segment import Model, load_model
from cleanplate.settings import Settings
from cleanplate.state import FILE_NAME as STATE
from cleanplate.state import LOCK, State, exclusive, fingerprint

Progress = Callable[[str, int, int], None]
"""Called with a stage's name, how many of its parts are done, and how many there are."""


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
            job.state.remove_all_but(stages.outputs(job))
            for stage in stages.STAGES:
                if stage.name in settings.stages and (result.status != "failed" or stage.name == "report"):
                    _run_stage(job, stage, progress)
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
    versions = [(stage.name, stage.version) for stage in stages.STAGES]
    networks = model.fingerprint, cards.refiner_digest(), cards.appearance_digest()
    return fingerprint(__version__, repr(settings), model.name, *networks, repr(versions), *names)


def _inputs(capture: Capture) -> list[Path]:
    return [capture.folder / "capture.json", *dict.fromkeys(capture.pictures)]


def _known(result: ProductResult) -> ProductResult | None:
    """Return what result.json says, where nothing changed since."""
    told = read_object(Path(result.folder) / RESULT)
    return replace(result, **told) if told.keys() == result.told().keys() else None


def _run_stage(job: Job, stage: Stage, progress: Progress) -> None:
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
