"""The review page's server. Clients name a view by a key that is looked up; nothing they send is ever a path."""

import asyncio
import getpass
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from cleanplate.capture import View
from cleanplate.report import overlay
from cleanplate.report.products import Product, find_products
from cleanplate.segment import Model, load_model
from cleanplate.types import Mask
from cleanplate.web.assist import Box, grabcut, hull_silhouette, segment_again
from cleanplate.web.bits import packed_size, unpack
from cleanplate.web.changes import changes
from cleanplate.web.doubt import Ranking, small_image, small_mask
from cleanplate.web.guard import Guard, policy
from cleanplate.web.journal import Edit
from cleanplate.web.messages import (
    HANDLERS,
    MESSAGE_LIMIT,
    NO_MASK,
    EditMessage,
    MarkMessage,
    bits_response,
    etag,
    expected_sha,
    parse,
    read_body,
)
from cleanplate.web.pictures import IMMUTABLE, encode, picture_response
from cleanplate.web.serve import serve
from cleanplate.web.store import MaskStore, State

STATIC = Path(__file__).parent / "static"


def serve_review(
    paths: Sequence[Path],
    host: str = "127.0.0.1",
    port: int = 0,
    open_browser: bool = True,
    model: str = "default",
    reviewer: str | None = None,
) -> None:
    """Serve the page to review and correct masks until Ctrl-C.

    Args:
        paths: captures, folders of captures, outputs of runs.
        model: segments again inside a box.
        reviewer: whom the journal names; the login name if None.

    Raises:
        CaptureError: a path is none of these.
        CleanplateError: the address cannot be bound.
    """
    review, token = Review(find_products(paths), model, reviewer or getpass.getuser()), secrets.token_urlsafe(24)
    serve(lambda port: review_app(review, token, port), host, port, token, open_browser)


def review_app(review: "Review", token: str, port: int) -> Starlette:
    """Return the page's application, for the port that it will be served at."""

    @asynccontextmanager
    async def ranked(_: Starlette) -> AsyncIterator[None]:
        review.ranking.start()
        yield
        await run_in_threadpool(review.ranking.stop)

    view = "/api/views/{key}"
    routes = [
        Route("/", _page),
        Route("/api/views", review.list_views),
        Route(view + "/image", review.image),
        Route(view + "/plate", review.plate),
        Route(view + "/thumbnail", review.thumbnail),
        Route(view + "/mask", review.mask),
        Route(view + "/mask", review.save, methods=["PUT"]),
        Route(view + "/mark", review.mark, methods=["POST"]),
        Route(view + "/history", review.history),
        Route(view + "/history/{sha256}", review.version),
        Route(view + "/hull", review.hull),
        Route(view + "/changes", review.changes, methods=["POST"]),
        Route(view + "/grabcut", review.grabcut, methods=["POST"]),
        Route(view + "/segment", review.segment, methods=["POST"]),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    guard = Middleware(Guard, token=token, port=port, policy=policy())
    return Starlette(routes=routes, middleware=[guard], exception_handlers=HANDLERS, lifespan=ranked)


async def _page(_: Request) -> Response:
    return FileResponse(STATIC / "review.html", headers={"cache-control": "no-store"})


class Review:
    """What one page works on.

    Attributes:
        views: by the key that clients name them with.
        reviewer: whom the journal names.
    """

    def __init__(self, products: Sequence[Product], model: str, reviewer: str) -> None:
        self.reviewer, self.model = reviewer, model
        self.session = secrets.token_hex(8)  # in the addresses of pictures: no cache mixes up two servers
        self.stores = [MaskStore(product) for product in products]
        self.views: dict[str, tuple[MaskStore, View]] = {
            f"{number}-{view.id}": (store, view)
            for number, store in enumerate(self.stores)
            for view in store.product.capture.views
        }
        self.ranking = Ranking({key: (store.product, view) for key, (store, view) in self.views.items()})
        self._one_at_a_time = asyncio.Semaphore(1)

    @cached_property
    def segmenter(self) -> Model:
        """The method behind the model's name, loaded when first asked for."""
        return load_model(self.model)

    def _find(self, request: Request) -> tuple[MaskStore, View]:
        key = request.path_params["key"]
        if key not in self.views:
            raise HTTPException(404, f"there is no view {key!r} here")
        return self.views[key]

    def list_views(self, _: Request) -> Response:
        """Everything that the grid shows."""
        states = {id(store): store.states() for store in self.stores}
        views = [
            self._describe(key, store, view, states[id(store)].get(view.id, State()))
            for key, (store, view) in self.views.items()
        ]
        facts = {"ranked": self.ranking.complete, "reviewer": self.reviewer, "session": self.session}
        return JSONResponse({"views": views, **facts}, headers={"cache-control": "no-store"})

    def _describe(self, key: str, store: MaskStore, view: View, state: State) -> dict[str, Any]:
        camera, doubt = store.product.capture.camera_of(view), self.ranking.doubts.get(key)
        return {
            "key": key,
            "id": view.id,
            "asin": store.product.capture.asin,
            "width": camera.width,
            "height": camera.height,
            "plate": view.plate is not None,
            "hull": view.pose is not None and store.product.hull_mesh() is not None,
            "neighbours": view.pose is not None and store.product.run is not None,
            "sha256": store.sha256(view) or NO_MASK,
            "status": state.status,
            "seconds": state.seconds,
            "doubt": doubt.value if doubt else None,
            "stake": doubt.stake if doubt else None,
            "contradicts": bool(doubt and doubt.contradicts),
            "reason": doubt.reason if doubt else "",
        }

    def image(self, request: Request) -> Response:
        """The photograph."""
        store, view = self._find(request)
        return picture_response(store.product.capture.image_path(view))

    def plate(self, request: Request) -> Response:
        """The photograph of the empty set."""
        store, view = self._find(request)
        path = store.product.capture.plate_path(view)
        if path is None:
            raise HTTPException(404, f"view {view.id}: the capture has no plate of it")
        return picture_response(path)

    def thumbnail(self, request: Request) -> Response:
        """The photograph, small, with its mask drawn in; the page adds the mask's digest, so it may be kept."""
        store, view = self._find(request)
        image, path = small_image(store.product.capture.image_path(view)), store.product.mask_path(view)
        if path.is_file():
            image = overlay(image, small_mask(path, image))
        return Response(encode(image, ".jpg"), media_type="image/jpeg", headers=IMMUTABLE)

    def mask(self, request: Request) -> Response:
        """The mask's bits; its digest is the ETag."""
        store, view = self._find(request)
        mask, sha = store.read(view)
        return bits_response(request, mask, etag(sha))

    async def save(self, request: Request) -> Response:
        """Take a mask's bits."""
        store, view = self._find(request)
        expected, edit = expected_sha(request), parse(EditMessage, request.headers.get("cleanplate-edit", "{}"))
        mask = await self._sent_mask(request)
        sha = await run_in_threadpool(store.save, view, mask, expected, self._edit(edit))
        return JSONResponse({"sha256": sha}, headers=etag(sha))

    async def mark(self, request: Request) -> Response:
        """Take a judgement."""
        store, view = self._find(request)
        expected, message = expected_sha(request), parse(MarkMessage, await read_body(request, MESSAGE_LIMIT))
        await run_in_threadpool(store.mark, view, message.action, expected, self._edit(message))
        return JSONResponse({"sha256": expected or NO_MASK})

    def history(self, request: Request) -> Response:
        """The mask's saves, newest first."""
        store, view = self._find(request)
        versions = [
            {"sha256": e.sha256, "before": e.before, "who": e.who, "when": e.when, "tools": e.tools}
            for e in store.versions(view)
        ]
        return JSONResponse({"versions": versions}, headers={"cache-control": "no-store"})

    def version(self, request: Request) -> Response:
        """An earlier mask's bits."""
        store, view = self._find(request)
        mask = store.version(view, request.path_params["sha256"])
        return bits_response(request, mask)

    def hull(self, request: Request) -> Response:
        """The bits of the hull's silhouette."""
        store, view = self._find(request)
        mask = hull_silhouette(store.product, view)
        return bits_response(request, mask)

    async def changes(self, request: Request) -> Response:
        """Take a mask's bits, return what they would change in the other views."""
        store, view = self._find(request)
        mask = await self._sent_mask(request)
        async with self._one_at_a_time:
            found = await run_in_threadpool(changes, store.product, view, mask)
        keys = {each.id: key for key, (other, each) in self.views.items() if other is store}
        return JSONResponse({"views": [asdict(each) | {"key": keys[each.view]} for each in found]})

    async def grabcut(self, request: Request) -> Response:
        """Take a mask's bits and a box, return the mask's bits with the box parted anew."""
        from cleanplate.image import read_image

        store, view = self._find(request)
        box = self._box(request)
        mask = await self._sent_mask(request)

        def work() -> Mask:
            return grabcut(read_image(store.product.capture.image_path(view)), mask, box)

        async with self._one_at_a_time:
            return bits_response(request, (await run_in_threadpool(work))[box.area])

    async def segment(self, request: Request) -> Response:
        """Take a box, return the bits of its mask as the model sees it at native resolution."""
        store, view = self._find(request)
        box = self._box(request)
        async with self._one_at_a_time:
            mask = await run_in_threadpool(lambda: segment_again(store.product, view, box, self.segmenter))
        return bits_response(request, mask)

    def _box(self, request: Request) -> Box:
        store, view = self._find(request)
        camera = store.product.capture.camera_of(view)
        return Box.parse(request.query_params.get("box", ""), camera.width, camera.height)

    async def _sent_mask(self, request: Request) -> Mask:
        store, view = self._find(request)
        camera = store.product.capture.camera_of(view)
        data = await read_body(request, packed_size(camera.width, camera.height))
        return await run_in_threadpool(unpack, data, camera.width, camera.height)

    def _edit(self, message: EditMessage) -> Edit:
        return Edit(self.reviewer, message.seconds, message.tools)
