"""A small capture, and a server in this process."""

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import uvicorn
from starlette.applications import Starlette

from cleanplate.capture import Capture, View, write_capture
from cleanplate.geometry import Camera
from cleanplate.image import write_image, write_mask
from cleanplate.report.products import find_products
from cleanplate.types import Mask
from cleanplate.web.review import Review, review_app
from cleanplate.web.serve import bind

TOKEN = "a-token-for-tests"
SIZE = (150, 117)
"""Width and height of the test pictures: the bits of a mask do not fill its last byte."""


def disc(hole: bool = True) -> Mask:
    """A disc with a hole, and an island beside it."""
    mask = np.zeros(SIZE[::-1], np.uint8)
    cv2.circle(mask, (70, 60), 35, 1, -1)
    if hole:
        cv2.circle(mask, (70, 60), 8, 0, -1)
    cv2.circle(mask, (130, 20), 5, 1, -1)
    return mask.astype(bool)


def make_capture(folder: Path, views: int = 3, mask: Callable[[int], Mask | None] = lambda _: disc()) -> Path:
    """Write a capture of a reddish disc on a grey plate, without poses."""
    rng = np.random.default_rng(0)
    plate = rng.integers(195, 205, (*SIZE[::-1], 3)).astype(np.uint8)
    image = np.where(disc(hole=False)[..., None], np.uint8([170, 60, 50]), plate)
    write_image(folder / "plates/cam00.png", plate)
    write_image(folder / "images/all.png", image)
    names = [f"cam00_{index:03d}" for index in range(views)]
    for index, name in enumerate(names):
        if (truth := mask(index)) is not None:
            write_mask(folder / f"masks/{name}.png", truth)
    K = np.array([[200.0, 0, SIZE[0] / 2], [0, 200, SIZE[1] / 2], [0, 0, 1]])
    described = tuple(View(name, "cam00", "images/all.png", "plates/cam00.png") for name in names)
    write_capture(Capture(folder, "B00000DISC", {"cam00": Camera(*SIZE, K)}, described))
    return folder


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """A capture of three views with masks."""
    return make_capture(tmp_path / "B00000DISC")


@dataclass(frozen=True)
class Page:
    """A page that is being served."""

    port: int

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.base}/?token={TOKEN}"

    def client(self, **headers: str | None) -> "Client":
        """Return a client that has what the page's own requests have; None leaves a header away."""
        own = {"host": f"127.0.0.1:{self.port}", "cookie": f"cleanplate_{self.port}={TOKEN}", "origin": self.base}
        return Client(self.port, {name: value for name, value in (own | headers).items() if value is not None})


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    headers: http.client.HTTPMessage
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)


@dataclass(frozen=True)
class Client:
    """Sends exactly what it is told to, each request over its own connection."""

    port: int
    headers: dict[str, str]

    def request(self, method: str, path: str, content: bytes = b"", **headers: str) -> Answer:
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in (sent | {"content-length": str(len(content))}).items():
                connection.putheader(name, value)
            connection.endheaders()
            with suppress(BrokenPipeError, ConnectionResetError):  # refused before all was sent
                connection.send(content)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        return self.request("GET", path)


@contextmanager
def served(make_app: Callable[[int], Starlette], port: int = 0) -> Iterator[Page]:
    """Serve an app from a thread."""
    listening: socket.socket = bind("127.0.0.1", port)
    port = listening.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(make_app(port), log_level="error", ws="none", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield Page(port)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@contextmanager
def reviewing(*paths: Path, port: int = 0, model: str = "classical") -> Iterator[Page]:
    """Serve the review page of some paths."""
    review = Review(find_products(paths), model, "anna")
    with served(lambda port: review_app(review, TOKEN, port), port) as page:
        yield page


@pytest.fixture
def page(capture: Path) -> Iterator[Page]:
    """The review page of the small capture."""
    with reviewing(capture) as page:
        yield page
