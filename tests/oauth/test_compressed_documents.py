"""Metadata documents and key sets at servers that compress what they send."""

from __future__ import annotations

import gzip
import json
import socket

import pytest

from app.runtime.current import FETCHER
from tests.drivers.assertions import EC_KEY, GOOD, public, registered
from tests.drivers.metadata_documents import fetcher, person
from tests.drivers.sites import Site, answer, document
from tests.drivers.world import World


def accepted(request: bytes) -> str:
    """Return what a request says that it accepts of codings."""
    lines = request.decode().lower().split("\r\n")
    return next((line for line in lines if line.startswith("accept-encoding:")), "")


def compress_on_offer(site: Site, value: object, *, always: bool = False) -> None:
    """Let a site compress as nginx does with `gzip_types application/json`, or for everybody."""
    packed = gzip.compress(json.dumps(value).encode())

    def send(connection: socket.socket) -> None:
        if always or "gzip" in accepted(site.requests[-1]):
            answer(packed, Content_Encoding="gzip")(connection)
        else:
            answer(value)(connection)

    site.handler = send


@pytest.mark.parametrize("always", [False, True], ids=["on offer", "always"])
def test_a_document_that_comes_compressed_is_taken(
    lone_world: World, stranger: Site, always: bool
) -> None:
    compress_on_offer(stranger, document(stranger.url()), always=always)
    assert person(lone_world, stranger.url()).authorize().status_code == 303


@pytest.mark.parametrize("always", [False, True], ids=["on offer", "always"])
def test_keys_that_come_compressed_are_taken(
    lone_world: World, stranger: Site, always: bool
) -> None:
    compress_on_offer(stranger, {"keys": [public(EC_KEY)]}, always=always)
    lone_world.app.extensions[FETCHER] = fetcher()
    signer = registered(lone_world, jwks_uri=stranger.url("/jwks"))
    code = signer.code()
    lone_world.clock.forward(seconds=1)
    assert signer.redeem(code).status_code == 200
    assert signer.tried(signer.assertion()) == GOOD


def test_a_fetch_asks_for_no_compression_and_says_who_asks(
    lone_world: World, stranger: Site
) -> None:
    person(lone_world, stranger.url()).authorize()
    (request,) = stranger.requests
    assert accepted(request) == "accept-encoding: identity"
    assert b"\r\nuser-agent: mandate\r\n" in request.lower()
    assert b"python" not in request.lower()
