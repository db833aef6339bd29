"""Fetching from strangers: the address is vetted, the host proves itself, and time is bounded."""

from __future__ import annotations

import socket
import time

import pytest

from app.domain.clients.logos import MAX_FILE
from app.domain.errors import DocumentRefused
from app.services.clients.json_fetch import Fetcher
from tests.drivers.metadata_documents import SPECIAL, Resolver, fetcher, got
from tests.drivers.sites import Site, answer, authority
from tests.drivers.stopwatch import timed


@pytest.mark.requirement("CM-02")
@pytest.mark.parametrize("address", SPECIAL[::9])
def test_a_special_address_is_never_connected_to(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("connected")

    monkeypatch.setattr(socket, "create_connection", never)
    with pytest.raises(DocumentRefused) as refusal:
        got(fetcher([address], loopback=False, seconds=0.1), "https://tool.example/c.json")
    assert "leads to" in refusal.value.detail


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

    fetch = Fetcher(loopback=True, seconds=0.3, resolver=slow, trust=authority().trust)

    def refused() -> None:
        with pytest.raises(DocumentRefused):
            got(fetch, stranger.url())

    _, took = timed(refused, within=0.6)
    assert took < 0.6
    assert stranger.connections == 0


@pytest.mark.requirement("CM-24")
def test_a_picture_is_read_up_to_its_limit(stranger: Site) -> None:
    fetch = fetcher(seconds=9.0)
    stranger.handler = answer(b"x" * MAX_FILE, kind="image/png")
    assert fetch.picture(stranger.url(), fetch.deadline()) == b"x" * MAX_FILE
    for handler in (answer(b"x" * (MAX_FILE + 1), kind="image/webp"), endless_picture):
        stranger.handler = handler
        with pytest.raises(DocumentRefused) as refusal:
            fetch.picture(stranger.url(), fetch.deadline())
        assert "too long" in refusal.value.detail


def endless_picture(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n")
    for _ in range(100_000):
        connection.sendall(b" " * 65_536)
