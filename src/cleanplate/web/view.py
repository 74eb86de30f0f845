"""The page that shows a run's models, with AR, beside what they were made from."""

import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from cleanplate.capture import View
from cleanplate.errors import CaptureError, gathered
from cleanplate.files import read_object
from cleanplate.report import overlay
from cleanplate.report.page import VENDOR
from cleanplate.report.products import RESULT, Product, find_products
from cleanplate.settings import ProfileName
from cleanplate.web.doubt import small_image, small_mask
from cleanplate.web.guard import Guard, policy
from cleanplate.web.messages import HANDLERS
from cleanplate.web.pictures import encode
from cleanplate.web.serve import serve

STATIC = Path(__file__).parent / "static"
MODELS = "/models/"
KINDS = {"glb": "model/gltf-binary", "usdz": "model/vnd.usdz+zip", "unseen": "image/png"}
LARGE = 960
"""Width of the picture that is compared before and after, pixels."""


def serve_view(paths: Sequence[Path], host: str = "127.0.0.1", port: int = 0, open_browser: bool = True) -> None:
    """Serve the page that shows models until Ctrl-C.

    Args:
        paths: outputs of runs; captures beside them where a run's own cannot be found.
        host: "0.0.0.0" lets phones in the same network in, by the address with the token.

    Raises:
        CaptureError: there is no model.
        CleanplateError: the address cannot be bound.
    """
    viewer, token = Viewer(find_products(paths)), secrets.token_urlsafe(24)
    serve(lambda port: view_app(viewer, token, port), host, port, token, open_browser)


def view_app(viewer: "Viewer", token: str, port: int) -> Starlette:
    """Return the page's application, for the port that it will be served at."""
    viewer.token = token
    routes = [
        Route("/", _page),
        Route("/api/products", viewer.list_products),
        Route(MODELS + "{key}.{kind}", viewer.model),
        Route("/api/views/{key}/{what}", viewer.picture),
        Mount("/vendor", StaticFiles(directory=VENDOR)),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    guard = Middleware(Guard, token=token, port=port, policy=policy(model_viewer=True), models=MODELS)
    return Starlette(routes=routes, middleware=[guard], exception_handlers=HANDLERS)


async def _page(_: Request) -> Response:
    return FileResponse(STATIC / "view.html", headers={"cache-control": "no-store"})


class Viewer:
    """What one page shows.

    Attributes:
        products, views: by the keys that clients name them with.
        token: goes into the models' addresses.
    """

    def __init__(self, products: Sequence[Product]) -> None:
        shown = [product for product in products if _model_path(product, "glb").is_file()]
        if not shown:
            raise CaptureError("there is no model to show; run 'cleanplate run' first and name its output folder")
        self.products = {str(number): product for number, product in enumerate(shown)}
        self.views: dict[str, tuple[Product, View]] = {
            f"{number}-{view.id}": (product, view)
            for number, product in self.products.items()
            for view in _turning(product)
        }
        self.token = ""
        self.session = secrets.token_hex(8)

    def list_products(self, _: Request) -> Response:
        """Everything that the page shows beside pictures and models."""
        listed = [self._describe(key, product) for key, product in self.products.items()]
        return JSONResponse({"products": listed, "session": self.session}, headers={"cache-control": "no-store"})

    def _describe(self, key: str, product: Product) -> dict[str, Any]:
        result, model = read_object(product.folder / RESULT), read_object(_model_path(product, "json"))
        agreement = product.hull_facts().get("agreement", {})
        return {
            "asin": product.capture.asin,
            "title": product.capture.title or product.capture.asin,
            "tags": list(product.capture.tags),
            "status": result.get("status", ""),
            "problems": gathered(result.get("problems", [])),
            "figures": result.get("figures", {}),
            "extent": model.get("extent"),
            "materials": model.get("materials", {}),
            "models": {
                kind: f"{MODELS}{key}.{kind}?token={self.token}"
                for kind in KINDS
                if _model_path(product, kind).is_file()
            },
            "profiles": [self._profile(key, product, profile) for profile in _profiles(product)],
            "views": [
                {"key": name, "id": view.id, "agreement": agreement.get(view.id)}
                for name, (owner, view) in self.views.items()
                if owner is product
            ],
        }

    def _profile(self, key: str, product: Product, profile: str) -> dict[str, Any]:
        """Return what the page says of the model of one profile; "" is the one that the run was asked for."""
        path, facts = _model_path(product, "glb", profile), read_object(_model_path(product, "json", profile))
        return {
            "name": profile or facts.get("profile", "default"),
            "glb": f"{MODELS}{key}{'~' * bool(profile)}{profile}.glb?token={self.token}",
            "unseen": f"{MODELS}{key}{'~' * bool(profile)}{profile}.unseen?token={self.token}",
            "seen": facts.get("seen"),
            "file": path.name,
            "bytes": path.stat().st_size,
            "triangles": facts.get("triangles"),
            "texture": facts.get("texture"),
        }

    def model(self, request: Request) -> Response:
        """The GLB of a profile, or the USDZ for Quick Look."""
        (key, _, profile), kind = request.path_params["key"].partition("~"), request.path_params["kind"]
        product = self.products.get(key)
        if product is None or kind not in KINDS or profile not in _profiles(product):
            raise HTTPException(404, "there is no such model here")
        path = _model_path(product, kind, profile)
        if not path.is_file():
            raise HTTPException(404, "there is no such model here")
        return FileResponse(path, media_type=KINDS[kind], headers={"cache-control": "no-cache"})

    def picture(self, request: Request) -> Response:
        """A view: "input" and "mask" small, "before" and "after" (the product cut out) larger."""
        key, what = request.path_params["key"], request.path_params["what"]
        if key not in self.views or what not in ("input", "mask", "before", "after"):
            raise HTTPException(404, "there is no such picture here")
        product, view = self.views[key]
        path = product.capture.image_path(view)
        image = small_image(path, LARGE) if what in ("before", "after") else small_image(path)
        if what in ("mask", "after"):
            mask = small_mask(product.mask_path(view), image)
            white = np.where(mask[..., None], image, np.uint8(255))
            image = overlay(image, mask) if what == "mask" else white
        return Response(
            encode(image, ".jpg"), media_type="image/jpeg", headers={"cache-control": "private, max-age=86400"}
        )


def _model_path(product: Product, kind: str, profile: str = "") -> Path:
    suffix = "unseen.png" if kind == "unseen" else kind
    return product.folder / f"{product.capture.asin}{'.' * bool(profile)}{profile}.{suffix}"


def _profiles(product: Product) -> list[str]:
    """Return the profiles that there is a model of: "" for the run's own, then the further ones."""
    return [name for name in ("", *get_args(ProfileName)) if _model_path(product, "glb", name).is_file()]


def _turning(product: Product) -> list[View]:
    """Return the views with a mask as the platen turns: camera by camera, angle by angle."""

    def place(view: View) -> tuple[str, float, list[str]]:
        return view.camera, view.platen_deg or 0.0, re.findall(r"\d+", view.id)

    return sorted((view for view in product.capture.views if product.mask_path(view).is_file()), key=place)
