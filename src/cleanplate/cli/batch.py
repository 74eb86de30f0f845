"""What batches share on the command line: which captures, where they run, and what is told of them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cleanplate.cli.common import print_json, progress_bars, say, tell
from cleanplate.errors import SettingsError
from cleanplate.settings import ExecutorName, Settings

if TYPE_CHECKING:
    from cleanplate.batch.executors import Executor
    from cleanplate.pipeline import ProductResult

INTERRUPTED = 130

Given = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CAPTURE...",
        help="Captures, folders of captures, quoted patterns, or URIs.",
        show_default=False,
    ),
]
Listed = Annotated[Path | None, typer.Option("--list", help="Text file with one capture a line, besides those given.")]
Shard = Annotated[str | None, typer.Option(help="Run the i-th of n shares of the captures: i/n, from 1/n to n/n.")]
OnlyFailed = Annotated[bool, typer.Option("--only-failed", help="Run only captures whose last result is not ok.")]
Where = Annotated[
    ExecutorName | None, typer.Option(help="Where products run; by default serial, or processes with more --jobs.")
]
Address = Annotated[str | None, typer.Option(help="Ray cluster to run on; by default one is started on this machine.")]
Jobs = Annotated[
    int, typer.Option("--jobs", "-j", min=0, help="Products at a time; with Ray 0 takes all CPUs of the cluster.")
]
Cpus = Annotated[int, typer.Option(min=0, help="CPUs of each product; by default all, shared out among --jobs.")]
Timeout = Annotated[float | None, typer.Option(min=0.1, help="Seconds after which a product fails.")]
Log = Annotated[
    Path | None, typer.Option(help="File to which the run appends a JSON line for each thing that happens.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Also tell what each product took, and details.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Tell only of products that are not ok, and the sum.")]

Accept = Annotated[
    str | None, typer.Option(help="Rule for products that are good enough, such as 'agreement>=.97 and watertight==1'.")
]
Export = Annotated[Path | None, typer.Option(help="Folder that the models of accepted products are copied to.")]


@dataclass(frozen=True)
class Batch:
    """What the options of a batch say."""

    given: list[str]
    out: str
    listed: Path | None = None
    shard: str | None = None
    only_failed: bool = False
    executor: "Executor | None" = None
    timeout: float | None = None
    log: Path | None = None
    verbose: bool = False
    quiet: bool = False
    accept: str | None = None
    export: Path | None = None


def led_by(
    *,
    jobs: Jobs = 1,
    executor: Where = None,
    address: Address = None,
    cpus: Cpus = 0,
    timeout: Timeout = None,
    listed: Listed = None,
    shard: Shard = None,
    only_failed: OnlyFailed = False,
    log: Log = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> dict[str, Any]:
    """Return what a `Batch` is led by, apart from what it is of."""
    where = executor_of(executor, jobs, cpus, address)
    chosen: dict[str, Any] = {"listed": listed, "shard": shard, "only_failed": only_failed}
    return chosen | {"executor": where, "timeout": timeout, "log": log, "verbose": verbose, "quiet": quiet}


def executor_of(name: ExecutorName | None, jobs: int, cpus: int, address: str | None) -> "Executor":
    """Return the executor that the options name.

    Raises:
        SettingsError: they contradict each other.
    """
    from cleanplate.batch.executors import Executor

    name = name or ("serial" if jobs == 1 and not cpus else "processes")
    if name == "serial" and cpus:
        raise SettingsError(f"--executor serial has loaded its libraries for all cores; leave it out, or --cpus {cpus}")
    if address is not None and name != "ray":
        raise SettingsError(f"--address {address}: is of a Ray cluster; give --executor ray as well")
    if name != "ray" and jobs == 0:
        raise SettingsError("--jobs 0: only Ray knows how many the cluster has CPUs for; give 1 or more")
    if name == "serial" and jobs > 1:
        raise SettingsError(f"--executor serial runs one product at a time; leave out --jobs {jobs}")
    return Executor(name, jobs, cpus, address)


def run_captures(batch: Batch, settings: Settings, as_json: bool = False) -> "list[ProductResult]":
    """Run what a batch names, tell of it, and exit with the batch's code unless all is well.

    Returns:
        The results, if they are asked for as JSON; else nothing, so that a batch of any size needs no memory.
    """
    from cleanplate.batch.accept import parse_rule
    from cleanplate.batch.executors import Executor
    from cleanplate.batch.journal import Journal, failed_path
    from cleanplate.batch.run import ERROR, PARTIAL, exit_code, run_each

    if batch.accept is not None:
        parse_rule(batch.accept)  # before anything is made
    captures = _chosen(batch)
    kept: list[ProductResult] = []
    where = batch.executor or Executor()
    logging.basicConfig(level=logging.INFO if batch.verbose else logging.WARNING, format="%(message)s")
    with Journal(len(captures), failed_path(batch.out, captures, batch.shard), batch.log) as journal:
        journal.start(out=batch.out, settings=repr(settings), executor=repr(where))
        with progress_bars() as progress, _interruptible(journal):
            for capture, result in run_each(captures, batch.out, settings, where, batch.timeout, progress):
                journal.count(capture, result)
                progress("products", sum(journal.counts.values()), journal.total)
                if not batch.quiet or result.status != "ok":
                    tell(result, journal.position(), batch.verbose)
                if as_json:
                    kept.append(result)
        line = journal.finish()
    if journal.total != 1:
        say(line)
    code = exit_code(journal.counts)
    if batch.accept is not None and (gated := apply_gate(batch.out, batch.accept, batch.export))["review"]:
        code = code or (PARTIAL if gated["accepted"] else ERROR)
    if as_json:
        by_capture = {str(each): n for n, each in enumerate(captures)}
        kept.sort(key=lambda each: by_capture.get(each.capture, 0))
        print_json({"exit_code": code, "products": [asdict(each) for each in kept]})
    if code:
        raise typer.Exit(code)
    return kept


def run_unit(
    capture: str,
    out: str,
    settings: Settings,
    cpus: int,
    timeout: float | None,
    log: Path | None,
    verbose: bool,
    as_json: bool,
) -> None:
    """Run one product in this process, tell of it, and exit with its code unless all is well."""
    from cleanplate.batch.executors import Executor
    from cleanplate.batch.journal import Journal
    from cleanplate.batch.run import exit_code, run_each

    where = Executor("processes" if cpus else "serial", 1, cpus)
    with Journal(1, None, log) as journal, progress_bars() as progress:
        ((_, result),) = run_each([capture], out, settings, where, timeout, progress)
        journal.count(capture, result)
    tell(result, verbose=verbose)
    if as_json:
        print_json(asdict(result))
    if code := exit_code(journal.counts):
        raise typer.Exit(code)


def apply_gate(where: str, rule: str, export: Path | None, overwrite: bool = False) -> dict[str, Any]:
    """Write accepted.jsonl and review.jsonl into OUT, export, and return the counts.

    Of a store the lists lie in the working folder, as failed.jsonl does.

    Raises:
        SettingsError: the rule cannot be read.
        CleanplateError: see `accept.export` and `published.export`.
    """
    from cleanplate.batch import accept, published
    from cleanplate.batch.status import records, write_list
    from cleanplate.batch.stores import is_uri

    passed, queue = accept.gate(records(where), accept.parse_rule(rule))
    out = Path() if is_uri(where) else Path(where)
    write_list(out / "accepted.jsonl", passed)
    write_list(out / "review.jsonl", queue)
    say(f"{len(passed)} accepted, {len(queue)} to review, the most in doubt first: {out / 'review.jsonl'}")
    files = 0
    if export is not None:
        if is_uri(where):
            files = published.export(where, {each["asin"] for each in passed}, export, overwrite)
        else:
            files = accept.export(passed, export, overwrite)
        say(f"{files} models copied to {export}")
    return {"rule": rule, "accepted": len(passed), "review": len(queue), "exported": files}


def _chosen(batch: Batch) -> list[str]:
    from cleanplate.batch import select

    if not batch.given and batch.listed is None:
        raise SettingsError("no capture is named; give folders, or a file of them with --list")
    captures, odd = select.find(batch.given, batch.listed)
    for each in odd:
        say(each)
    if batch.shard is not None:
        captures = select.shard(captures, batch.shard)
    if batch.only_failed:
        captures = select.only_failed(captures, batch.out)
    if not captures:
        say(f"nothing to do: no capture {'failed' if batch.only_failed else 'is in this share'}")
    return captures


@contextmanager
def _interruptible(journal: Any) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        say(f"interrupted: {journal.finish()}; run the same command again to go on")
        raise typer.Exit(INTERRUPTED) from None
