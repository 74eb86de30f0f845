"""Tiny captures: a ball in four views of 64 x 48 pixels; an S3 server, and what lies in a store."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from cleanplate.batch import stores
from cleanplate.batch.published import manifests
from cleanplate.capture import Capture, View, write_capture
from cleanplate.files import sha256_file
from cleanplate.geometry import Camera, look_at, rotation_z
from cleanplate.image import write_image
from cleanplate.settings import Settings

WIDTH, HEIGHT = 64, 48
TINY = Settings("classical", resolution=16, refine=False)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture."""
    folder = tmp_path_factory.mktemp("tiny") / "B000000000"
    camera = Camera(WIDTH, HEIGHT, np.array([[130.0, 0, WIDTH / 2], [0, 130, HEIGHT / 2], [0, 0, 1]]), np.zeros(5))
    noise = np.random.default_rng(0)
    plate = noise.integers(205, 211, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    write_image(folder / "plates/c.png", plate)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    ball = (x - WIDTH / 2) ** 2 + (y - HEIGHT / 2) ** 2 < 14**2
    views = []
    for n in range(4):
        pose = look_at(rotation_z(90.0 * n) @ np.array([0.4, 0, 0.1 + 0.05 * n]), np.array([0, 0, 0.045]))
        image = noise.integers(205, 211, plate.shape).astype(np.uint8)
        image[ball] = (40 + 30 * n, 90, 160)
        write_image(folder / f"images/v{n}.png", image)
        views.append(View(f"v{n}", "c", f"images/v{n}.png", "plates/c.png", None, 90.0 * n, pose))
    write_capture(Capture(folder, "B000000000", {"c": camera}, tuple(views)))
    return folder


@pytest.fixture
def make(tiny: Path, tmp_path: Path) -> Callable[[int], list[Path]]:
    """Return a function that makes so many captures."""

    def captures(count: int) -> list[Path]:
        folders = [tmp_path / "in" / f"B{n:09d}" for n in range(count)]
        for folder in folders:
            shutil.copytree(tiny, folder)
            text = (tiny / "capture.json").read_text()
            (folder / "capture.json").write_text(text.replace("B000000000", folder.name))
        return folders

    return captures


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A bucket of an S3 server on this machine, told of by the environment."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    boto3 = pytest.importorskip("boto3")
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        boto3.client("s3", endpoint_url=environment["AWS_ENDPOINT_URL"]).create_bucket(Bucket="cleanplate")
        yield "s3://cleanplate"
    server.stop()


def put(folder: Path, uri: str) -> str:
    """Copy a folder to a store."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    for path in paths:
        stores.write(uri, path.relative_to(folder).as_posix(), path)
    return uri


def assert_whole(place: str, truth: Path) -> None:
    """Check that what readers see of each product is there, once, whole, and as a run without a store made it."""
    found = manifests(place)
    assert len(found) == len(list(truth.glob("B*")))
    for each in found:
        asin = each["result"]["asin"]
        numbers = [int(PurePosixPath(name).stem) for name in stores.listing(place, f"manifests/{asin}")]
        assert sorted(numbers) == list(range(1, len(numbers) + 1)), "none twice, none left out"
        there = stores.listing(place, each["folder"])
        assert {PurePosixPath(name).relative_to(each["folder"]).as_posix() for name in there} == set(each["files"])
        for name, facts in each["files"].items():
            assert there[f"{each['folder']}/{name}"][0] == facts["size"]
            if name != "result.json":  # says where it lies
                assert sha256_file(truth / asin / name) == facts["sha256"]
