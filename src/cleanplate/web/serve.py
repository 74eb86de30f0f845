"""Starting a page's server."""

import socket
import sys
import webbrowser
from collections.abc import Callable
from typing import TYPE_CHECKING

from cleanplate.errors import CleanplateError, require

if TYPE_CHECKING:
    from starlette.applications import Starlette

ANY = ("0.0.0.0", "::")


def serve(make_app: "Callable[[int], Starlette]", host: str, port: int, token: str, open_browser: bool) -> None:
    """Serve an app until Ctrl-C, and print the address that opens it.

    Args:
        make_app: called with the port that was got.
        host: the address to bind; others than loopback let the network in.
        port: 0 takes a free one.

    Raises:
        MissingExtra: uvicorn is not installed.
        CleanplateError: the address cannot be bound.
    """
    uvicorn = require("uvicorn", "web")
    listening = bind(host, port)
    port = listening.getsockname()[1]
    url = f"http://{shown_host(host)}:{port}/?token={token}"
    config = uvicorn.Config(make_app(port), log_level="warning", access_log=False, server_header=False, ws="none")
    config.load()
    print(f"{url}\nCtrl-C ends it.", file=sys.stderr, flush=True)
    if open_browser:
        webbrowser.open(url)  # the socket listens already: the browser waits for the first answer
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        pass
    finally:
        listening.close()


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        CleanplateError: the address cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio looks at the protocol's number before it sets TCP_NODELAY: without, every answer waits 40 ms for an ACK.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        raise CleanplateError(f"{host}:{port} cannot be bound ({error}); choose another --host or --port") from error
    return listening


def shown_host(host: str) -> str:
    """Return what to type in a browser: the machine's own address in the network where all addresses are bound."""
    if host in ANY:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))  # sends nothing; picks the interface that leads outside
                return str(probe.getsockname()[0])
            except OSError:
                return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
