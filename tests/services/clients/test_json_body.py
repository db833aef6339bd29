"""Reading JSON from an answer: bounded as it comes and as it is unpacked."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Iterator

import httpx
import pytest

from app.services.clients.json_body import json_of

LIMIT = 5 * 1024
WHOLE = gzip.compress(b"{}", mtime=0)
HEADERS = {"Content-Type": "application/json"}
PACKED = {**HEADERS, "Content-Encoding": "gzip"}


class Chunks(httpx.SyncByteStream):
    """A body in pieces."""

    def __init__(self, body: bytes, size: int) -> None:
        self.body = body
        self.size = size
        self.read = 0

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self.body), self.size):
            self.read += 1
            yield self.body[start : start + self.size]


def text_of(length: int) -> bytes:
    return json.dumps("x" * (length - 2)).encode()


def test_a_body_of_the_limit_is_read_and_a_longer_one_is_not() -> None:
    assert json_of(httpx.Response(200, headers=HEADERS, stream=Chunks(text_of(LIMIT), 999)), LIMIT)
    with pytest.raises(ValueError, match="too long"):
        json_of(httpx.Response(200, headers=HEADERS, stream=Chunks(text_of(LIMIT + 1), 999)), LIMIT)


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_the_limit_holds_for_what_is_unpacked(size: int) -> None:
    good, bad = (gzip.compress(text_of(length)) for length in (LIMIT, LIMIT + 1))
    assert json_of(httpx.Response(200, headers=PACKED, stream=Chunks(good, size)), LIMIT)
    with pytest.raises(ValueError, match="too long"):
        json_of(httpx.Response(200, headers=PACKED, stream=Chunks(bad, size)), LIMIT)


def test_a_bomb_is_unpacked_no_further_than_the_limit() -> None:
    bomb = gzip.compress(b"[" + b" " * 4_000_000 + b"]")
    assert len(bomb) < LIMIT
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="too long"):
            json_of(httpx.Response(200, headers=PACKED, stream=Chunks(bomb, 65_536)), LIMIT)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 500_000


def test_packed_bytes_that_unpack_to_nothing_end_too() -> None:
    empty = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + b"\x00\x00\x00\xff\xff" * 100_000
    chunks = Chunks(empty, 1_000)
    with pytest.raises(ValueError, match="too long"):
        json_of(httpx.Response(200, headers=PACKED, stream=chunks), LIMIT)
    assert chunks.read < 10


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        pytest.param(WHOLE[:-4], "gzip", id="cut off"),
        pytest.param(WHOLE + b" ", "gzip", id="more behind it"),
        pytest.param(WHOLE * 2, "gzip", id="twice"),
        pytest.param(b"{}", "gzip", id="in name only"),
        pytest.param(b"", "gzip", id="empty"),
        pytest.param(b"{}", "br", id="brotli"),
        pytest.param(b"{}", "gzip, gzip", id="twice in name"),
        pytest.param(b"{}", "", id="no name"),
    ],
)
def test_what_is_no_whole_gzip_is_refused(body: bytes, coding: str) -> None:
    headers = {**HEADERS, "Content-Encoding": coding}
    with pytest.raises(ValueError, match=r"gzip|encoded"):
        json_of(httpx.Response(200, headers=headers, stream=Chunks(body, 65_536)), LIMIT)
