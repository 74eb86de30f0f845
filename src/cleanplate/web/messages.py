"""What comes in and goes out beside pictures: bodies with limits, checked messages, errors as JSON."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from cleanplate.errors import CleanplateError
from cleanplate.types import Mask
from cleanplate.web.bits import gunzip, gzip, pack
from cleanplate.web.store import StaleMask

MESSAGE_LIMIT = 16_384
NO_MASK = "none"
"""Stands for the digest of a mask that is not there."""


class EditMessage(BaseModel):
    """What the page says beside a mask: active seconds, and how often each tool was used."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False, extra="forbid")
    seconds: float = Field(0.0, ge=0, le=86_400)
    tools: dict[str, int] = Field(default_factory=dict, max_length=40)


class MarkMessage(EditMessage):
    """A judgement on a mask."""

    action: str


M = TypeVar("M", bound=BaseModel)


def parse(model: type[M], text: str | bytes) -> M:
    """Check a JSON message.

    Raises:
        HTTPException: 400, it does not fit.
    """
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise HTTPException(400, f"message: {error.errors()[0]['msg']}") from error


async def read_body(request: Request, limit: int) -> bytes:
    """Return a request's body, decompressed where it is gzip, never holding much more than `limit` bytes.

    Raises:
        HTTPException: 413, it is longer; 415, it is encoded in another way.
        ImageError: it is damaged.
    """
    encoding = request.headers.get("content-encoding", "identity")
    if encoding not in ("identity", "gzip"):
        raise HTTPException(415, f"content-encoding {encoding!r}: send gzip, or the bytes as they are")
    most = limit if encoding == "identity" else limit + limit // 1000 + 64  # what gzip adds to noise
    chunks, size = [], 0
    async for chunk in request.stream():
        chunks.append(chunk)
        size += len(chunk)
        if size > most:
            raise HTTPException(413, f"the body is longer than the {limit} bytes that fit here")
    body = b"".join(chunks)
    expanded = gunzip(body, limit) if encoding == "gzip" else body
    if expanded is None:
        raise HTTPException(413, f"the body is longer than the {limit} bytes that fit here")
    return expanded


def expected_sha(request: Request) -> str | None:
    """Return the digest in If-Match that a change was made from; None for no mask.

    Raises:
        HTTPException: 428, the header is missing.
    """
    value = request.headers.get("if-match", "").strip('"')
    if not value:
        raise HTTPException(428, "send If-Match with the digest of the mask that you changed")
    return None if value == NO_MASK else value


def etag(sha256: str | None) -> dict[str, str]:
    """Return the header that names a mask's digest."""
    return {"etag": f'"{sha256 or NO_MASK}"', "cache-control": "no-store"}


def bits_response(request: Request, mask: Mask, headers: dict[str, str] | None = None) -> Response:
    """Return a mask's bits."""
    bits, extra = pack(mask), {"cache-control": "no-store", "vary": "accept-encoding", **(headers or {})}
    if "gzip" in request.headers.get("accept-encoding", ""):
        bits, extra = gzip(bits), extra | {"content-encoding": "gzip"}
    return Response(bits, media_type="application/octet-stream", headers=extra)


async def _refused(_: Request, error: Exception) -> Response:
    if isinstance(error, StaleMask):
        return JSONResponse({"error": str(error), "current": error.current or NO_MASK}, 409)
    if isinstance(error, HTTPException):
        return JSONResponse({"error": error.detail}, error.status_code)
    if isinstance(error, ClientDisconnect):
        return Response(status_code=400)
    status = 422 if isinstance(error, CleanplateError) else 500
    return JSONResponse({"error": str(error)}, status)


HANDLERS = dict.fromkeys((StaleMask, CleanplateError, HTTPException, ClientDisconnect, OSError), _refused)
