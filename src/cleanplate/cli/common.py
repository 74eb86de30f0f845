"""What the commands share: options, and how results are told."""

import functools
import inspect
import json
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from cleanplate.errors import ModelError, SettingsError, gathered, require
from cleanplate.settings import DeviceName, ProfileName, check_profile

if TYPE_CHECKING:
    from cleanplate.pipeline import ProductResult

app = typer.Typer(
    help="From clean-plate captures to AR models: masks, visual hulls, textured GLB and USDZ.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Captures = Annotated[list[Path], typer.Argument(help="Capture folders, or folders of captures.", show_default=False)]
Out = Annotated[Path, typer.Option("--out", "-o", help="Where the results go, one folder per ASIN.")]
Place = Annotated[str, typer.Option("--out", "-o", help="Folder, or URI in a store, for the results.")]


def known_model(model: str) -> str:
    """Return the name of a model, if there is one.

    Raises:
        BadParameter: there is none.
    """
    from cleanplate.segment import MODELS, is_model

    if not is_model(model) or (model not in MODELS and not Path(model).is_file()):
        raise typer.BadParameter(f"no model {model!r}; choose {', '.join(MODELS)} or an .onnx file")
    return model


Model = Annotated[
    str,
    typer.Option(
        "--model", "-m", callback=known_model, help="classical, a shipped network, default, or an .onnx file."
    ),
]


def present_device(device: DeviceName) -> DeviceName:
    """Return a device, if it is there.

    Raises:
        BadParameter: it is not.
    """
    try:
        if device == "cuda":  # only then: loading ONNX Runtime takes longer than --help may
            from cleanplate.segment.device import check_device

            check_device(device)
    except ModelError as error:
        raise typer.BadParameter(str(error)) from None
    return device


Device = Annotated[
    DeviceName,
    typer.Option(callback=present_device, help="Where the network runs; auto takes a GPU where ONNX Runtime has one."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there already.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Resolution = Annotated[int, typer.Option(min=16, max=1024, help="Hull cells along the longest side.")]


def known_profile(name: str) -> str:
    """Return the name of a profile, if there is one.

    Raises:
        BadParameter: there is none; says how one of earlier versions is called now.
    """
    try:
        check_profile(name)
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from error
    return name


Profile = Annotated[
    str,
    typer.Option(
        callback=known_profile, metavar=f"<{'|'.join(get_args(ProfileName))}>", help="What the model must keep to."
    ),
]
Also = Annotated[
    list[str] | None,
    typer.Option(
        callback=lambda names: [known_profile(name) for name in names or []],
        metavar="PROFILE",
        help="A further profile to make a model for, as <asin>.PROFILE.glb; may be given more than once.",
    ),
]
Vessel = Annotated[
    float | None,
    typer.Option(metavar="MM", help="A cup or glass: open at the top, with walls of so many millimetres."),
]
NoFloor = Annotated[bool, typer.Option("--no-floor", help="The product does not stand on the platen's plane z = 0.")]


def floor_of(*, no_floor: NoFloor = False) -> float | None:
    """Return the height that a product stands on, None where it stands on none."""
    return None if no_floor else 0.0


Front = Annotated[
    float, typer.Option(help="Azimuth of the product's front in the world, degrees counter-clockwise from +x.")
]
Refine = Annotated[bool, typer.Option("--refine/--no-refine", help="Let the views refine each other's masks.")]
Usdz = Annotated[
    bool | None,
    typer.Option("--usdz/--no-usdz", help="Write a USDZ beside the GLB; by default where the extra 'usd' is there."),
]
Truth = Annotated[list[Path], typer.Option(help="Captures or folders of captures with true masks.")]


def spread(**makers: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a command take the options of functions, and be called with what these return: shared options stand once.

    Args:
        makers: for parameters of the command, functions of options alone.
    """
    options = {name: inspect.signature(make).parameters for name, make in makers.items()}

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        own = inspect.signature(command)
        every = [each for name, one in own.parameters.items() for each in options.get(name, {name: one}).values()]

        @functools.wraps(command)
        def called(**given: Any) -> Any:
            made = {name: make(**{key: given.pop(key) for key in options[name]}) for name, make in makers.items()}
            return command(**given, **made)

        # What Typer looks at.
        called.__signature__ = own.replace(parameters=every)  # type: ignore[attr-defined]
        called.__annotations__ = {each.name: each.annotation for each in every}
        return called

    return decorate


def say(text: str) -> None:
    """Print for people; stdout is left to results. Control characters of names are shown, not obeyed."""
    print(printable(text), file=sys.stderr)


def printable(text: str) -> str:
    """Return a text that moves no cursor and turns no direction of writing: such characters become escapes."""
    return "".join(
        sign if sign in "\n\t" or not _moves(sign) else sign.encode("unicode_escape").decode() for sign in text
    )


def _moves(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def writes_usdz(asked: bool | None) -> bool:
    """Tell whether to write USDZ; says so once if nobody asked and it cannot be written.

    Raises:
        MissingExtra: asked for, and the extra is missing.
    """
    from importlib.util import find_spec

    if asked:
        require("pxr", "usd")
    elif asked is None and find_spec("pxr") is None:
        say("no USDZ is written: run pip install 'cleanplate[usd]' for it, or give --no-usdz")
        return False
    return asked is not False


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=1))


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a progress callback that draws bars on stderr if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def update(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield update


def tell(result: "ProductResult", position: str = "", verbose: bool = False) -> None:
    """Print one product's outcome: a line, and a line per problem."""
    made = (
        "nothing new"
        if result.status != "failed" and result.made == 0
        else f"{result.made} files made{', masks on a GPU' * (result.device == 'cuda')}"
    )
    took = f", {result.seconds:.2f} s, {result.cpu_seconds:.2f} CPU s" if verbose else ""
    where = f"  [{position}]" if position else ""
    say(f"{result.asin}: {result.status} ({made}{took}) {result.folder}{where}")
    for problem in gathered(result.problems):
        say(f"  {problem}")


def exit_for(problems: list[str]) -> None:
    for problem in problems:
        say(problem)
    raise typer.Exit(3 if problems else 0)
