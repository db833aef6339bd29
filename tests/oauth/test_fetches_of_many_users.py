"""Fetches of several users and of several processes: nobody's documents stand in another's way."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from app.runtime.current import FETCHER
from app.services.clients import fetch_jobs
from tests.drivers.clock import Clock
from tests.drivers.demo_browser import Browser
from tests.drivers.deployment import Prepared, environment, running_world
from tests.drivers.live_server import forked, free_port
from tests.drivers.metadata_documents import fetcher, person, wait_for_fetches
from tests.drivers.sites import Site, answer, document, hang, held, site
from tests.drivers.tool import Tool
from tests.drivers.world import PASSWORD, World

OTHERS = 11


@pytest.fixture
def neighbour(lone_world: World, lone_database: Prepared, clock: Clock) -> Iterator[World]:
    """Another process of the same deployment, as far as the database can tell."""
    with running_world(lone_database, clock) as made:
        yield made


def settled(tool: Tool) -> int:
    """Ask as a browser does, which reloads the page that says so; returns the last status."""
    for _ in range(10):
        response = tool.authorize()
        if response.status_code != 503:
            break
        assert "Refresh" in response.headers
        time.sleep(0.2)
    return response.status_code


@pytest.mark.slow
@pytest.mark.requirement("CM-07")
def test_the_hanging_documents_of_one_user_refuse_nobody_elses(
    lone_world: World, stranger: Site
) -> None:
    let_go = threading.Event()
    with site() as hanging:
        hanging.handler = held(let_go, answer(document(hanging.url())))
        fetch = fetcher(seconds=6.0)
        bad = person(lone_world, hanging.url(), fetch=fetch)
        names = [f"user{number}" for number in range(OTHERS)]
        with lone_world.app.app_context():
            for name in names:
                lone_world.add_user(name)
        good = [
            person(lone_world, stranger.url(f"/{name}.json"), fetch=fetch, name=name)
            for name in names
        ]

        def mine(connection: socket.socket) -> None:
            path = stranger.requests[-1].split()[1].decode()
            answer(document(stranger.url(path)))(connection)

        stranger.handler = mine
        attack = threading.Thread(target=bad.authorize)
        attack.start()
        while not hanging.connections:
            time.sleep(0.01)
        began = time.monotonic()
        assert [settled(tool) for tool in good] == [303] * OTHERS
        assert time.monotonic() - began < 6.0
        assert hanging.at_once == 1, "the attack was over before the others were served"
        let_go.set()
        attack.join()


@pytest.mark.slow
def test_users_who_come_with_one_document_have_it_fetched_once(
    lone_world: World, stranger: Site
) -> None:
    good = stranger.handler

    def slow(connection: socket.socket) -> None:
        time.sleep(0.5)
        good(connection)

    stranger.handler = slow
    fetch = fetcher(seconds=9.0)
    tools = [
        person(lone_world, stranger.url(), fetch=fetch, name=n) for n in ("ada", "ben", "cleo")
    ]
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda tool=tool: statuses.append(settled(tool))) for tool in tools
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [303] * 3
    assert stranger.connections == 1


@pytest.mark.slow
def test_a_user_has_one_fetch_at_a_time_in_all_processes(
    lone_world: World, neighbour: World, stranger: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_jobs, "LONGEST_WAIT", 0.3)
    with site(hang) as hanging:
        assert (
            person(lone_world, hanging.url(), fetch=fetcher(seconds=2.0)).authorize().status_code
            == 503
        )
        here = lone_world.app.extensions[FETCHER]
        for world, fetch in ((lone_world, here), (neighbour, fetcher())):
            assert person(world, stranger.url(), fetch=fetch).authorize().status_code == 503
        assert stranger.connections == 0
        assert person(neighbour, stranger.url(), name="cleo").authorize().status_code == 303
        wait_for_fetches()
        assert person(neighbour, stranger.url(), fetch=fetcher()).authorize().status_code == 303
        assert hanging.connections == 1


@pytest.mark.slow
@pytest.mark.requirement("CM-12")
def test_a_failure_that_nobody_heard_of_is_told_once_in_any_process(
    lone_world: World, neighbour: World, stranger: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_jobs, "LONGEST_WAIT", 0.3)
    good, stranger.handler = stranger.handler, hang
    tool = person(lone_world, stranger.url(), fetch=fetcher(seconds=1.0))
    assert tool.authorize().status_code == 503
    wait_for_fetches()
    stranger.handler = good
    elsewhere = person(neighbour, stranger.url())
    assert elsewhere.authorize().status_code == 400
    assert stranger.connections == 1
    assert elsewhere.authorize().status_code == 303
    assert stranger.connections == 2


@pytest.mark.slow
def test_a_document_that_may_not_be_kept_is_fetched_once_for_a_page_that_reloads(
    lone_world: World, neighbour: World, stranger: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_jobs, "LONGEST_WAIT", 0.3)
    quick = answer(document(stranger.url()), Cache_Control="no-store")

    def slow(connection: socket.socket) -> None:
        time.sleep(0.8)
        quick(connection)

    stranger.handler = slow
    assert (
        person(lone_world, stranger.url(), fetch=fetcher(seconds=9.0)).authorize().status_code
        == 503
    )
    wait_for_fetches()
    assert person(neighbour, stranger.url()).authorize().status_code == 303
    assert stranger.connections == 1


def test_there_is_a_bound_for_all_fetches_of_a_process(
    lone_world: World, stranger: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_jobs, "LONGEST_WAIT", 0.3)
    monkeypatch.setattr(fetch_jobs, "MOST_JOBS", 1)
    fetch = fetcher(seconds=1.0)
    with site(hang) as hanging:
        assert person(lone_world, hanging.url(), fetch=fetch).authorize().status_code == 503
        cleo = person(lone_world, stranger.url(), fetch=fetch, name="cleo")
        assert cleo.authorize().status_code == 503
        assert stranger.connections == 0
        wait_for_fetches()
        assert cleo.authorize().status_code == 303


@pytest.mark.slow
@pytest.mark.requirement("CM-07")
def test_hanging_documents_of_many_users_leave_a_thread_to_introspection(
    lone_database: Prepared, tmp_path: Path
) -> None:
    """One worker with its two threads, as shipped."""
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    settings = environment(lone_database.url, MANDATE_ISSUER=issuer)
    with (
        forked(settings, port=port, workers=1, log=tmp_path / "log"),
        site(hang, tls=False) as hanging,
        ExitStack() as stack,
    ):
        attacks = []
        for name in ("ada", "ben", "cleo"):
            browser = stack.enter_context(Browser())
            browser.sign_in(browser.get(f"{issuer}/login"), name, PASSWORD.format(name))
            url = hanging.url(f"/{name}.json", host="localhost")
            query = urlencode({"response_type": "code", "client_id": url})
            address = f"{issuer}/oauth/authorize?{query}"
            attacks.append(threading.Thread(target=browser.get, args=(address,)))
        for attack in attacks:
            attack.start()
        longest, asked, asks = 0.0, 0, f"{issuer}/oauth/introspect"
        with httpx.Client(
            trust_env=False, auth=("api", lone_database.world.secrets["api"])
        ) as http:
            while any(attack.is_alive() for attack in attacks):
                began = time.monotonic()
                assert http.post(asks, data={"token": "x"}).json() == {"active": False}
                longest, asked = max(longest, time.monotonic() - began), asked + 1
                time.sleep(0.02)
    assert hanging.connections == 3
    assert asked > 5
    assert longest < 1.0
