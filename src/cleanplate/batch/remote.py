"""One product between stores: its capture comes from one, its results go to one."""

import tempfile
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path, PurePosixPath

from cleanplate.batch import stores
from cleanplate.batch.published import MANIFESTS, Manifest, newest, publish
from cleanplate.capture import read_capture
from cleanplate.errors import CaptureError, CleanplateError
from cleanplate.files import sha256_file, write_json
from cleanplate.pipeline import RESULT, ProductResult, Progress, asked_for, run_product
from cleanplate.segment import Model
from cleanplate.settings import Settings
from cleanplate.state import fingerprint

DESCRIPTION = "capture.json"


def run_remote(
    capture: str, out: str, settings: Settings, model: Model, progress: Progress = lambda *_: None
) -> ProductResult:
    """Run one product of which the capture, the results, or both are in a store.

    Raises:
        StoreError: a store does not do what is asked.
        CleanplateError: as `run_product`; or another batch has published the product meanwhile.
    """
    given, place = (each if stores.is_uri(each) else str(Path(each).resolve()) for each in (capture, out))
    # In a folder of its own and by relative names, so that results name no temporary folder.
    with tempfile.TemporaryDirectory(prefix="cleanplate-unit-") as room, chdir(room):
        if stores.is_uri(place):
            return _to_store(given, place, settings, model, progress)
        folder, bring_pictures = _describe(given)
        bring_pictures()
        return _named(run_product(folder, Path(place), settings, progress, model, given), folder)


def _named(result: ProductResult, folder: Path) -> ProductResult:
    """Let problems name what they are about where it lies, rather than its copy."""
    result.problems = [each.replace(f"{folder}/", f"{result.capture}/") for each in result.problems]
    return result


def _describe(given: str) -> tuple[Path, Callable[[], None]]:
    """Return the capture's folder, with its description, and what brings its pictures there.

    Raises:
        CaptureError: there is no description.
    """
    if not stores.is_uri(given):
        return Path(given), lambda: None
    folder = Path("capture") / (PurePosixPath(given).name or "capture")
    folder.mkdir(parents=True)
    if stores.download(given, {DESCRIPTION: folder / DESCRIPTION}):
        raise CaptureError(f"{given}/{DESCRIPTION}: not found; a capture is a folder that holds {DESCRIPTION}")

    def pictures() -> None:
        # What is not there is named by the stage that needs it, as in a folder.
        stores.download(given, {name: folder / name for name in _pictures(folder)})

    return folder, pictures


def _pictures(folder: Path) -> list[str]:
    views = read_capture(folder).views
    return sorted({name for view in views for name in (view.image, view.plate) if name is not None})


def _to_store(given: str, out: str, settings: Settings, model: Model, progress: Progress) -> ProductResult:
    folder, bring_pictures = _describe(given)
    asin = read_capture(folder).asin
    number, latest = newest(out, asin)
    if latest and latest["result"]["capture"] != given:
        raise CleanplateError(
            f"{given}: its ASIN {asin} is also that of {latest['result']['capture']}, whose results are in {out}; "
            f"publish into another place, or delete {MANIFESTS}/{asin} there"
        )
    asked = fingerprint(asked_for([given], settings, model), repr(_facts(given, folder)))
    if latest and latest["fingerprint"] == asked and latest["result"]["status"] != "failed":
        return _published(latest, model)
    bring_pictures()
    result = _named(run_product(folder, Path("out"), settings, progress, model, given), folder)
    result.folder = f"{out.rstrip('/')}/{asin}"
    write_json(Path("out") / asin / RESULT, result.told())
    won = publish(out, Path("out") / asin, asked, number + 1, result)
    if won is None:
        return result
    if won["fingerprint"] == asked:
        return _published(won, model)
    raise CleanplateError(
        f"{given}: another batch published {asin} in {out} meanwhile, made with other settings or pictures; "
        f"publish into another place, or run again"
    )


def _facts(given: str, folder: Path) -> list[tuple[str, object]]:
    """Return what tells one state of a capture's files from another, without reading those that are in a store."""
    names = [DESCRIPTION, *_pictures(folder)]
    if stores.is_uri(given):
        there = stores.listing(given)
        return [(name, there.get(name)) for name in names]
    return [(name, sha256_file(folder / name) if (folder / name).is_file() else None) for name in names]


def _published(manifest: Manifest, model: Model) -> ProductResult:
    return ProductResult(**manifest["result"], device=model.device)
