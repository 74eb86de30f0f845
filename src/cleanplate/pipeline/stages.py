"""The stages in their order, and for each the settings and files that its outputs depend on: the whole composition.

capture -> probabilities -> masks -> hull -> asset -> report, all below `<out>/<asin>/`. How a stage makes what it makes
stands in `make`, how they are run and skipped in `run`.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

from cleanplate import cards
from cleanplate.pipeline import make
from cleanplate.pipeline.job import Job, Part, Stage
from cleanplate.settings import ProfileName


def _probabilities(job: Job) -> dict[str, Part]:
    theirs = job.by_hand()
    outputs = job.files("probabilities")
    return {
        view.id: Part(
            [job.model.fingerprint, job.capture.image_path(view), job.capture.plate_path(view)],
            [] if view in theirs else [output],
        )
        for view, output in zip(job.capture.views, outputs, strict=True)
    }


def _masks(job: Job) -> dict[str, Part]:
    theirs = job.by_hand()
    sources = [
        job.target / ("masks" if view in theirs else "probabilities") / f"{view.id}.png" for view in job.capture.views
    ]
    names = [view.id for view in theirs]
    inputs: list[object] = [job.settings.refine, job.settings.floor, job.description, names, *sources]
    if not job.settings.refine:
        return {"masks": Part(inputs, job.files("masks"))}
    inputs += [cards.refiner_digest(), *job.capture.pictures]
    return {"masks": Part(inputs, [*job.files("masks"), *job.files("refined"), job.heard])}


def _plates(job: Job) -> dict[str, Part]:
    with_plates = tuple(view for view in job.capture.views if view.plate is not None)
    pictures = replace(job.capture, views=with_plates).pictures
    return {"plates": Part([*pictures, *job.files("masks")], [job.plates])}


def _hull(job: Job) -> dict[str, Part]:
    probabilities = [each for each in (*job.files("refined"), *job.files("probabilities")) if each.is_file()]
    asked = [job.settings.resolution, job.settings.floor, job.settled]
    inputs = [*asked, job.description, *job.files("masks"), *probabilities]
    parts = {"hull": Part(inputs, [job.hull, job.hull.with_suffix(".json")])}
    if job.settings.vessel is not None:
        parts["vessel"] = Part([job.settings.vessel, *inputs], [job.body])
    return parts


def _carve(job: Job, stale: list[str]) -> Iterator[tuple[str, Any]]:
    if "hull" in stale:
        yield "hull", partial(make.carve, job)
    if "vessel" in stale and (wall := job.settings.vessel):
        yield "vessel", partial(make.hollow, job, wall)


def _models(job: Job) -> dict[str, Part]:
    inputs: list[object] = [job.settings.front_deg, *job.made_by.values(), job.body, job.hull.with_suffix(".json")]
    inputs += [cards.appearance_digest(), job.description, *job.capture.pictures, *job.files("masks")]
    made = {job.settings.profile: job.models} | {name: [glb] for name, glb in job.further.items()}
    beside = (".json", ".unseen.png")
    return {
        name: Part([name, *inputs], [*files, *(files[0].with_suffix(each) for each in beside)])
        for name, files in made.items()
    }


def _texture(job: Job, stale: list[str]) -> Iterator[tuple[str, Any]]:
    return ((profile, partial(make.texture, profile, job)) for profile in stale)


def _pages(job: Job) -> dict[str, Part]:
    shown = [job.model.name, job.result.problems, job.result.figures, *job.shown]
    overlays = job.files("overlays", ".jpg")
    return {
        "report": Part(
            [*shown, *make.alone(job).values(), *job.capture.pictures, *job.files("masks")],
            [job.target / "report.html", *overlays],
        )
    }


def _whole(write: Callable[[Job, Path], None]) -> Callable[[Job, list[str]], Iterator[tuple[str, Any]]]:
    """Return the `make` of a stage of one part."""
    return lambda job, stale: ((name, partial(write, job)) for name in stale)


STAGES = (
    Stage("segment", 1, _probabilities, make.segment),
    Stage("refine", 6, _masks, _whole(make.refine), make.tell_refined),
    Stage("check", 2, _plates, _whole(make.check), make.tell_plates),
    Stage("carve", 9, _hull, _carve, make.tell_hull),
    Stage("asset", 11, _models, _texture, make.tell_models),
    Stage("report", 3, _pages, _whole(make.report)),
)
"""In their order. Raise a stage's number with its behaviour: results of the old one are made again then."""


def outputs(job: Job) -> set[Path]:
    """Return all that may lie in the result: what a stage makes, asked for now or not, but no stale USDZ or mask."""
    glb = job.models[0]
    models, body = [*job.models, *job.further.values()], job.body
    if "asset" not in job.settings.stages:
        profiles = [glb.with_suffix(f".{name}.glb") for name in get_args(ProfileName)]
        models, body = [glb, glb.with_suffix(".usdz"), *profiles], job.target / "vessel.ply"
    folders, heard = ["probabilities", "masks"], set[Path]()
    if job.settings.refine:
        folders, heard = [*folders, "refined"], {job.heard}
    per_view = [path for folder in folders for path in job.files(folder)] + job.files("overlays", ".jpg")
    glbs = [each for each in models if each.suffix == ".glb"]
    facts = [each.with_suffix(".json") for each in (job.hull, *glbs)] + [
        each.with_suffix(".unseen.png") for each in glbs
    ]
    return {*per_view, *heard, job.hull, body, *models, *facts, job.plates, job.target / "report.html"}
