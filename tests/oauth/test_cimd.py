"""Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document-02)."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any
from urllib.parse import urlencode

import pytest

from app.domain.clients.metadata_urls import freshness, is_client_id_url, may_connect
from app.domain.errors import DocumentRefused
from app.runtime.current import FETCHER
from app.services.clients.json_fetch import Fetcher
from tests.drivers.clock import Clock
from tests.drivers.deployment import ISSUER
from tests.drivers.metadata_documents import REDIRECT, SECONDS, Resolver, fetcher, got, person
from tests.drivers.sites import (
    Site,
    answer,
    authority,
    document,
    drip,
    endless_headers,
    hang,
    site,
    stream,
)
from tests.drivers.tool import CSRF, Tool, answer_of, target_of
from tests.drivers.world import Registered, World

REFUSED = "This tool could not be looked up"


@pytest.mark.requirement("CM-11")
def test_a_document_is_all_the_registration_a_tool_needs(world: World, stranger: Site) -> None:
    tool = person(world, stranger.url())
    tokens = tool.tokens()
    assert tool.is_active(tokens["access_token"])
    assert tool.introspect(tokens["access_token"])["client_id"] == stranger.url()
    assert tool.refresh(tokens["refresh_token"]).status_code == 200
    assert tool.revoke(tokens["access_token"]).status_code == 200
    assert stranger.connections == 1


def test_the_page_names_the_host_of_the_document(lone_world: World, stranger: Site) -> None:
    stranger.handler = answer(
        document(stranger.url(), client_name="Google", logo_uri="https://tool.example/l.png")
    )
    tool = person(lone_world, stranger.url())
    _, page = tool.consent_page()
    assert f"published by <code>tool.example:{stranger.port}</code>" in page.text
    assert "not verified" not in page.text
    assert ">verified<" not in page.text
    assert "<code>localhost:43117</code>" in page.text
    assert "This goes to a program on this computer." in page.text
    assert "l.png" not in page.text


def test_nothing_is_fetched_before_the_sign_in(lone_world: World, stranger: Site) -> None:
    lone_world.app.extensions[FETCHER] = fetcher()
    tool = Tool(lone_world, Registered(stranger.url(), None, "none", REDIRECT))
    first = tool.authorize()
    assert first.location.startswith("/login?next=/oauth/authorize")
    assert stranger.connections == 0
    page = tool.browser.get(first.location)
    fields = {"username": "ben", "password": "a long sentence for ben"}
    signed_in = tool.browser.submit(page, first.location, **fields)
    assert tool.browser.get(signed_in.location).location.startswith("/consent/")
    assert stranger.connections == 1


def test_the_token_endpoint_fetches_nothing(lone_world: World, stranger: Site) -> None:
    tool = person(lone_world, stranger.url())
    refused = tool.post("/oauth/token", {"grant_type": "refresh_token", "refresh_token": "x"})
    assert (refused.status_code, refused.get_json()["error"]) == (401, "invalid_client")
    assert stranger.connections == 0


BAD_URLS = [
    "http://tool.example/c.json",
    "https://tool.example",
    "https://tool.example/",
    "https://tool.example/c#f",
    "https://tool.example/c#",
    "https://u@tool.example/c",
    "https://u:p@tool.example/c",
    "https://tool.example/./c",
    "https://tool.example/a/../c",
    "https://tool.example/%2e%2e/c",
    "https://tool.example/.%2E/c",
    "https://tool.example/a/..",
    "https:///c",
    "https://tool.example:x/c",
    "https://tool.example:99999/c",
    "https://tool.example/c d",
    "https://tool.example\\@evil.example/c",
    "https://tool.example/" + "c" * 200,
    "HTTPS://tool.example/c",
    "https://2130706433/c",
    "https://0x7f.0.0.1/c",
    "https://0177.0.0.1/c",
    "https://127.1/c",
    "https://[::1/c",
    "https://[2606:4700::1]x/c",
    "https://[fe80::1%25eth0]/c",
    "https://tool.example:/c",
    "https://tool.example:443:443/c",
    "https://tool..example%2f/c",
    "https:tool.example/c",
    "https://tool.exämple/c",
]


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


SPECIAL = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.9",
    "192.0.0.170",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.175.48.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001::1",
    "2001:db8::1",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "100::1",
    "3fff::1",
    "5f00::1",
    "4000::1",
    "2001:20::1",
    "2620:4f:8000::1",
    "fe80::1%eth0",
    "2606:4700::1%eth0",
    "not an address",
]


@pytest.mark.requirement("CM-02")
def test_a_special_address_is_never_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("connected")

    assert [a for a in SPECIAL if may_connect(a, 443, loopback=False)] == []
    monkeypatch.setattr(socket, "create_connection", never)
    for address in SPECIAL[::9]:
        with pytest.raises(DocumentRefused) as refusal:
            got(fetcher([address], loopback=False, seconds=0.1), "https://tool.example/c.json")
        assert "leads to" in refusal.value.detail


@pytest.mark.requirement("CM-02")
@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07::1", "1.1.1.1"]
)
def test_a_public_address_may_be_connected_to_at_the_ports_of_the_web(address: str) -> None:
    assert may_connect(address, 443, loopback=False)
    assert may_connect(address, 8443, loopback=False)
    for port in (22, 25, 80, 6379, 5432):
        assert not may_connect(address, port, loopback=False)


def test_loopback_is_for_a_server_that_is_on_loopback_itself() -> None:
    assert may_connect("127.0.0.1", 40_000, loopback=True)
    assert may_connect("::1", 40_000, loopback=True)
    assert not may_connect("10.0.0.1", 443, loopback=True)
    assert not may_connect("169.254.169.254", 443, loopback=True)


@pytest.mark.requirement("CM-03")
def test_the_connection_goes_to_the_address_that_was_vetted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connected: list[str] = []

    def refuse(address: tuple[str, int], *_: object, **__: object) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    fetch = fetcher(["93.184.215.14"], ["127.0.0.1"], loopback=False, seconds=0.05)
    with pytest.raises(DocumentRefused):
        got(fetch, "https://tool.example/c.json")
    assert connected == ["93.184.215.14"]
    assert isinstance(fetch.resolver, Resolver)
    assert len(fetch.resolver.asked) == 1
    with pytest.raises(DocumentRefused):
        got(fetch, "https://tool.example/c.json")
    assert connected == ["93.184.215.14"]


@pytest.mark.requirement("CM-03")
def test_one_special_address_among_public_ones_is_enough_to_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("connected"))
    with pytest.raises(DocumentRefused):
        got(
            fetcher(["93.184.215.14", "10.0.0.1"], loopback=False, seconds=0.05),
            "https://tool.example/c",
        )


def plain(page: str) -> str:
    """Return a page without what differs from one request to the next."""
    return CSRF.sub("", page.partition("Reference")[0])


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
        "compressed": answer(good, Content_Encoding="gzip"),
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
    lone_world: World, stranger: Site
) -> None:
    good = stranger.handler
    tool = person(lone_world, stranger.url())
    pages = set()
    for name, bad in bad_answers(stranger).items():
        stranger.handler = bad
        began = time.monotonic()
        response = tool.authorize()
        took = time.monotonic() - began
        assert response.status_code == 400, name
        assert "Location" not in response.headers
        assert SECONDS - 0.05 <= took <= SECONDS + 0.4, (name, took)
        pages.add(plain(response.text))
    assert len(pages) == 1
    assert REFUSED in pages.pop()
    assert lone_world.execute("SELECT count(*) FROM clients WHERE registered_by = 'document'") == [
        (0,)
    ]
    stranger.handler = good
    assert tool.authorize().status_code == 303


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
            began = time.monotonic()
            response = tool.authorize()
            assert SECONDS - 0.05 <= time.monotonic() - began <= SECONDS + 0.4, name
            pages.add((response.status_code, plain(response.text)))
        assert len(pages) == 1


@pytest.mark.requirement("CM-20")
def test_a_certificate_that_is_not_trusted_or_of_another_host_is_refused(
    stranger: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    resolver = Resolver(["127.0.0.1"])
    with pytest.raises(DocumentRefused):
        got(Fetcher(loopback=True, seconds=0.5, resolver=resolver), stranger.url())
    with pytest.raises(DocumentRefused):
        got(fetcher(), stranger.url(host="wrong.example"))
    assert got(fetcher(), stranger.url()).value["client_name"] == "Claude Code"


def test_a_resolver_that_hangs_costs_the_deadline_only(stranger: Site) -> None:
    def slow(host: str, port: int) -> list[str]:
        time.sleep(2)
        return ["127.0.0.1"]

    began = time.monotonic()
    with pytest.raises(DocumentRefused):
        got(
            Fetcher(loopback=True, seconds=0.3, resolver=slow, trust=authority().trust),
            stranger.url(),
        )
    assert time.monotonic() - began < 0.6
    assert stranger.connections == 0


@pytest.mark.parametrize(
    "kind", ["application/json;charset=x", "application/oauth-client+json", "Application/JSON"]
)
@pytest.mark.requirement("CM-08")
def test_json_by_any_of_its_names_is_taken(lone_world: World, stranger: Site, kind: str) -> None:
    stranger.handler = answer(document(stranger.url()), kind=kind)
    assert person(lone_world, stranger.url()).authorize().status_code == 303


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
    {"client_uri": "javascript:x"},
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
    for body in (b"[]", b"5", b"null", b'"x"'):
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


def test_what_other_servers_are_meant_by_is_left_out(lone_world: World, stranger: Site) -> None:
    """VS Code lists grants and redirects that are not ours: filter, do not reject."""
    changes = {
        "grant_types": [
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:made:up",
        ],
        "redirect_uris": [
            "http://127.0.0.1/",
            "vscode://callback",
            "https://vscode.dev/redirect",
            "http://127.0.0.1:33418/",
        ],
        "response_types": ["code", "token"],
        "made_up": {"a": 1},
        "token_endpoint_auth_method": None,
    }
    stranger.handler = answer(document(stranger.url(), **changes))
    tool = person(lone_world, stranger.url())
    assert tool.authorize(redirect_uri="http://127.0.0.1:50001/").status_code == 303
    assert tool.authorize(redirect_uri="vscode://callback").status_code == 400


@pytest.mark.requirement("CM-11")
@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("http://localhost:1/callback", 303),
        ("http://127.0.0.1:65535/callback", 303),
        ("http://localhost/callback", 303),
        ("http://[::1]:5/callback", 400),
        ("http://localhost:1/callback/", 400),
        ("http://localhost:1/other", 400),
        ("https://localhost/callback", 400),
        ("https://evil.example/callback", 400),
    ],
)
def test_the_redirect_uri_is_one_of_the_document_with_any_loopback_port(
    lone_world: World, stranger: Site, uri: str, status: int
) -> None:
    response = person(lone_world, stranger.url()).authorize(redirect_uri=uri)
    assert response.status_code == status
    assert "evil.example" not in response.headers.get("Location", "")


@pytest.mark.requirement("CM-13")
def test_a_document_is_kept_as_long_as_its_headers_say_within_bounds(
    lone_world: World, stranger: Site, clock: Clock
) -> None:
    tool = person(lone_world, stranger.url())

    def fetches(seconds: int) -> int:
        clock.forward(seconds=seconds)
        before = stranger.connections
        assert tool.authorize().status_code == 303
        return stranger.connections - before

    stranger.handler = answer(document(stranger.url()), Cache_Control="public, max-age=60")
    assert [fetches(0), fetches(59), fetches(2), fetches(10)] == [1, 0, 1, 0]
    stranger.handler = answer(document(stranger.url()), Cache_Control="no-store")
    assert [fetches(60), fetches(0), fetches(0)] == [1, 1, 1]


@pytest.mark.rfc("9111", "4.2.1")
@pytest.mark.requirement("CM-13")
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"cache-control": "max-age=60"}, 60),
        ({"cache-control": "max-age=60", "age": "20"}, 40),
        ({"cache-control": "no-store"}, 0),
        ({"cache-control": "no-cache, max-age=60"}, 0),
        ({"cache-control": "private"}, 0),
        ({"cache-control": "max-age=60, s-maxage=10"}, 10),
        ({"cache-control": "max-age=315360000"}, 86_400),
        ({"cache-control": "max-age=" + "9" * 5_000}, 86_400),
        ({}, 300),
        ({"cache-control": "public"}, 300),
        ({"cache-control": "max-age=60", "age": "x"}, 60),
        ({"cache-control": "max-age=60", "age": "90"}, 0),
        ({"cache-control": 'MAX-AGE="60"'}, 60),
        ({"expires": "Mon, 23 Nov 2026 10:01:00 GMT", "date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 60),
        ({"expires": "0", "date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 0),
        ({"expires": "x"}, 0),
        (
            {
                "expires": "Mon, 23 Nov 2026 10:00:00 +99999999999999999999",
                "date": "Mon, 23 Nov 2026 10:00:00 GMT",
            },
            0,
        ),
    ],
)
def test_freshness_is_what_rfc_9111_says(headers: dict[str, str], seconds: int) -> None:
    assert freshness(headers) == seconds


def test_what_changed_in_the_document_holds_after_its_time(
    lone_world: World, stranger: Site, clock: Clock
) -> None:
    tool = person(lone_world, stranger.url())
    tokens = tool.tokens()
    stranger.handler = answer(
        document(stranger.url(), client_name="Renamed", redirect_uris=["https://tool.example/new"])
    )
    clock.forward(seconds=301)
    assert tool.authorize().status_code == 400
    _, page = tool.consent_page(redirect_uri="https://tool.example/new")
    assert "Renamed" in page.text
    assert tool.refresh(tokens["refresh_token"]).status_code == 200
    (event,) = lone_world.audit("client.updated")
    assert set(event.detail["changed"]) == {"name", "redirect_uris"}


def test_a_disabled_document_client_stays_disabled(
    lone_world: World, stranger: Site, clock: Clock
) -> None:
    tool = person(lone_world, stranger.url())
    token = tool.tokens()["access_token"]
    lone_world.disable_client(tool.client)
    assert not tool.is_active(token)
    clock.forward(days=2)
    tool.sign_in()
    assert tool.authorize().status_code == 400
    assert stranger.connections == 1


def together(count: int, tool: Tool) -> list[int]:
    statuses: list[int] = []
    ready = threading.Barrier(count)

    def go() -> None:
        browser = tool.world.app.test_client()
        for cookie in tool.browser.http._cookies.values():  # type: ignore[union-attr]
            browser.set_cookie(cookie.key, cookie.value)
        ready.wait()
        statuses.append(browser.get("/oauth/authorize?" + urlencode(tool.request())).status_code)

    threads = [threading.Thread(target=go) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


@pytest.mark.slow
def test_one_fetch_of_a_url_runs_at_a_time(world: World, stranger: Site) -> None:
    good = answer(document(stranger.url()))

    def slowly(connection: socket.socket) -> None:
        time.sleep(0.15)
        good(connection)

    stranger.handler = slowly
    statuses = together(12, person(world, stranger.url(), fetch=fetcher(seconds=3.0)))
    assert stranger.connections == 1
    assert statuses.count(303) >= 2
    assert set(statuses) <= {303, 503}


@pytest.mark.slow
@pytest.mark.requirement("CM-07")
def test_hanging_documents_leave_the_server_to_others(lone_world: World, stranger: Site) -> None:
    stranger.handler = hang
    tool = person(lone_world, stranger.url(), fetch=fetcher(seconds=2.0))
    others: list[float] = []
    attack = threading.Thread(target=together, args=(6, tool))
    attack.start()
    while attack.is_alive():
        began = time.monotonic()
        assert lone_world.app.test_client().get("/readyz").status_code == 200
        others.append(time.monotonic() - began)
        time.sleep(0.02)
    assert max(others) < 0.5
    assert stranger.most_at_once == 1


def test_who_comes_while_the_slot_is_taken_is_served_a_moment_later(
    lone_world: World, stranger: Site
) -> None:
    fetch = fetcher()
    tool = person(lone_world, stranger.url(), fetch=fetch)
    with fetch.slot():
        busy = tool.authorize()
    assert busy.status_code == 503
    assert busy.headers["Retry-After"] == "1"
    assert busy.headers["Refresh"] == "2"
    assert "reloads itself" in busy.text
    assert tool.authorize().status_code == 303


@pytest.mark.slow
def test_one_person_cannot_have_documents_fetched_without_end(
    lone_world: World, stranger: Site
) -> None:
    stranger.handler = answer({}, status="200 OK")
    tool = person(lone_world, stranger.url())
    statuses = [tool.authorize().status_code for _ in range(62)]
    assert statuses[:60] == [400] * 60
    assert statuses[60:] == [429] * 2
    assert stranger.connections == 60


def test_programs_that_look_first_get_json(lone_world: World, stranger: Site) -> None:
    stranger.handler = answer({})
    tool = person(lone_world, stranger.url())
    response = tool.browser.get(
        "/oauth/authorize?" + urlencode(tool.request()), headers={"Accept": "application/json"}
    )
    assert response.status_code == 400
    assert response.get_json()["error"] == "invalid_client"


@pytest.mark.slow
def test_one_who_waited_for_another_fetch_has_what_is_left_of_the_time(
    world: World, stranger: Site
) -> None:
    stranger.handler = hang
    tool = person(world, stranger.url(), fetch=fetcher(seconds=1.0))
    began = time.monotonic()
    assert set(together(2, tool)) <= {400, 503}
    assert time.monotonic() - began < 1.6


@pytest.mark.requirement("AZ-25", "AZ-28")
@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": "nonsense"},
        {"prompt": "none"},
        {"response_type": "token"},
        {"resource": "https://x.example"},
    ],
)
@pytest.mark.parametrize("signed_in", [True, False])
def test_a_tool_that_nobody_vouches_for_gets_errors_by_a_page_that_names_its_host(
    lone_world: World, wrong: dict[str, str], signed_in: bool
) -> None:
    body = {"redirect_uris": ["https://evil.example/cb"], "token_endpoint_auth_method": "none"}
    client = lone_world.app.test_client().post("/oauth/register", json=body).get_json()
    tool = Tool(
        lone_world, Registered(client["client_id"], None, "none", "https://evil.example/cb")
    )
    if signed_in:
        tool.sign_in()
    pending = tool.authorize(**wrong)
    assert pending.location.startswith("/consent/")
    if not signed_in:
        tool.sign_in()
    page = tool.browser.follow(pending.location)
    assert "Back to evil.example" in page.text
    assert 'http-equiv="refresh"' not in page.text
    answered = answer_of(target_of(page))
    assert answered["error"] in (
        "invalid_scope",
        "consent_required",
        "unsupported_response_type",
        "invalid_target",
    )
    assert (answered["state"], answered["iss"]) == ("xyzzy", ISSUER)


def test_urls_of_documents_in_use_are_good() -> None:
    for url in (
        "https://claude.ai/oauth/claude-code-client-metadata",
        "https://vscode.dev/oauth/client-metadata.json",
        "https://chatgpt.com/oauth/abc/client.json",
        "https://tool.example:8443/c?v=1",
        "https://tool.example/.well-known/c",
    ):
        assert is_client_id_url(url)
