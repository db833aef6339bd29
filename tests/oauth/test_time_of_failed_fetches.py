"""When a failed fetch is told: soon if it failed at once, and never so that the network shows."""

from __future__ import annotations

import socket
import time

import pytest
from structlog.testing import capture_logs

from app.services.clients.json_fetch import Fetcher
from tests.drivers.metadata_documents import fetcher, person, wait_for_fetches
from tests.drivers.outbound_proxy import outbound_proxy
from tests.drivers.sites import Site, answer
from tests.drivers.stopwatch import timed
from tests.drivers.world import World

PUBLIC = "93.184.215.14"
QUICK, WHOLE = 0.4, 1.2
URL = "https://tool.example/client.json"


def hurried(*answers: list[str], loopback: bool = True) -> Fetcher:
    made = fetcher(*answers, loopback=loopback, seconds=WHOLE)
    made.quick = QUICK
    return made


def refusal_of(world: World, fetch: Fetcher, url: str = URL, status: int = 400) -> float:
    """Ask for a document that is refused; returns the seconds that it took."""
    tool = person(world, url, fetch=fetch)
    response, took = timed(tool.authorize, within=WHOLE + 0.25)
    assert response.status_code == status
    return took


def refusing(after: float) -> object:
    """Return what stands for a network where every connection is refused after a while."""

    def refuse(*_: object, **__: object) -> None:
        time.sleep(after)
        raise ConnectionRefusedError

    return refuse


@pytest.mark.requirement("CM-19")
def test_unknown_blocked_and_refused_at_once_take_one_short_time(
    lone_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "create_connection", refusing(0.0))
    cases = {
        "unknown": hurried([]),
        "blocked": hurried(["10.0.0.1"]),
        "refused": hurried([PUBLIC]),
        "half blocked": hurried([PUBLIC, "192.168.0.1"]),
    }
    for name, fetch in cases.items():
        took = refusal_of(lone_world, fetch)
        assert QUICK - 0.02 <= took < WHOLE - 0.2, (name, took)


@pytest.mark.requirement("CM-19")
def test_what_takes_longer_than_that_takes_the_whole_time(
    lone_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "create_connection", refusing(QUICK + 0.1))
    assert refusal_of(lone_world, hurried([PUBLIC])) >= WHOLE - 0.02


@pytest.mark.requirement("CM-19")
def test_on_loopback_and_behind_the_proxy_every_failure_takes_the_whole_time(
    lone_world: World, stranger: Site
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"https://tool.example:{closed.getsockname()[1]}/c.json"
        assert refusal_of(lone_world, hurried(), url) >= WHOLE - 0.02
    stranger.handler = answer({}, status="404 X")
    with outbound_proxy(stranger.port) as proxy:
        fetch = hurried()
        fetch.proxy = proxy.url()
        assert refusal_of(lone_world, fetch) >= WHOLE - 0.02
        for proxy.refusal in ("403 Forbidden", "502 Bad Gateway", "hang"):
            took = refusal_of(lone_world, fetch)
            assert took >= WHOLE - 0.02, (proxy.refusal, took)


def test_a_proxy_that_cannot_be_reached_is_told_soon(lone_world: World) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        fetch = hurried()
        fetch.proxy = f"http://127.0.0.1:{closed.getsockname()[1]}"
        assert QUICK - 0.02 <= refusal_of(lone_world, fetch) < WHOLE - 0.2


def test_the_log_names_the_switch_when_this_server_has_no_way_there(
    lone_world: World, stranger: Site
) -> None:
    with capture_logs() as log:
        refusal_of(lone_world, hurried([]))
        stranger.handler = answer({}, status="404 X")
        refusal_of(lone_world, hurried(), stranger.url())
        refusal_of(lone_world, hurried(["10.0.0.1"]))
        wait_for_fetches()
    unreachable, *refused = [e for e in log if e["event"] in ("fetch.unreachable", "fetch.refused")]
    assert unreachable["event"] == "fetch.unreachable"
    assert unreachable["log_level"] == "warning"
    assert "MANDATE_CLIENT_DOCUMENTS=off" in unreachable["hint"]
    assert "MANDATE_OUTBOUND_PROXY" in unreachable["hint"]
    assert [entry["event"] for entry in refused] == ["fetch.refused"] * 2
    assert not any("hint" in entry for entry in refused)


def test_the_page_says_which_server_could_not_get_what_from_where(lone_world: World) -> None:
    page = person(lone_world, URL, fetch=hurried([])).authorize().text
    assert "This server could not get the tool&#39;s description from tool.example." in page
    assert "MANDATE_" not in page
