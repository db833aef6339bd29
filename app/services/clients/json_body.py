"""Reading JSON or a picture from an answer, with a bound on what it is when it is unpacked."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

import httpx

from app.domain.clients.logos import TYPES as PICTURES
from app.domain.json_values import parsed

GZIP = zlib.MAX_WBITS | 16  # zlib's way to say that a gzip header must be there


def json_of(response: httpx.Response, limit: int) -> Any:
    """Return the value of a JSON answer with at most `limit` bytes; raises ValueError."""
    return parsed(_body(response, limit, _is_json))


def picture_of(response: httpx.Response, limit: int) -> bytes:
    """Return the file of an answer that is said to be a picture; raises ValueError."""
    return _body(response, limit, PICTURES.__contains__)


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )


def _body(response: httpx.Response, limit: int, fits: Callable[[str], bool]) -> bytes:
    """Return the bytes of a good answer whose media type fits; raises ValueError.

    We ask for no compression (RFC 9110 section 12.5.3). Servers exist that compress all the same: their
    gzip is unpacked, and never further than the limit.
    """
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.status_code != HTTPStatus.OK or not fits(media_type):
        raise ValueError(f"{response.status_code} {media_type[:80]}")
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    chunks: Iterable[bytes] = _bounded(response.iter_raw(), limit)
    if coding in ("gzip", "x-gzip"):
        chunks = _bounded(_unpacked(chunks, limit), limit)
    elif coding != "identity":
        raise ValueError(f"encoded as {coding[:40]!r}, which was not asked for")
    return b"".join(chunks)


def _bounded(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """Pass chunks on; raises ValueError when there are more than `limit` bytes in all."""
    length = 0
    for chunk in chunks:
        length += len(chunk)
        if length > limit:
            raise ValueError("too long")
        yield chunk


def _unpacked(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """Unpack one whole gzip member; a chunk gives no more than a byte above the limit."""
    decoder = zlib.decompressobj(GZIP)
    try:
        for chunk in chunks:
            yield decoder.decompress(chunk, limit + 1)
    except zlib.error as error:
        raise ValueError(f"no gzip: {error}") from None
    if not decoder.eof or decoder.unused_data:
        raise ValueError("no whole gzip")
