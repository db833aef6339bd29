"""Documents and key sets by the operator's proxy: a server that has no other way to the internet."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from app.runtime.current import FETCHER
from tests.drivers.assertions import EC_KEY, GOOD, public, registered
from tests.drivers.clock import Clock
from tests.drivers.deployment import Prepared, running_world
from tests.drivers.metadata_documents import REDIRECT, Resolver, person
from tests.drivers.outbound_proxy import OutboundProxy, outbound_proxy
from tests.drivers.sites import Site, answer, authority, document
from tests.drivers.tool import Tool
from tests.drivers.world import Registered, World

URL = "https://tool.example/client.json"
SETTING = "MANDATE_OUTBOUND_PROXY"
SECONDS = 1.0


@pytest.fixture
def proxy(stranger: Site) -> Iterator[OutboundProxy]:
    stranger.handler = answer(document(URL))
    with outbound_proxy(stranger.port) as made:
        yield made


@pytest.fixture
def inside(lone_database: Prepared, clock: Clock, proxy: OutboundProxy) -> Iterator[World]:
    """A deployment that has the proxy as its only way out: names of the internet lead nowhere."""
    with running_world(lone_database, clock, **{SETTING: proxy.url()}) as world:
        yield set_up(world)


def set_up(world: World) -> World:
    fetch = world.app.extensions[FETCHER]
    fetch.trust, fetch.seconds, fetch.resolver = authority().trust, SECONDS, own_names
    return world


def own_names(host: str, port: int) -> list[str]:
    if host in ("127.0.0.1", "localhost"):
        return ["127.0.0.1"]
    raise OSError(f"{host} is not known here")


def asking(world: World, url: str = URL, name: str = "ben") -> Tool:
    return Tool(world, Registered(url, None, "none", REDIRECT)).sign_in(name)


def test_a_document_is_fetched_by_the_proxy_and_the_log_says_so(
    inside: World, proxy: OutboundProxy, stranger: Site
) -> None:
    with capture_logs() as log:
        assert asking(inside).authorize().status_code == 303
    assert proxy.asked == ["tool.example:443"]
    assert stranger.requests[0].startswith(b"GET /client.json HTTP/1.1\r\nHost: tool.example\r\n")
    (entry,) = [entry for entry in log if entry["event"].startswith("fetch.")]
    assert (entry["event"], entry["url"], entry["proxied"]) == ("fetch.done", URL, True)


def test_without_a_proxy_the_log_says_that_too(lone_world: World, stranger: Site) -> None:
    with capture_logs() as log:
        assert person(lone_world, stranger.url()).authorize().status_code == 303
    assert [entry["proxied"] for entry in log if entry["event"] == "fetch.done"] == [False]


@pytest.mark.requirement("CM-17")
def test_keys_are_fetched_by_the_proxy_too(
    inside: World, proxy: OutboundProxy, stranger: Site
) -> None:
    stranger.handler = answer({"keys": [public(EC_KEY)]})
    signer = registered(inside, jwks_uri="https://other.example:8443/jwks")
    code = signer.code()
    inside.clock.forward(seconds=1)
    assert signer.redeem(code).status_code == 200
    assert signer.tried(signer.assertion()) == GOOD
    assert proxy.asked == ["other.example:8443"]


@pytest.mark.requirement("CM-20")
def test_the_proxy_is_no_reason_to_trust_a_host(
    inside: World, proxy: OutboundProxy, stranger: Site
) -> None:
    stranger.handler = answer(document("https://wrong.example/client.json"))
    assert asking(inside, "https://wrong.example/client.json").authorize().status_code == 400
    assert proxy.asked == ["wrong.example:443"]
    assert stranger.requests == []


@pytest.mark.requirement("CM-02")
@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/c.json",
        "https://169.254.169.254/c.json",
        "https://[fd12::1]/c.json",
        "https://127.0.0.1:1/c.json",
        "https://localhost:1/c.json",
        "https://x.localhost/c.json",
        "https://localhost./c.json",
        "https://[::1]:1/c.json",
        "https://tool.example:22/c.json",
        "https://tool.example:80/c.json",
    ],
)
def test_the_proxy_is_not_asked_for_what_is_seen_to_be_inside(
    inside: World, proxy: OutboundProxy, url: str
) -> None:
    inside.app.extensions[FETCHER].seconds = SECONDS / 5  # how long every refusal takes
    assert asking(inside, url).authorize().status_code == 400
    assert proxy.requests == []


def test_a_document_on_loopback_needs_no_proxy_in_development(
    inside: World, proxy: OutboundProxy, stranger: Site
) -> None:
    url = stranger.url(host="localhost")
    stranger.handler = answer(document(url))
    assert asking(inside, url).authorize().status_code == 303
    assert proxy.requests == []


def test_the_proxy_gets_its_password_and_nobody_else_does(
    lone_database: Prepared, clock: Clock, proxy: OutboundProxy, stranger: Site
) -> None:
    url = proxy.url(secret="mandate:p%40ss%20word@")
    with running_world(lone_database, clock, **{SETTING: url}) as world, capture_logs() as log:
        assert asking(set_up(world)).authorize().status_code == 303
        proxy.refusal = "407 Proxy Authentication Required"
        page = asking(world, "https://other.example/c.json").authorize().text
    secret = base64.b64encode(b"mandate:p@ss word").decode()
    assert f"Proxy-Authorization: Basic {secret}" in proxy.requests[0]
    assert secret.encode() not in stranger.requests[0]
    assert "p%40ss" not in page + str(log)
    assert "p@ss" not in page + str(log)
    assert any(entry["event"] == "fetch.unreachable" and "407" in entry["reason"] for entry in log)


def test_a_proxy_may_speak_tls(lone_database: Prepared, clock: Clock, stranger: Site) -> None:
    stranger.handler = answer(document(URL))
    with (
        outbound_proxy(stranger.port, tls=True) as proxy,
        running_world(lone_database, clock, **{SETTING: proxy.url("https")}) as world,
    ):
        assert asking(set_up(world)).authorize().status_code == 303
        assert proxy.asked == ["tool.example:443"]


def test_the_resolver_is_asked_for_the_proxy_only(inside: World) -> None:
    fetch = inside.app.extensions[FETCHER]
    fetch.resolver = Resolver(["127.0.0.1"])
    assert asking(inside).authorize().status_code == 303
    assert fetch.resolver.asked == ["127.0.0.1"]
