"""Object stores (S3, Google, Azure, or a folder as `file://`), by obstore: names, errors in plain words, and files.

Measured beside fsspec's s3fs: see benchmarks/results. What decided is the conditional create of an object, which
obstore has for every store, folders included.
"""

import mimetypes
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from cleanplate.errors import CleanplateError, SettingsError, require

SCHEMES = ("s3", "s3a", "gs", "az", "azure", "abfs", "abfss", "file")
LARGEST = 1 << 30
"""Bytes of an object that is read."""
AT_ONCE = 8
"""Objects that one product reads or writes side by side."""
TIMEOUT = timedelta(seconds=30)
"""How long one request may take."""
PATIENCE = timedelta(seconds=60)
"""How long a request is repeated where a store is slow or says that it is busy."""


def is_uri(text: str) -> bool:
    """Tell whether a text names a place in a store rather than a folder."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text) is not None


class StoreError(CleanplateError):
    """A store that is down, slow, refuses credentials, or lacks what is asked of it."""


@lru_cache(maxsize=64)
def open_store(uri: str) -> Any:
    """Return the store behind a URI, all names below it; credentials and endpoints come from the environment.

    Raises:
        MissingExtra: obstore is not installed.
        SettingsError: the URI names no store that there is.
    """
    scheme = uri.partition("://")[0].lower()
    if scheme not in SCHEMES:
        raise SettingsError(f"{uri}: no store is called {scheme!r}; use one of {', '.join(SCHEMES)}, or a folder")
    stores = require("obstore.store", "scale")
    retries = {"max_retries": 5, "retry_timeout": PATIENCE}
    try:
        if scheme == "file":
            return stores.from_url(uri, mkdir=True)
        # What is given here hides what the environment says of the same: plain http is for who asked for it there.
        client = {"timeout": TIMEOUT, "connect_timeout": "5s", "allow_http": _asked_for_http()}
        return stores.from_url(uri, retry_config=retries, client_options=client)
    except Exception as error:  # obstore raises a kind of its own for each way in which a URI can be wrong
        raise SettingsError(f"{uri}: {_first_line(error)}; check the URI") from error


def _asked_for_http() -> bool:
    names = ("AWS_ALLOW_HTTP", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT", "AZURE_ALLOW_HTTP")
    values = [os.environ.get(name, "").lower() for name in names]
    return any(value == "true" or value.startswith("http://") for value in values)


@contextmanager
def plainly(uri: str) -> Iterator[None]:
    """Turn obstore's errors into sentences; that an object is there already, or is not, passes.

    Raises:
        StoreError: anything else.
    """
    errors = require("obstore.exceptions", "scale")
    try:
        yield
    except (errors.AlreadyExistsError, errors.PreconditionError, FileNotFoundError):
        raise
    except (errors.PermissionDeniedError, errors.UnauthenticatedError) as error:
        raise StoreError(
            f"{uri}: the store refuses these credentials ({_first_line(error)}); look at the environment's, such as "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and at what they may do"
        ) from error
    except (errors.BaseError, OSError) as error:
        raise StoreError(
            f"{uri}: the store does not answer, or not as it should ({_first_line(error)}); look whether it is up and "
            "its address right, and run again"
        ) from error


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0][:300]


def read(uri: str, name: str) -> bytes | None:
    """Return an object; None if there is none.

    Raises:
        StoreError: see `plainly`.
    """
    obstore = require("obstore", "scale")
    try:
        with plainly(uri):
            found = obstore.get(open_store(uri), name)
            if (size := found.meta["size"]) > LARGEST:
                raise StoreError(f"{uri}/{name}: {size} bytes, the limit is {LARGEST}")
            return bytes(found.bytes())
    except FileNotFoundError:
        return None


def write(uri: str, name: str, data: bytes | Path) -> None:
    """Write an object, over what is there.

    Raises:
        StoreError: see `plainly`.
    """
    with plainly(uri):
        _put(uri, name, data)


def _put(uri: str, name: str, data: bytes | Path, **how: Any) -> None:
    kind = mimetypes.guess_type(name)[0]
    if kind and not uri.startswith("file:"):  # folders keep no kinds; without, a browser saves a page of a bucket
        how["attributes"] = {"Content-Type": kind}
    require("obstore", "scale").put(open_store(uri), name, data, **how)


def create(uri: str, name: str, data: bytes | Path) -> bool:
    """Write an object if there is none of its name yet; tell whether this call did.

    A request whose answer was lost is repeated, and then finds its own object: the caller has to look at contents.

    Raises:
        StoreError: see `plainly`.
    """
    errors = require("obstore.exceptions", "scale")
    try:
        with plainly(uri):
            _put(uri, name, data, mode="create")
    except (errors.AlreadyExistsError, errors.PreconditionError):
        return False
    return True


def listing(uri: str, prefix: str = "") -> dict[str, tuple[int, str]]:
    """Return size and entity tag of every object below a prefix, by name.

    Raises:
        StoreError: see `plainly`.
    """
    obstore = require("obstore", "scale")
    found = {}
    try:
        with plainly(uri):
            for chunk in obstore.list(open_store(uri), prefix or None):
                for each in chunk:
                    found[each["path"]] = (each["size"], each["e_tag"] or str(each["last_modified"]))
    except FileNotFoundError:
        return {}
    return found


def folders(uri: str) -> list[str]:
    """Return the names of what looks like a folder right below a URI.

    Raises:
        StoreError: see `plainly`.
    """
    obstore = require("obstore", "scale")
    try:
        with plainly(uri):
            inside = obstore.list_with_delimiter(open_store(uri))["common_prefixes"]
    except FileNotFoundError:
        return []
    return sorted(PurePosixPath(each).name for each in inside)


def delete(uri: str, names: Sequence[str]) -> None:
    """Delete objects; those that are gone already are no error.

    Raises:
        StoreError: see `plainly`.
    """
    obstore = require("obstore", "scale")
    for start in range(0, len(names), 1000):
        with plainly(uri):
            try:
                obstore.delete(open_store(uri), list(names[start : start + 1000]))
            except FileNotFoundError:
                for name in names[start : start + 1000]:
                    _delete_one(obstore, uri, name)


def _delete_one(obstore: Any, uri: str, name: str) -> None:
    with suppress(FileNotFoundError):
        obstore.delete(open_store(uri), name)


def download(uri: str, places: dict[str, Path]) -> list[str]:
    """Write objects to files, some at a time; return the names of those that are not there.

    Raises:
        StoreError: see `plainly`.
        OSError: a file cannot be written.
    """

    def fetch(pair: tuple[str, Path]) -> str | None:
        name, path = pair
        data = read(uri, name)
        if data is None:
            return name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [name for name in pool.map(fetch, places.items()) if name is not None]


def upload(uri: str, files: dict[str, Path]) -> None:
    """Create objects from files, some at a time.

    Raises:
        StoreError: see `plainly`.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(lambda pair: create(uri, pair[0], pair[1]), files.items()):
            pass
