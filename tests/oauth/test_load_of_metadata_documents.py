"""Metadata documents of tools that are slow, many or at once."""

from __future__ import annotations

import socket
import threading
import time
from urllib.parse import urlencode

import pytest

from app.services.clients import fetch_jobs
from tests.drivers.metadata_documents import fetcher, person, wait_for_fetches
from tests.drivers.sites import Handler, Site, answer, document, hang
from tests.drivers.stopwatch import timed
from tests.drivers.tool import Tool
from tests.drivers.world import World

ENOUGH = 0.5  # seconds


def slowly(handler: Handler, *, seconds: float) -> Handler:
    """Return a handler that begins after a while."""

    def wait(connection: socket.socket) -> None:
        time.sleep(seconds)
        handler(connection)

    return wait


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
def test_one_fetch_of_a_url_runs_at_a_time(
    world: World, stranger: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_jobs, "PATIENCE", 20.0)
    stranger.handler = slowly(answer(document(stranger.url())), seconds=0.15)
    statuses = together(12, person(world, stranger.url(), fetch=fetcher(seconds=20.0)))
    assert statuses == [303] * 12
    assert stranger.connections == 1


def slowest_beside(attack: threading.Thread, world: World) -> float:
    """Ask for another page for as long as an attack runs; return the longest wait in seconds."""
    waits: list[float] = []
    attack.start()
    while attack.is_alive():
        began = time.monotonic()
        assert world.app.test_client().get("/readyz").status_code == 200
        waits.append(time.monotonic() - began)
        time.sleep(0.02)
    return max(waits)


@pytest.mark.slow
@pytest.mark.requirement("CM-07")
def test_hanging_documents_leave_the_server_to_others(lone_world: World, stranger: Site) -> None:
    stranger.handler = hang
    tool = person(lone_world, stranger.url(), fetch=fetcher(seconds=2.0))
    longest = ENOUGH
    for _ in range(3):  # a busy machine holds up some of the attacks' neighbours, a fault all
        if longest >= ENOUGH:
            attack = threading.Thread(target=together, args=(6, tool))
            longest = slowest_beside(attack, lone_world)
    assert longest < ENOUGH
    assert stranger.most_at_once == 1


def test_a_document_that_takes_long_is_served_by_a_page_that_reloads_itself(
    lone_world: World, stranger: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_jobs, "LONGEST_WAIT", 0.3)
    stranger.handler = slowly(answer(document(stranger.url())), seconds=0.6)
    tool = person(lone_world, stranger.url(), fetch=fetcher(seconds=20.0))
    busy = tool.authorize()
    assert busy.status_code == 503
    assert busy.headers["Retry-After"] == "1"
    assert busy.headers["Refresh"] == "2"
    assert "reloads itself" in busy.text
    assert "not sent back" not in busy.text
    wait_for_fetches()
    assert tool.authorize().status_code == 303
    assert stranger.connections == 1


def test_one_who_waits_long_does_not_keep_others_from_a_quick_document(
    lone_world: World, stranger: Site
) -> None:
    fetch = fetcher()
    tool = person(lone_world, stranger.url(), fetch=fetch)
    with fetch.jobs.turn():
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


@pytest.mark.slow
def test_one_who_waited_for_another_fetch_has_what_is_left_of_the_time(
    world: World, stranger: Site
) -> None:
    stranger.handler = hang
    tool = person(world, stranger.url(), fetch=fetcher(seconds=1.0))
    statuses, took = timed(lambda: together(2, tool), within=1.6)
    assert set(statuses) <= {400, 503}
    assert took < 1.6
