"""Results in a store: a product is published as a whole or not at all, whoever else is at it.

Each attempt writes below `<asin>/<fingerprint>/<attempt>/`, where no other writes; then it creates the product's next
manifest, `manifests/<asin>/<number>.json`, on the condition that nobody else has. Readers follow the manifest of the
highest number and see nothing else. A worker that was thought dead and comes back finds its number taken, and deletes
what it brought.
"""

import secrets
import tempfile
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

from cleanplate.batch import stores
from cleanplate.capture import check_new
from cleanplate.files import json_text, sha256_file, write_bytes
from cleanplate.pipeline import ProductResult
from cleanplate.state import LOCK
from cleanplate.untrusted import parse_json

FORMAT, MANIFESTS = "cleanplate-manifest/1", "manifests"
Manifest = dict[str, Any]


def publish(out: str, folder: Path, asked: str, number: int, result: ProductResult) -> Manifest | None:
    """Upload a product's folder and make it the one that readers see; of several that try, one does.

    Returns:
        None if this call did; else the manifest of who did, and what was uploaded is deleted.

    Raises:
        StoreError: see `stores.plainly`; nothing is published then.
    """
    attempt = secrets.token_hex(8)
    base = f"{result.asin}/{asked[:16]}"
    paths = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    paths.pop(LOCK, None)
    files = {name: {"sha256": sha256_file(path), "size": path.stat().st_size} for name, path in paths.items()}
    stores.upload(out, {f"{base}/{attempt}/{name}": path for name, path in paths.items()})
    manifest = {
        "format": FORMAT,
        "fingerprint": asked,
        "folder": f"{base}/{attempt}",
        "files": files,
        "result": result.told(),
        "seconds": result.seconds,
        "cpu_seconds": result.cpu_seconds,
    }
    name = f"{MANIFESTS}/{result.asin}/{number:08d}.json"
    won = stores.create(out, name, json_text(manifest).encode())
    there = manifest if won else _manifest(out, name)
    if there is not None and there["folder"] == manifest["folder"]:
        others = [each for each in stores.listing(out, base) if not each.startswith(f"{base}/{attempt}/")]
        stores.delete(out, others)  # of attempts that were killed, or that will find themselves too late
        return None
    stores.delete(out, [f"{base}/{attempt}/{name}" for name in paths])
    if there is None:
        raise stores.StoreError(f"{out}/{name}: is no manifest of cleanplate's; delete it, and run again")
    return there


def newest(out: str, asin: str) -> tuple[int, Manifest | None]:
    """Return the number and the manifest that readers of a product follow; 0 and None if nothing is published.

    Raises:
        StoreError: see `stores.plainly`.
    """
    names = [each for each in stores.listing(out, f"{MANIFESTS}/{asin}") if PurePosixPath(each).stem.isdigit()]
    if not names:
        return 0, None
    name = max(names)
    return int(PurePosixPath(name).stem), _manifest(out, name)


def _manifest(out: str, name: str) -> Manifest | None:
    """Return a manifest; None where something else has its place."""
    data = stores.read(out, name)
    try:
        value = parse_json(data or b"")
        sound = value["format"] == FORMAT and isinstance(value["files"], dict) and isinstance(value["result"], dict)
        ProductResult(**value["result"])
        return value if sound and isinstance(value["folder"], str) and isinstance(value["fingerprint"], str) else None
    except (ValueError, TypeError, KeyError):
        return None


def manifests(out: str) -> list[Manifest]:
    """Return the manifest that readers follow of every product, by name.

    Raises:
        StoreError: see `stores.plainly`.
    """
    last: dict[str, str] = {}
    for name in sorted(stores.listing(out, MANIFESTS)):
        last[PurePosixPath(name).parent.name] = name
    with ThreadPoolExecutor(4 * stores.AT_ONCE) as pool:
        return [each for each in pool.map(lambda name: _manifest(out, name), last.values()) if each is not None]


def fetch(out: str, folder: Path, asins: list[str]) -> dict[str, list[str]]:
    """Copy published products to `folder`/<asin>, all or those named, as `run` would have left them there.

    Files that are there already as published are not read again.

    Returns:
        For each product that could not be had whole, what was wrong.

    Raises:
        StoreError: see `stores.plainly`.
    """
    every = {each["result"]["asin"]: each for each in manifests(out)}
    problems = {asin: [f"{out}: nothing is published of {asin}"] for asin in asins if asin not in every}
    for asin in asins or every:
        if asin in every and (wrong := _fetch(out, every[asin], folder / asin)):
            problems[asin] = wrong
    return problems


def _fetch(out: str, manifest: Manifest, target: Path) -> list[str]:
    wanted = {name: facts for name, facts in manifest["files"].items() if _is_inside(name)}
    wrong = [f"{out}: {name!r:.100} leads out of the folder" for name in manifest["files"].keys() - wanted.keys()]
    for name, facts in wanted.items():
        place = target / name
        if place.is_file() and sha256_file(place) == facts["sha256"]:
            continue
        if place.exists():
            wrong.append(f"{place}: is there already, with other contents; fetch into another folder")
        elif problem := _bring(out, f"{manifest['folder']}/{name}", facts["sha256"], place):
            wrong.append(problem)
    return wrong


def _bring(out: str, name: str, digest: str, place: Path) -> str | None:
    """Write a published file, if it is what was published; else return what is wrong with it."""
    with tempfile.TemporaryDirectory(prefix="cleanplate-fetch-") as room:
        if stores.download(out, {name: Path(room) / "file"}):
            return f"{out}/{name}: is not there; run the product again"
        if sha256_file(Path(room) / "file") != digest:
            return f"{out}/{name}: is damaged; run the product again"
        write_bytes(place, (Path(room) / "file").read_bytes())
    return None


def export(out: str, asins: Collection[str], folder: Path, overwrite: bool = False) -> int:
    """Copy the models of published products into one folder, and return how many files were written.

    Raises:
        CleanplateError: another file has the place of one, and nothing is copied; or one in the store is damaged.
        StoreError: see `stores.plainly`.
    """
    models = {
        folder / name: (f"{each['folder']}/{name}", facts["sha256"])
        for each in manifests(out)
        if each["result"]["asin"] in asins
        for name, facts in each["files"].items()
        if _is_inside(name) and PurePosixPath(name).parent == PurePosixPath() and name.endswith((".glb", ".usdz"))
    }
    changed = [place for place, (_, sha) in models.items() if not (place.is_file() and sha256_file(place) == sha)]
    check_new(*changed, overwrite=overwrite)
    for place in changed:
        if problem := _bring(out, *models[place], place):
            raise stores.StoreError(problem)
    return len(changed)


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and not set(name) & set("\\\0")
