"""Where a model comes from, in words that travel inside its file."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cleanplate import __version__
from cleanplate.capture import Capture, view_mask_path
from cleanplate.files import sha256_file

CONTEXT = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "cleanplate": "urn:cleanplate:provenance:1",
}
"""XMP's own names, and ours, which no server answers for."""


def provenance(capture: Capture, mask_dir: Path, hull: Path, made_by: Mapping[str, str]) -> dict[str, str]:
    """Return what a model was made from: the product's id and name, the program, and digests of all inputs.

    Those of several files are the SHA-256 of what `sha256sum` prints of them in the order of their names, so that
    anybody can check them.

    Args:
        mask_dir, hull: what the views' masks lie in, and the mesh.
        made_by: what made the masks, such as {"network": "default", "networkDigest": ...}.

    Raises:
        OSError: an input is gone.
    """
    photographs = {view.image: capture.image_path(view) for view in capture.views}
    plates = {view.plate: capture.folder / view.plate for view in capture.views if view.plate}
    masks = {f"{view.id}.png": view_mask_path(view, mask_dir) for view in capture.views}
    return {
        "dc:identifier": capture.asin,
        "dc:title": capture.title or capture.asin,
        "xmp:CreatorTool": f"cleanplate {__version__}",
        "cleanplate:capture": sha256_file(capture.folder / "capture.json"),
        "cleanplate:photographs": _digest(photographs.items()),
        "cleanplate:plates": _digest(plates.items()),
        "cleanplate:masks": _digest(masks.items()),
        "cleanplate:hull": sha256_file(hull),
        **{f"cleanplate:{name}": value for name, value in made_by.items()},
    }


def xmp_packet(facts: Mapping[str, str]) -> dict[str, Any]:
    """Return facts as a packet of KHR_xmp_json_ld, where a title is an alternative of languages (ISO 16684-1)."""
    title = {"@type": "rdf:Alt", "rdf:_1": {"@language": "x-default", "@value": facts["dc:title"]}}
    context = {**CONTEXT, "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#"}
    return {"@context": context, **facts, "dc:title": title}


def _digest(files: Iterable[tuple[str, Path]]) -> str:
    lines = (f"{sha256_file(path)}  {name}\n" for name, path in sorted(files))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
