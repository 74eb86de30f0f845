"""Masks under review: lossless, recorded, restorable, never silently lost."""

import gzip
import http.client
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.capture import read_capture, validate_capture
from cleanplate.errors import CaptureError, CleanplateError
from cleanplate.image import read_mask, write_mask, write_probability
from cleanplate.report.products import Product, find_products
from cleanplate.state import exclusive
from cleanplate.types import Mask
from cleanplate.web import export_accepted
from cleanplate.web.assist import Box
from cleanplate.web.bits import pack, packed_size, unpack
from cleanplate.web.doubt import difference_doubt, hull_doubts, run_doubts
from cleanplate.web.journal import Edit
from cleanplate.web.store import MaskStore, StaleMask
from web.conftest import SIZE, Answer, Client, Page, disc, make_capture, reviewing

MASK = "/api/views/0-cam00_000/mask"


def random_mask(seed: int) -> Mask:
    return np.random.default_rng(seed).random(SIZE[::-1]) < 0.5


def put(client: Client, mask: Mask, sha: str, edit: str = "{}") -> Answer:
    return client.request("PUT", MASK, pack(mask), if_match=f'"{sha}"', cleanplate_edit=edit)


def etag(client: Client) -> str:
    return client.get(MASK).headers["etag"].strip('"')


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (8, 8), SIZE[::-1]])
def test_bits_round_trip(shape: tuple[int, int]) -> None:
    mask = np.random.default_rng(1).random(shape) < 0.5
    assert len(pack(mask)) == packed_size(shape[1], shape[0])
    assert np.array_equal(unpack(pack(mask), shape[1], shape[0]), mask)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 60), st.integers(1, 60), st.integers(1, 70))
def test_a_box_s_pieces_tile_it(left: int, top: int, width: int, height: int, longest: int) -> None:
    box, covered = Box(left, top, left + width, top + height), np.zeros((100, 100), int)
    for piece in box.pieces(longest):
        covered[piece.area] += 1
        assert max(piece.right - piece.left, piece.bottom - piece.top) <= longest
    assert (covered[box.area] == 1).all()
    assert covered.sum() == width * height


def test_a_saved_mask_is_recorded_and_every_earlier_one_comes_back(page: Page, capture: Path) -> None:
    masks = [disc(), random_mask(1), random_mask(2)]
    client = page.client()
    for mask in masks[1:]:
        assert put(client, mask, etag(client), '{"seconds": 2.5, "tools": {"brush": 3}}').status == 200
    assert np.array_equal(read_mask(capture / "masks/cam00_000.png"), masks[-1])
    versions = client.get("/api/views/0-cam00_000/history").json()["versions"]
    shas = [versions[0]["sha256"], versions[1]["sha256"], versions[1]["before"]]
    for mask, sha in zip(reversed(masks), shas, strict=True):
        sent = client.get(f"/api/views/0-cam00_000/history/{sha}").content
        assert np.array_equal(unpack(sent, *SIZE), mask)
    listed = client.get("/api/views").json()["views"][0]
    assert (listed["status"], listed["seconds"]) == ("edited", 5.0)
    line = json.loads((capture / "review/review.jsonl").read_text().splitlines()[-1])
    assert (line["who"], line["action"], line["tools"], line["seconds"]) == ("anna", "save", {"brush": 3}, 2.5)
    assert line["when"].endswith("+00:00")


def test_a_stale_save_is_refused_and_says_what_is_there(page: Page, capture: Path) -> None:
    client = page.client()
    old = etag(client)
    assert put(client, random_mask(1), old).status == 200
    stale = put(client, random_mask(2), old)
    assert stale.status == 409
    assert stale.json()["current"] == etag(client)
    assert np.array_equal(read_mask(capture / "masks/cam00_000.png"), random_mask(1))
    assert put(client, random_mask(1), old).status == 200  # an answer that got lost is asked for again
    judged = client.request("POST", "/api/views/0-cam00_000/mark", b'{"action": "accept"}', if_match=old)
    assert judged.status == 409


def test_malformed_requests_are_refused_and_change_nothing(page: Page, capture: Path) -> None:
    before = (capture / "masks/cam00_000.png").read_bytes()
    size = packed_size(*SIZE)
    client = page.client()
    sha = etag(client)

    def sent(content: bytes, edit: str = "{}", match: str = sha) -> int:
        return client.request("PUT", MASK, content, if_match=match, cleanplate_edit=edit).status

    assert sent(bytes(size - 1)) == 422
    assert sent(b"") == 422
    assert sent(bytes(size + 1)) == 413
    assert sent(bytes(3_000_000)) == 413
    for edit in ("", "[]", "{", '{"seconds": -1}', '{"seconds": NaN}', '{"tools": {"a": "b"}}', '{"who": "eve"}'):
        assert sent(bytes(size), edit) == 400, edit
    assert client.request("PUT", MASK, bytes(size)).status == 428
    assert sent(bytes(size), match='"' + "0" * 64 + '"') == 409
    assert client.request("POST", MASK).status == 405
    mark = "/api/views/0-cam00_000/mark"
    for body, status in ((b"", 400), (b"{}", 400), (b'{"action": "save"}', 422), (b"x" * 20_000, 413)):
        assert client.request("POST", mark, body, if_match=sha).status == status
    for box in ("", "1,2,3", "a,b,c,d", "-1,0,9,9", "0,0,1,9", "5,5,2,2", "0,0,9999,9", "0,0,1e3,9", "9" * 5000):
        assert client.request("POST", f"/api/views/0-cam00_000/segment?box={box}").status == 422, box
    assert client.get("/api/views/0-cam00_000/hull").status == 422
    assert client.get(f"/api/views/0-cam00_000/history/{'0' * 64}").status == 422
    assert (capture / "masks/cam00_000.png").read_bytes() == before


def test_masks_travel_as_gzip_too(page: Page, capture: Path) -> None:
    client, mask = page.client(), random_mask(7)

    def sent(body: bytes, encoding: str = "gzip") -> int:
        headers = {"if_match": etag(client), "content_encoding": encoding}
        return client.request("PUT", MASK, body, **headers).status

    bomb = gzip.compress(bytes(packed_size(*SIZE) + 1))
    assert [sent(bomb), sent(gzip.compress(bytes(50_000_000)))] == [413, 413]
    whole = gzip.compress(pack(mask))
    assert [sent(body) for body in (whole[:-9], whole + b"more", pack(mask), b"")] == [422] * 4
    assert sent(pack(mask), "br") == 415
    assert sent(whole) == 200
    assert np.array_equal(read_mask(capture / "masks/cam00_000.png"), mask)
    answer = client.request("GET", MASK, accept_encoding="gzip, br")
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.content) == pack(mask)


def test_damaged_files_are_told_and_do_not_stop_the_others(capture: Path) -> None:
    (capture / "masks/cam00_001.png").write_bytes(b"no picture")
    make_capture(capture.parent / "other", 1)
    other = read_mask(capture.parent / "other/masks/cam00_000.png")
    (capture / "masks/cam00_002.png").unlink()
    with reviewing(capture) as page:
        client = page.client()
        answer = client.get("/api/views/0-cam00_001/mask")
        assert answer.status == 422
        assert "cam00_001.png" in answer.json()["error"]
        missing = client.get("/api/views/0-cam00_002/mask")
        assert missing.headers["etag"] == '"none"'
        assert not unpack(missing.content, *SIZE).any()
        saved = client.request("PUT", "/api/views/0-cam00_002/mask", pack(other), if_match='"none"')
        assert saved.status == 200
    assert np.array_equal(read_mask(capture / "masks/cam00_002.png"), other)


def product_of(*paths: Path) -> Product:
    (product,) = find_products(paths)
    return product


@pytest.mark.parametrize("place", ["store.write_bytes", "store.write_mask", "journal.os.fsync"])
def test_a_kill_between_any_two_writes_loses_nothing(
    capture: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Stop a save at each of its writes: the mask is the old or the new one, and the next save works."""
    product = product_of(capture)
    store, view = MaskStore(product), product.capture.views[0]
    old, sha = store.read(view)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"cleanplate.web.{place}", killed)
        with pytest.raises(KeyboardInterrupt):
            store.save(view, random_mask(1), sha, Edit("anna"))
    now, sha = store.read(view)
    assert np.array_equal(now, random_mask(1) if place == "journal.os.fsync" else old)
    assert store.save(view, random_mask(2), sha, Edit("anna")) == store.sha256(view)
    assert np.array_equal(store.version(view, str(sha)), now)


def test_a_server_killed_in_the_middle_of_saves_leaves_whole_masks(capture: Path) -> None:
    code = f"from cleanplate.web import serve_review; serve_review([__import__('pathlib').Path({str(capture)!r})])"
    environment = os.environ | {"BROWSER": "true"}
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stderr is not None
        url = urlsplit(server.stderr.readline().strip())
        own = f"http://{url.netloc}"
        cookie = f"cleanplate_{url.port}={url.query.removeprefix('token=')}"
        client = Client(int(url.port or 0), {"host": url.netloc, "origin": own, "cookie": cookie})
        assert put(client, random_mask(0), etag(client)).status == 200
        killer = threading.Timer(0.3, server.kill)
        killer.start()
        with pytest.raises((OSError, http.client.HTTPException)):
            for seed in range(1, 10_000):
                assert put(client, random_mask(seed), etag(client)).status == 200
        killer.join()
    left = read_mask(capture / "masks/cam00_000.png")
    assert any(np.array_equal(left, random_mask(n)) for n in (seed - 1, seed))
    store = MaskStore(product_of(capture))
    view = store.product.capture.views[0]
    store.save(view, disc(), store.sha256(view), Edit("anna"))
    assert len(store.journal.entries()) >= seed


def test_a_torn_line_of_the_journal_is_skipped(capture: Path) -> None:
    product = product_of(capture)
    store, view = MaskStore(product), product.capture.views[0]
    store.save(view, random_mask(1), store.sha256(view), Edit("anna"))
    with store.journal.path.open("ab") as stream:
        stream.write(b'{"view": "cam00_0')
    store.mark(view, "accept", store.sha256(view), Edit("ben", 1.0))
    assert [entry.who for entry in store.journal.entries()] == ["anna", "ben"]
    assert store.states()["cam00_000"].status == "accepted"


def test_an_accepted_mask_that_something_replaced_is_accepted_no_more(capture: Path) -> None:
    product = product_of(capture)
    store, view = MaskStore(product), product.capture.views[0]
    store.mark(view, "accept", store.sha256(view), Edit("anna"))
    (capture / "masks/cam00_000.png").write_bytes((capture / "masks/cam00_001.png").read_bytes() + b"\0")
    assert store.states()["cam00_000"].status == "edited"
    with pytest.raises(StaleMask):
        store.mark(view, "accept", "0" * 64, Edit("anna"))


def test_a_run_s_masks_are_reviewed_in_its_output(capture: Path, tmp_path: Path) -> None:
    run = make_capture(tmp_path / "out/B00000DISC")  # for its masks
    (run / "capture.json").unlink()
    (run / "result.json").write_text(json.dumps({"capture": str(capture)}))
    for paths in ([run], [tmp_path / "out"], [tmp_path / "out", capture], [capture, run]):
        product = product_of(*paths)
        assert product.folder == run
        assert product.capture.folder == capture
    (run / "result.json").unlink()
    with pytest.raises(CaptureError, match="cannot be found"):
        find_products([run])
    product = product_of(run, capture)
    store, view = MaskStore(product), product.capture.views[0]
    store.save(view, random_mask(1), store.sha256(view), Edit("anna"))
    assert np.array_equal(read_mask(run / "masks/cam00_000.png"), random_mask(1))
    assert np.array_equal(read_mask(capture / "masks/cam00_000.png"), disc())
    with exclusive(run), pytest.raises(CleanplateError, match="another cleanplate run"):
        store.save(view, random_mask(2), store.sha256(view), Edit("anna"))
    with pytest.raises(CaptureError):
        find_products([tmp_path / "nothing"])


def test_doubt_follows_the_hull_and_else_the_plate(capture: Path, tmp_path: Path) -> None:
    run = tmp_path / "out/B00000DISC"
    (run / "masks").mkdir(parents=True)
    facts = {"agreement": {"cam00_000": 0.9, "cam00_001": 0.99}, "unused": {"cam00_001": "shifted"}}
    (run / "hull.json").write_text(json.dumps(facts))
    doubts = hull_doubts(product_of(run, capture))
    assert doubts["cam00_001"].value > doubts["cam00_000"].value > 0.05
    assert doubts["cam00_001"].reason == "99% agreement with the hull: shifted"
    write_mask(capture / "masks/cam00_001.png", ~disc())
    (capture / "masks/cam00_002.png").unlink()
    product = product_of(capture)
    good, bad, missing = (difference_doubt(product, view).value for view in product.capture.views)
    assert good < 0.15 < bad <= missing == 1


def test_doubt_joins_hull_and_network_until_a_mask_is_edited(capture: Path, tmp_path: Path) -> None:
    run = make_capture(tmp_path / "out/B00000DISC")
    (run / "capture.json").unlink()
    (run / "hull.json").write_text(json.dumps({"agreement": {"cam00_000": 0.98, "cam00_001": 0.9}}))
    for view, doubt in (("cam00_000", 0.3), ("cam00_001", 0.05), ("cam00_002", 0.0)):
        mask = read_mask(run / f"masks/{view}.png")
        write_probability(run / f"probabilities/{view}.png", (1 - doubt) * mask)
    product = product_of(run, capture)
    doubts = run_doubts(product)
    assert {view: round(doubt.value, 2) for view, doubt in doubts.items()} == {"cam00_000": 0.3, "cam00_001": 0.1}
    assert doubts["cam00_000"].reason == "98% agreement with the hull; network unsure of 30%"
    store, view = MaskStore(product), product.capture.views[0]
    store.save(view, random_mask(1), store.sha256(view), Edit("anna"))
    assert round(run_doubts(product)["cam00_000"].value, 4) == 0.02


def test_accepted_masks_become_a_data_set(capture: Path, tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="no mask is accepted"):
        export_accepted([capture], tmp_path / "set")
    product = product_of(capture)
    store = MaskStore(product)
    for view in product.capture.views[:2]:
        sha = store.save(view, random_mask(3), store.sha256(view), Edit("anna", 4.0))
        store.mark(view, "accept", sha, Edit("anna", 1.5))
    store.mark(product.capture.views[2], "flag", store.sha256(product.capture.views[2]), Edit("anna"))
    (written,) = export_accepted([capture], tmp_path / "set")
    assert validate_capture(written) == []
    exported = read_capture(written)
    assert [view.id for view in exported.views] == ["cam00_000", "cam00_001"]
    assert np.array_equal(read_mask(written / str(exported.views[0].mask)), random_mask(3))
    record = json.loads((tmp_path / "set/review.json").read_text())["masks"]["B00000DISC"]["cam00_001"]
    assert (record["who"], record["seconds"]) == ("anna", 5.5)
    with pytest.raises(CaptureError, match="overwrite"):
        export_accepted([capture], capture.parent)
