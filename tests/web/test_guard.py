"""Nobody but the page's own user gets in."""

from pathlib import Path

from playwright.sync_api import Browser
from starlette.routing import Route

from cleanplate.report.products import find_products
from cleanplate.web.review import Review, review_app
from web.conftest import TOKEN, Page, served

KEY = "0-cam00_000"


def every_route(capture: Path) -> list[tuple[str, str]]:
    """Return method and path of everything that the app answers to."""
    app = review_app(Review(find_products([capture]), "classical", "anna"), TOKEN, 1)
    found = []
    for route in app.routes:
        path = route.path.replace("{key}", KEY).replace("{sha256}", "0" * 64)  # type: ignore[attr-defined]
        methods = route.methods if isinstance(route, Route) else {"GET"}
        found += [(method, path) for method in sorted(methods)]
    return found


def test_every_route_wants_the_token(page: Page, capture: Path) -> None:
    routes = every_route(capture)
    assert len(routes) > 15
    stranger = page.client(cookie=None)
    for method, path in [*routes, ("GET", "/static/review.js"), ("GET", "/?token=wrong"), ("GET", "/?token=%C3%A9")]:
        assert stranger.request(method, path).status == 401, (method, path)
    assert page.client(cookie=f"cleanplate_{page.port}=wrong").get("/api/views").status == 401


def test_every_unsafe_route_wants_its_own_origin(page: Page, capture: Path) -> None:
    unsafe = [(method, path) for method, path in every_route(capture) if method not in ("GET", "HEAD")]
    assert {method for method, _ in unsafe} == {"PUT", "POST"}
    for origin in (None, "http://evil.example", "null", "http://127.0.0.1:1", f"https://127.0.0.1:{page.port}"):
        client = page.client(origin=origin)
        for method, path in [*unsafe, ("OPTIONS", "/api/views"), ("DELETE", "/api/views")]:
            answer = client.request(method, path)
            assert answer.status == 403, (origin, method, path)
            assert "access-control-allow-origin" not in answer.headers


def test_foreign_host_names_are_refused_everywhere(page: Page, capture: Path) -> None:
    port = page.port
    for host in ("evil.example", f"evil.example:{port}", "localhost:1", "127.0.0.1", "", f"[::1:{port}"):
        client = page.client(host=host, origin=f"http://{host}")
        for method, path in every_route(capture):
            assert client.request(method, path).status == 421, (host, method, path)


def test_the_token_is_traded_for_a_strict_cookie(page: Page) -> None:
    cookie = page.client(cookie=None).get(f"/?token={TOKEN}").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    answer = page.client(cookie=cookie.split(";")[0]).get("/api/views")
    assert answer.status == 200
    rules = answer.headers["content-security-policy"]
    assert "default-src 'none'" in rules
    assert "unsafe" not in rules
    assert "access-control-allow-origin" not in answer.headers


def test_no_path_reaches_the_file_system(page: Page) -> None:
    client = page.client()
    for path in ("../review.py", "%2e%2e/review.py", "..%2freview.py", "/etc/passwd", "%2fetc%2fpasswd"):
        assert client.get(f"/static/{path}").status == 404, path
    for key in ("..", "0-..%2f..%2fcapture", "0-cam00_000%00", "9-cam00_000", "%2fetc%2fpasswd", "%C3%A9"):
        for what in ("image", "mask", "thumbnail", "history", f"history/{'0' * 64}"):
            assert client.get(f"/api/views/{key}/{what}").status in (404, 405), (key, what)
    assert client.get(f"/api/views/{KEY}/history/..%2f..%2f..%2fcapture.json").status in (404, 422)


def test_cookies_of_other_servers_here_lock_nobody_out(page: Page) -> None:
    own = f"cleanplate_{page.port}={TOKEN}"
    for foreign in ("a[1]=x", 'j={"a": 1}', "bad", "=", "a=b c,d", "cleanplate_1=of-another", f"x{own}"):
        assert page.client(cookie=f"{foreign}; {own}; {foreign}").get("/api/views").status == 200, foreign
        assert page.client(cookie=foreign).get("/api/views").status == 401, foreign


def test_on_the_default_port_browsers_leave_it_out(capture: Path) -> None:
    """The app is told that its port is 80; requests are what a browser sends there."""
    review = Review(find_products([capture]), "classical", "anna")
    with served(lambda _: review_app(review, TOKEN, 80)) as page:
        own = {"cookie": f"cleanplate_80={TOKEN}"}
        for host in ("127.0.0.1", "localhost", "127.0.0.1:80"):
            client = page.client(**own, host=host, origin=f"http://{host}")
            assert client.get("/api/views").status == 200, host
            stranger = page.client(cookie=None, host=host)
            assert f"cleanplate_80={TOKEN}" in stranger.get(f"/?token={TOKEN}").headers["set-cookie"]
            assert page.client(**own, host=host, origin=f"http://{host}:1").request("POST", "/api/views").status == 403
        assert page.client(**own, host=f"127.0.0.1:{page.port}").get("/api/views").status == 421


def test_a_browser_with_a_foreign_cookie_comes_in(page: Page, browser: Browser) -> None:
    context = browser.new_context()
    try:
        for name, value in (("other", "a[1]=x"), ("cleanplate_1", "theirs")):
            context.add_cookies([{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}])
        shown = context.new_page()
        assert shown.goto(page.url).status == 200  # type: ignore[union-attr]
        assert context.request.get(f"{page.base}/api/views").status == 200
    finally:
        context.close()


def test_other_servers_cookies_and_the_default_port_lock_nobody_out() -> None:
    from cleanplate.web.guard import Guard

    async def app(*_: object) -> None: ...

    guard = Guard(app, "secret", 80, "")
    for foreign in ("a[1]=x", 'j={"a": 1}', "é=ü", "bad", "=", "a=b c,d"):
        assert guard._has_cookie(f"{foreign}; cleanplate_80=secret; {foreign}")
        assert not guard._has_cookie(f"{foreign}; cleanplate_80=wrong; xcleanplate_80=secret")
    for host in ("127.0.0.1", "localhost", "[::1]", "127.0.0.1:80"):
        assert guard._is_own_host(host)
        assert not Guard(app, "secret", 8000, "")._is_own_host(host)
    assert not guard._is_own_host("evil.example")
