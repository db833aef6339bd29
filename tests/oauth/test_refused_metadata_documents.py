"""Metadata documents that are refused: one page, one time, nothing kept."""

from __future__ import annotations

import gzip
import json
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest

from app.runtime.current import FETCHER
from app.services.clients import fetch_jobs
from tests.drivers.metadata_documents import BAD_URLS, REDIRECT, SECONDS, Resolver, fetcher, person
from tests.drivers.sites import Site, answer, document, drip, endless_headers, hang, site, stream
from tests.drivers.stopwatch import timed
from tests.drivers.tool import CSRF, Tool
from tests.drivers.world import Registered, World

REFUSED = "This tool could not be looked up"
ASKERS = 4
HOST = re.compile(r"(tool|nowhere|wrong)\.example")


@pytest.mark.requirement("CM-01", "CM-02")
@pytest.mark.parametrize("signed_in", [True, False])
def test_what_is_no_document_url_is_a_page_and_no_fetch(lone_world: World, signed_in: bool) -> None:
    fetch = fetcher()
    lone_world.app.extensions[FETCHER] = fetch
    tool = Tool(lone_world, Registered("", None, "none", REDIRECT))
    if signed_in:
        tool.sign_in()
    for url in BAD_URLS:
        response = tool.authorize(client_id=url)
        assert response.status_code == 400, url
        assert response.mimetype == "text/html"
        assert "Location" not in response.headers
    assert isinstance(fetch.resolver, Resolver)
    assert fetch.resolver.asked == []


def plain(page: str) -> str:
    """Return a page without what differs from one request to the next, and without the tool's host."""
    return HOST.sub("", CSRF.sub("", page.partition("Reference")[0]))


def bad_answers(made: Site) -> dict[str, Any]:
    good, elsewhere = document(made.url()), "https://other.example/c.json"
    return {
        **{
            f"status {code}": answer(good, status=f"{code} X", Location=elsewhere)
            for code in (201, 203, 204, 206, 301, 302, 303, 304, 307, 308, 404, 500)
        },
        "html": answer(good, kind="text/html"),
        "no type": answer(good, kind=""),
        "text": answer(good, kind="text/plain"),
        "json in name only": answer(good, kind="text/json"),
        "no json": answer(b"<html>"),
        "not utf-8": answer(b'"\xff"'),
        "utf-16": answer('{"a":1}'.encode("utf-16")),
        "nested": answer(b"[" * 5_000),
        "too long": answer({**good, "x": "y" * 6_000}),
        "streams forever": stream,
        "gzip in name only": answer(good, Content_Encoding="gzip"),
        "brotli": answer(good, Content_Encoding="br"),
        "half a gzip": answer(
            gzip.compress(json.dumps(good).encode())[:-9], Content_Encoding="gzip"
        ),
        "more behind the gzip": answer(
            gzip.compress(json.dumps(good).encode()) + b"x", Content_Encoding="gzip"
        ),
        "a gzip that grows": answer(
            gzip.compress(json.dumps({**good, "x": "y" * 1_000_000}).encode()),
            Content_Encoding="gzip",
        ),
        "hangs": hang,
        "drips": drip,
        "endless headers": endless_headers,
        "no http": lambda c: c.sendall(b"220 smtp ready\r\n"),
        "closes": lambda _: None,
        "huge header": lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 2_000_000),
    }


@pytest.mark.slow
@pytest.mark.requirement("CM-04", "CM-05", "CM-07", "CM-08", "CM-12", "CM-19")
def test_what_cannot_be_fetched_is_one_page_after_one_time_and_is_not_kept(
    lone_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some people share the answers, each with a site of their own: every one takes its time."""
    names = [f"asker{number}" for number in range(ASKERS)]
    with lone_world.app.app_context():
        for name in names:
            lone_world.add_user(name)
    monkeypatch.setattr(fetch_jobs, "WAITERS", ASKERS)
    fetch = fetcher()

    def ask(number: int) -> set[str]:
        with site() as made:
            tool = person(lone_world, made.url(), fetch=fetch, name=names[number])
            pages = set()
            for name, bad in [*bad_answers(made).items()][number::ASKERS]:
                made.handler = bad
                response, took = timed(tool.authorize, within=SECONDS + 0.4)
                assert response.status_code == 400, name
                assert "Location" not in response.headers
                assert SECONDS - 0.05 <= took <= SECONDS + 0.4, (name, took)
                pages.add(plain(response.text).replace(names[number], ""))
            kept = "SELECT count(*) FROM clients WHERE registered_by = 'document' AND identifier = '{}'"
            assert lone_world.execute(kept.format(made.url())) == [(0,)]
            made.handler = answer(document(made.url()))
            assert tool.authorize().status_code == 303
            assert lone_world.execute(kept.format(made.url())) == [(1,)]
            return pages

    with ThreadPoolExecutor(ASKERS) as askers:
        [page] = set().union(*askers.map(ask, range(ASKERS)))
    assert REFUSED in page


@pytest.mark.slow
@pytest.mark.requirement("CM-19", "CM-20")
def test_blocked_refused_untrusted_and_unknown_look_the_same(lone_world: World) -> None:
    with socket.socket() as closed, site(tls=False) as bare:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        cases = {
            "refused": (f"https://tool.example:{port}/c.json", fetcher()),
            "blocked": ("https://tool.example/c.json", fetcher(["10.0.0.1"])),
            "unknown": ("https://nowhere.example/c.json", fetcher([])),
            "no tls": (bare.url(), fetcher()),
            "another name": (f"https://wrong.example:{bare.port}/c.json", fetcher()),
        }
        pages = set()
        for name, (url, fetch) in cases.items():
            tool = person(lone_world, url, fetch=fetch)
            response, took = timed(tool.authorize, within=SECONDS + 0.4)
            assert SECONDS - 0.05 <= took <= SECONDS + 0.4, (name, took)
            pages.add((response.status_code, plain(response.text)))
        assert len(pages) == 1


BAD_DOCUMENTS: list[dict[str, Any]] = [
    {"client_id": None},
    {"client_id": 5},
    {"client_secret": "x"},
    {"client_secret_expires_at": 0},
    {"token_endpoint_auth_method": "client_secret_basic"},
    {"token_endpoint_auth_method": "client_secret_post"},
    {"token_endpoint_auth_method": "client_secret_jwt"},
    {"token_endpoint_auth_method": "tls_client_auth"},
    {"token_endpoint_auth_method": "private_key_jwt"},
    {"redirect_uris": None},
    {"redirect_uris": []},
    {"redirect_uris": "x"},
    {"redirect_uris": ["javascript:x"]},
    {"jwks": {"keys": [{"kty": "oct", "k": "AA"}]}},
    {"jwks": {"keys": [{"kty": "EC", "d": "AA"}]}},
    {"jwks": {"keys": []}, "jwks_uri": "https://x.example/j"},
    {"jwks": {"keys": [{"kty": []}]}},
    {"jwks": {"keys": [{"kty": {}}]}},
    {"jwks": {"keys": [{"kty": "EC", "x": float("nan")}]}},
    {"x": float("inf")},
    {"x": 10**30},
    {"client_name": 5},
    {"client_name": "a\u202eb"},
    {"grant_types": ["client_credentials"]},
    {"client_name": "\ud800"},
]


@pytest.mark.requirement("CM-09", "CM-10", "CM-12")
def test_a_document_that_is_wrong_is_a_page_that_says_why(
    lone_world: World, stranger: Site
) -> None:
    tool = person(lone_world, stranger.url())
    for changes in BAD_DOCUMENTS:
        stranger.handler = answer(document(stranger.url(), **changes))
        response = tool.authorize()
        assert response.status_code == 400, changes
        assert REFUSED in response.text
    twice = json.dumps(document(stranger.url())).encode()[:-1] + b',"redirect_uris":[]}'
    for body in (b"[]", b"5", b"null", b'"x"', twice):
        stranger.handler = answer(body)
        assert tool.authorize().status_code == 400
    stranger.handler = answer(document(stranger.url()))
    assert tool.authorize().status_code == 303


@pytest.mark.requirement("CM-09")
@pytest.mark.parametrize("spelt", ["{}/", "{}?x", "upper", "%63lient"])
def test_the_client_id_in_the_document_is_the_url_byte_for_byte(
    lone_world: World, stranger: Site, spelt: str
) -> None:
    url = stranger.url()
    other = {
        "upper": url.replace("tool.example", "TOOL.example"),
        "%63lient": url.replace("client", "%63lient"),
    }.get(spelt, spelt.format(url))
    stranger.handler = answer(document(other))
    assert person(lone_world, url).authorize().status_code == 400
    stranger.handler = answer(document(url))
    assert person(lone_world, other).authorize().status_code == 400


def test_programs_that_look_first_get_json(lone_world: World, stranger: Site) -> None:
    stranger.handler = answer({})
    tool = person(lone_world, stranger.url())
    response = tool.browser.get(
        "/oauth/authorize?" + urlencode(tool.request()), headers={"Accept": "application/json"}
    )
    assert response.status_code == 400
    assert response.get_json()["error"] == "invalid_client"
