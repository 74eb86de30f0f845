"""A product and its models as JSON-LD, by schema.org's vocabulary: what search engines and shops read from a page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

from cleanplate.capture import Capture
from cleanplate.files import sha256_file

KINDS = {".glb": "model/gltf-binary", ".usdz": "model/vnd.usdz+zip"}


def linked_data(
    capture: Capture, models: Sequence[Path], pictures: Sequence[str], extent: Sequence[float] | None, url: str
) -> dict[str, Any]:
    """Return a Product whose subject is a 3DModel (https://schema.org/3DModel; Google asks for `encoding`).

    Args:
        models: GLBs and USDZs; the first is the one to show.
        pictures: paths relative to the page, the poster first.
        extent: width, height and depth in metres, if known.
        url: of the folder that will hold all of them, "" to leave them relative to the page.
    """
    name = capture.title or capture.asin
    product: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": name,
        "sku": capture.asin,
        "image": [_place(url, each) for each in pictures],
        "subjectOf": {
            "@type": "3DModel",
            "name": name,
            "isResizable": False,
            "thumbnailUrl": _place(url, pictures[-1]),
            "encoding": [_encoding(path, url) for path in models],
        },
    }
    if extent is not None:
        for side, metres in zip(("width", "height", "depth"), extent, strict=True):
            millimetres = round(1000 * metres, 1)
            product[side] = {"@type": "QuantitativeValue", "value": millimetres, "unitCode": "MMT"}
    return product


def _encoding(path: Path, url: str) -> dict[str, Any]:
    return {
        "@type": "MediaObject",
        "contentUrl": _place(url, path.name),
        "encodingFormat": KINDS[path.suffix],
        "contentSize": f"{path.stat().st_size / 1e6:.2f} MB",
        "sha256": sha256_file(path),
    }


def _place(url: str, name: str) -> str:
    return urljoin(url if not url or url.endswith("/") else url + "/", quote(name))
