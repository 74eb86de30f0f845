"""How each stage makes its outputs of a job, and what it adds to the result."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from cleanplate.capture import read_view_mask, read_view_probability
from cleanplate.errors import CleanplateError
from cleanplate.files import write_json
from cleanplate.image import write_probability
from cleanplate.pipeline.job import Job
from cleanplate.report import figures, hull_problems, measures, read_facts, write_product
from cleanplate.segment.stage import segment_views
from cleanplate.types import ViewProbability


def segment(job: Job, stale: list[str]) -> Iterator[tuple[str, Any]]:
    """Yield each view's probability by its photograph alone."""
    views = [view for view in job.capture.views if view.id in stale]
    for view, found in segment_views(job.capture, views, job.model):
        if isinstance(found, CleanplateError):
            yield view.id, found
        else:
            yield view.id, partial(_write_probability, f"probabilities/{view.id}.png", found)


def _write_probability(name: str, probability: ViewProbability, room: Path) -> None:
    write_probability(room / name, probability)


def refine(job: Job, room: Path) -> None:
    """Let the views refine each other's masks; a person's are believed."""
    from cleanplate.hull import write_masks

    theirs, first = job.by_hand(), dict[str, ViewProbability]()
    for view in job.capture.views:
        if view in theirs:
            first[view.id] = read_view_mask(job.capture, view, job.target / "masks").astype("float32")
        else:
            first[view.id] = read_view_probability(job.capture, view, job.target / "probabilities")
    certain = [view.id for view in theirs]
    write_masks(job.capture, first, room, job.settings.floor, job.settings.refine, certain)


def tell_refined(job: Job) -> None:
    """Name the views that the others did not refine."""
    from cleanplate.hull import refined_problems

    job.result.problems += refined_problems(read_facts(job.heard)) if job.settings.refine else []


def check(job: Job, room: Path) -> None:
    """Compare each picture with its plate outside of the product."""
    from cleanplate.segment.plates import plate_facts

    write_json(room / "plates.json", plate_facts(job.capture, job.target / "masks"))


def tell_plates(job: Job) -> None:
    """Name the plates that are of another set."""
    from cleanplate.segment.plates import plate_problems

    job.result.problems += plate_problems(read_facts(job.plates))


def carve(job: Job, room: Path) -> None:
    """Carve the hull from the probabilities under the masks."""
    from cleanplate.hull import write_hull

    folders = [job.target / "refined", job.target / "probabilities"]
    asked = job.settings.resolution, job.settings.floor
    write_hull(job.capture, job.target / "masks", room / job.hull.name, *asked, folders, job.settled)


def hollow(job: Job, wall: float, room: Path) -> None:
    """Carve a vessel's inside out of the hull."""
    from cleanplate.hull import write_vessel

    write_vessel(job.hull, room / job.body.name, wall)


def texture(profile: str, job: Job, room: Path) -> None:
    """Make one profile's model of the hull and the pictures that agree with it."""
    from cleanplate.asset import write_asset

    used = tuple(view for view in job.capture.views if view.id not in read_facts(job.hull)["unused"])
    output = job.further.get(profile, job.models[0])
    usdz = job.settings.usdz and output == job.models[0]
    capture, masks, front = replace(job.capture, views=used), job.target / "masks", job.settings.front_deg
    write_asset(job.body, capture, masks, room / output.name, profile, usdz, front, job.made_by)


def tell_hull(job: Job) -> None:
    """Name what is doubtful about the hull."""
    job.result.problems += hull_problems(job.hull)


def tell_models(job: Job) -> None:
    """Note what the models are like."""
    facts = job.hull, job.models[0], len(job.capture.views)
    job.result.figures, job.result.measures = figures(*facts), measures(*facts)
    if job.settings.vessel is not None:
        walls = f"carved out with walls of {1000 * job.settings.vessel:g} mm, as asked for: it was not seen"
        job.result.figures["inside"] = walls


def report(job: Job, room: Path) -> None:
    """Write the page and the overlays."""
    told = {"model": job.model.name} | alone(job) | job.result.figures
    write_product(job.capture, job.target, room, told, job.result.problems, job.shown)


def alone(job: Job) -> dict[str, str]:
    """Return what the report says of views that did not refine each other."""
    reason = read_facts(job.heard).get("alone") if job.settings.refine else "not asked for"
    return {"masks": f"each from its own view: {reason}"} if reason else {}
