"""Pictures for the browser."""

from pathlib import Path

from starlette.responses import Response

from cleanplate.image import read_header, read_image
from cleanplate.types import Image

SHOWN = {"JPEG": "image/jpeg", "PNG": "image/png"}
"""What every browser shows as it is, once it is upright."""

IMMUTABLE = {"cache-control": "private, max-age=86400"}


def encode(image: Image, suffix: str) -> bytes:
    """Encode a picture as ".jpg" or ".png"."""
    import cv2

    options = [cv2.IMWRITE_JPEG_QUALITY, 82] if suffix == ".jpg" else [cv2.IMWRITE_PNG_COMPRESSION, 1]
    return cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)[1].tobytes()


def picture_response(path: Path) -> Response:
    """Return a photograph in full: its own bytes if browsers show them as `read_image` reads them, else as PNG.

    Raises:
        ImageError: it cannot be read, or has too many pixels.
    """
    header = read_header(path)
    if header.kind in SHOWN and header.orientation == 1 and not header.profile:
        return Response(path.read_bytes(), media_type=SHOWN[header.kind], headers=IMMUTABLE)
    return Response(encode(read_image(path), ".png"), media_type="image/png", headers=IMMUTABLE)
