"""One product on its way through the stages, and what a stage is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from cleanplate.capture import Capture, View, read_view_mask
from cleanplate.errors import CleanplateError
from cleanplate.report import read_facts
from cleanplate.segment import Model
from cleanplate.settings import Settings, StageName
from cleanplate.state import State

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

    def by_hand(self) -> list[View]:
        """Return the views whose mask is a person's; those that cannot be used are left out, by name."""
        masks = zip(self.capture.views, self.files("masks"), strict=True)
        theirs = [view for view, mask in masks if self.state.is_edited(mask)]
        for view in theirs:
            try:
                read_view_mask(self.capture, view, self.target / "masks")
            except CleanplateError as error:
                self.drop(view.id, error)
        return [view for view in theirs if view in self.capture.views]

    @property
    def made_by(self) -> dict[str, str]:
        """What made the masks, which the models tell."""
        by_hand = sum(self.state.is_edited(mask) for mask in self.files("masks"))
        return {
            "network": Path(self.model.name).name,
            "networkDigest": self.model.fingerprint,
            "masksByHand": str(by_hand),
        }

    @property
    def description(self) -> Path:
        """The capture's capture.json."""
        return self.capture.folder / "capture.json"

    @property
    def heard(self) -> Path:
        """What became of the views as they refined each other."""
        return self.target / "refined.json"

    @property
    def settled(self) -> bool:
        """Whether the views heard each other."""
        return self.settings.refine and read_facts(self.heard).get("alone") == ""

    @property
    def plates(self) -> Path:
        """How well each view's plate agrees with its picture."""
        return self.target / "plates.json"

    @property
    def hull(self) -> Path:
        """The hull's mesh, what is known of it lies beside."""
        return self.target / "hull.ply"

    @property
    def body(self) -> Path:
        """The mesh that becomes a model: the hull, or what is left of it as a vessel."""
        return self.hull if self.settings.vessel is None else self.target / "vessel.ply"

    @property
    def models(self) -> list[Path]:
        """The GLB, and the USDZ if one is asked for."""
        glb = self.target / f"{self.capture.asin}.glb"
        return [glb, glb.with_suffix(".usdz")] if self.settings.usdz else [glb]

    @property
    def further(self) -> dict[str, Path]:
        """The GLB of each further profile."""
        return {name: self.target / f"{self.capture.asin}.{name}.glb" for name in self.settings.also}

    @property
    def shown(self) -> list[Path]:
        """The hull and the models, if this run made them."""
        return [self.hull, *self.models, *self.further.values()] if self.result.figures else []


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
