"""Who may talk to a page: one middleware in front of every route."""

import ipaddress
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SAFE_METHODS = ("GET", "HEAD")

POLICY = (
    "default-src 'none'; script-src 'self'{script}; style-src 'self'{style}; img-src 'self' blob: data:; "
    "connect-src 'self'{connect}; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Guard:
    """Lets in whoever brought the token once; refuses other hosts' names and other sites' requests.

    The token comes in the address that the terminal shows, `/?token=...`, and is kept in a cookie that no other site
    can make the browser send (SameSite=Strict) and no script can read (HttpOnly). A request's Host must be an address
    of this server, so that a foreign name that points here (DNS rebinding) gets nowhere; an unsafe request must also
    carry the Origin of this very page.
    """

    def __init__(self, app: App, token: str, port: int, policy: str, models: str | None = None) -> None:
        """Guard an app.

        Args:
            models: addresses below this path may bring the token too: a phone's AR viewer has no cookies.
        """
        self.app, self.token, self.port, self.models = app, token.encode(), port, models
        self.cookie = f"cleanplate_{port}"  # cookies know no ports: two servers must not share one
        self.headers = [*HEADERS, (b"content-security-policy", policy.encode())]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with a refusal."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        extra = list(self.headers)
        if not self._is_own_host(host := headers.get(b"host", "")):
            await _refuse(send, 421, "this server does not answer to that host name", extra)
        elif scope["method"] not in SAFE_METHODS and headers.get(b"origin") != f"http://{host}":
            await _refuse(send, 403, "requests that change something must come from the page itself", extra)
        elif self._brings_token(scope):
            extra.append((b"set-cookie", self._set_cookie()))
            await self.app(scope, receive, _adding(send, extra))
        elif self._has_cookie(headers.get(b"cookie", "")):
            await self.app(scope, receive, _adding(send, extra))
        else:
            await _refuse(send, 401, "open the page by the address that cleanplate printed: it holds the token", extra)

    def _is_own_host(self, host: str) -> bool:
        """Names resolve anywhere, addresses only to themselves: of names, only localhost is ours."""
        name, colon, port = host.rpartition(":")
        if not colon or host.endswith("]"):  # browsers leave the default port out
            name, port = host, "80"
        if port != str(self.port):
            return False
        if name == "localhost":
            return True
        bracketed = name.startswith("[") and name.endswith("]")
        try:
            ipaddress.ip_address(name[1:-1] if bracketed else name)
        except ValueError:
            return False
        return True

    def _matches(self, token: str) -> bool:
        return secrets.compare_digest(token.encode("utf-8", "replace"), self.token)

    def _brings_token(self, scope: Scope) -> bool:
        page = scope["path"] == "/" or (self.models is not None and scope["path"].startswith(self.models))
        if not page or scope["method"] not in SAFE_METHODS:
            return False
        return self._matches(parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0])

    def _has_cookie(self, header: str) -> bool:
        """Read our own cookie by itself: other servers of this address set cookies too, in any form."""
        pairs = (pair.strip().partition("=") for pair in header.split(";"))
        return any(name == self.cookie and self._matches(value) for name, _, value in pairs)

    def _set_cookie(self) -> bytes:
        return f"{self.cookie}={self.token.decode()}; HttpOnly; SameSite=Strict; Path=/".encode()


def policy(model_viewer: bool = False) -> str:
    """Return the content security policy.

    model-viewer decodes meshes by WebAssembly and in workers made of blobs, and styles its shadow tree inline.
    """
    if model_viewer:
        return POLICY.format(script=" 'wasm-unsafe-eval' blob:", style=" 'unsafe-inline'", connect=" blob: data:")
    return POLICY.format(script="", style="", connect="")


def _adding(send: Send, headers: list[tuple[bytes, bytes]]) -> Send:
    async def send_with_headers(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *headers]}
        await send(message)

    return send_with_headers


async def _refuse(send: Send, status: int, text: str, headers: list[tuple[bytes, bytes]]) -> None:
    body = text.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
