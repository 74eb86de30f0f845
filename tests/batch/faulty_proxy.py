"""A connection between a store and its users that fails as networks do: cut midway, gone for a while, slow."""

import random
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Address = tuple[str, int]


@dataclass
class Faults:
    """What happens to connections; may be changed while they are made.

    Attributes:
        cut: by the connection's number, after how many bytes of the answer it is cut; None for never.
        gone: whether connections are refused, by their number.
        delay: seconds before an answer begins.
        silent: whether connections are taken and never answered.
        connections: made so far.
    """

    cut: Callable[[int], int | None] = lambda _: None
    gone: Callable[[int], bool] = lambda _: False
    delay: float = 0.0
    silent: bool = False
    connections: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self) -> int:
        """Return the number of a new connection."""
        with self.lock:
            self.connections += 1
            return self.connections


def cut_some(share: float, seed: int) -> Callable[[int], int | None]:
    """Cut this share of connections, some before the first byte of the answer and some within it."""

    def cut(number: int) -> int | None:
        rng = random.Random(seed * 100_003 + number)
        return rng.choice((0, 0, 40, 400)) if rng.random() < share else None

    return cut


@contextmanager
def between(target: Address, faults: Faults) -> Iterator[str]:
    """Yield the address of a proxy in front of a server."""
    over = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            number = faults.count()
            if faults.gone(number):
                _reset(self.request)
                return
            if faults.silent:
                over.wait(60)
                return
            with socket.create_connection(target, timeout=60) as upstream:
                sender = threading.Thread(target=_copy, args=(self.request, upstream, None), daemon=True)
                sender.start()
                time.sleep(faults.delay)
                if not _copy(upstream, self.request, faults.cut(number)):
                    _reset(self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads, allow_reuse_address, request_queue_size = True, True, 64

        def handle_error(self, *_: object) -> None: ...

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            over.set()
            server.shutdown()
            thread.join()


def _copy(source: socket.socket, target: socket.socket, limit: int | None) -> bool:
    """Pass on what comes, at most `limit` bytes; tell whether it came to its end."""
    passed = 0
    with suppress(OSError):
        while data := source.recv(65536):
            if limit is not None and passed + len(data) > limit:
                target.sendall(data[: limit - passed])
                return False
            target.sendall(data)
            passed += len(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
    return True


def _reset(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
