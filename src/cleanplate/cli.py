"""The command line. Rooms are imported inside the commands, so that `--help` is instant."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cleanplate import __version__
from cleanplate.errors import CleanplateError

if TYPE_CHECKING:
    from cleanplate.batch import BatchResult
    from cleanplate.evaluate import Comparison
    from cleanplate.pipeline import ProductResult

app = typer.Typer(
    help="From clean-plate captures to AR models: masks, visual hulls, textured GLB and USDZ.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Captures = Annotated[list[Path], typer.Argument(help="Capture folders, or folders of captures.", show_default=False)]
Out = Annotated[Path, typer.Option("--out", "-o", help="Where the results go, one folder per ASIN.")]
Model = Annotated[str, typer.Option("--model", "-m", help="classical, a shipped network, default, or an .onnx file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, help="Products at a time; each uses all cores in turn.")]
Resolution = Annotated[int, typer.Option(min=16, max=1024, help="Hull cells along the longest side.")]
Profile = Annotated[str, typer.Option(help="Asset profile: default, scene-viewer, quick-look, amazon, web.")]
NoFloor = Annotated[bool, typer.Option("--no-floor", help="The product does not stand on the platen's plane z = 0.")]


def _say(text: str) -> None:
    """Print for people; stdout is left to results."""
    print(text, file=sys.stderr)


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=1))


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
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


def _tell(result: "ProductResult") -> None:
    """Print one product's outcome: a line, and a line per problem."""
    made = "nothing new" if result.status != "failed" and result.made == 0 else f"{result.made} files made"
    _say(f"{result.asin}: {result.status} ({made}) {result.folder}")
    for problem in result.problems:
        _say(f"  {problem}")


def _finish(batch: "BatchResult", as_json: bool) -> None:
    if as_json:
        _print_json(batch.as_json())
    raise typer.Exit(batch.exit_code)


@app.command()
def run(
    captures: Captures,
    out: Out,
    model: Model = "default",
    resolution: Resolution = 256,
    profile: Profile = "default",
    no_floor: NoFloor = False,
    jobs: Jobs = 1,
    as_json: AsJson = False,
) -> None:
    """Turn captures into masks, hull, GLB and report; what is done already is skipped."""
    from cleanplate.batch import run_batch
    from cleanplate.capture import find_captures
    from cleanplate.pipeline import Settings

    settings = Settings(model, resolution, profile, None if no_floor else 0.0)
    with _progress() as progress:
        batch = run_batch(find_captures(captures), out, settings, jobs, _tell, progress)
    _finish(batch, as_json)


@app.command()
def segment(captures: Captures, out: Out, model: Model = "default", jobs: Jobs = 1, as_json: AsJson = False) -> None:
    """Make masks alone, with overlays and report."""
    from cleanplate.batch import run_batch
    from cleanplate.capture import find_captures
    from cleanplate.pipeline import Settings

    settings = Settings(model, stages="segment")
    with _progress() as progress:
        batch = run_batch(find_captures(captures), out, settings, jobs, _tell, progress)
    _finish(batch, as_json)


@app.command()
def reconstruct(
    capture: Annotated[Path, typer.Argument(help="A capture folder with poses.")],
    masks: Annotated[Path, typer.Option(help="Folder of masks named <view id>.png.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The .glb to write; the hull's .ply lies beside it.")],
    resolution: Resolution = 256,
    profile: Profile = "default",
    no_floor: NoFloor = False,
) -> None:
    """Carve the visual hull of given masks and write it as a GLB."""
    from cleanplate.capture import read_capture
    from cleanplate.pipeline import Settings, write_hull, write_model

    if out.suffix != ".glb":
        raise typer.BadParameter(f"{out} does not end in .glb", param_hint="--out")
    settings = Settings(resolution=resolution, profile=profile, floor=None if no_floor else 0.0)
    description = read_capture(capture)
    write_hull(description, masks, out.with_suffix(".ply"), settings)
    write_model(out.with_suffix(".ply"), description, masks, out, settings)
    _say(f"wrote {out}")


@app.command()
def validate(captures: Captures, as_json: AsJson = False) -> None:
    """Name every problem of capture folders at once; exits with 1 if there is one."""
    from cleanplate.capture import find_captures, validate_capture

    problems = {str(folder): validate_capture(folder) for folder in find_captures(captures)}
    if as_json:
        _print_json(problems)
    else:
        for folder, found in problems.items():
            print(f"{folder}: {len(found)} problems" if found else f"{folder}: sound")
            for problem in found:
                print(f"  {problem}")
    raise typer.Exit(1 if any(problems.values()) else 0)


@app.command()
def schema() -> None:
    """Print the JSON schema of capture.json."""
    from cleanplate.capture.schema import json_schema

    _print_json(json_schema())


Truth = Annotated[list[Path], typer.Option(help="Captures or folders of captures with true masks.")]


@app.command()
def evaluate(
    predictions: Annotated[Path, typer.Argument(help="Folder of masks: <asin>/masks/<view id>.png.")],
    truth: Truth,
    as_json: AsJson = False,
) -> None:
    """Measure masks against the truth, per tag; exits with 3 if some are missing."""
    from cleanplate.evaluate import compare_methods

    comparison = compare_methods({predictions.name or "masks": predictions}, truth)
    report = next(iter(comparison.reports.values()))
    if as_json:
        _print_json(report.to_dict())
    else:
        _print_tables(comparison)
    _exit_for(comparison.problems)


@app.command()
def compare(
    methods: Annotated[
        list[str], typer.Argument(help="NAME=FOLDER of masks, or a folder; the first is the reference.")
    ],
    truth: Truth,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for compare.json, .html and figures.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare methods on the same captures: Table 1 with confidence intervals, Figures 3 and 4."""
    from cleanplate.evaluate import compare_methods, write_comparison

    named = [method.rpartition("=") for method in methods]
    folders = {name or Path(folder).name: Path(folder) for name, _, folder in named}
    if len(folders) < len(methods):
        raise typer.BadParameter("two methods have the same name; name them as NAME=FOLDER", param_hint="METHODS")
    comparison = compare_methods(folders, truth)
    if out is not None:
        write_comparison(out, comparison, folders, truth, command=" ".join(["cleanplate", *sys.argv[1:]]))
        _say(f"wrote {out / 'compare.html'}")
    if as_json:
        _print_json(comparison.to_dict())
    else:
        _print_tables(comparison)
    _exit_for(comparison.problems)


def _print_tables(comparison: "Comparison") -> None:
    from rich.console import Console

    from cleanplate.evaluate import terminal_tables

    console = Console(width=None if sys.stdout.isatty() else 160)
    for table in terminal_tables(comparison):
        console.print(table)


def _exit_for(problems: list[str]) -> None:
    for problem in problems:
        _say(problem)
    raise typer.Exit(3 if problems else 0)


@app.command()
def convert(
    source: Annotated[list[Path], typer.Argument(help="Captures, or one file, zip or folder of an annotation tool.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file or folder to write.")],
    to: Annotated[
        str | None,
        typer.Option(help="coco, coco-uncompressed, cvat-images, cvat-masks, label-studio, labelme or png."),
    ] = None,
    captures: Annotated[
        list[Path] | None, typer.Option(help="Write masks of these captures: <out>/<asin>/masks/<view id>.png.")
    ] = None,
    masks: Annotated[
        Path | None, typer.Option(help="Send these predicted masks, not the captures' own: <asin>/masks/<view id>.png.")
    ] = None,
    source_format: Annotated[
        str | None, typer.Option("--from", help="The source's format; by default it tells.")
    ] = None,
    label: Annotated[str | None, typer.Option(help="The class to write, or to read where there are several.")] = None,
    prefix: Annotated[str, typer.Option(help="Put before each picture's name, such as a URL.")] = "",
    empty: Annotated[bool, typer.Option("--empty", help="Pictures that nobody annotated have empty masks.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take masks to annotation tools, between them, and back; exits with 3 if some fail."""
    from cleanplate.capture import find_captures
    from cleanplate.exchange import convert_masks, export_masks, import_masks

    if (captures is None) == (to is None):
        raise typer.BadParameter("give either --to (a format) or --captures (to import for)", param_hint="--to")
    holds_captures = masks is not None or any(source[0].glob("capture.json")) or any(source[0].glob("*/capture.json"))
    if len(source) > 1 and (captures is not None or not holds_captures):
        raise typer.BadParameter("a tool's export is one file, zip or folder", param_hint="SOURCE")
    if captures is not None:
        result = import_masks(source[0], find_captures(captures), out, source_format, label, empty)
    elif holds_captures:
        result = export_masks(find_captures(source), out, str(to), masks, label or "product", prefix)
    else:
        result = convert_masks(source[0], out, str(to), source_format, label, prefix, empty)
    if as_json:
        _print_json(result.as_json())
    else:
        _say(f"{result.written} masks written to {out}")
        for note in result.notes:
            _say(note)
    _exit_for(list(result.problems))


@app.command()
def demo(out: Out = Path("cleanplate-demo"), model: Model = "default", as_json: AsJson = False) -> None:
    """Run the main job on the embedded sample captures and print where the results lie."""
    from cleanplate.batch import run_batch
    from cleanplate.capture import find_captures
    from cleanplate.pipeline import Settings

    samples = find_captures([Path(__file__).parent / "samples"])
    with _progress() as progress:
        batch = run_batch(samples, out, Settings(model), finished=_tell, progress=progress)
    for product in batch.products:
        folder = Path(product.folder)
        _say(f"\n{product.asin}")
        _say(f"  masks   {folder / 'masks'}")
        _say(f"  GLB     {folder / (product.asin + '.glb')}")
        _say(f"  report  {folder / 'report.html'}")
    _finish(batch, as_json)


def _version(value: bool) -> None:
    if value:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; errors meant for users become one line and exit code 1."""
    try:
        app()
    except CleanplateError as error:
        _say(f"error: {error}")
        sys.exit(1)
    except OSError as error:
        _say(f"error: {error.filename or ''}: {error.strerror or error}")
        sys.exit(1)
