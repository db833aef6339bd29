"""Connections that hold a thread are cut off; those on which something was sent are not."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable

import pytest

from app.http import connections
from app.http.connections import Readers, cut_off_silent

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def pair(server: socket.socket) -> tuple[socket.socket, socket.socket]:
    client = socket.create_connection(server.getsockname()[:2])
    return client, server.accept()[0]


def is_cut(client: socket.socket) -> bool:
    client.settimeout(0.2)
    try:
        return client.recv(1) == b""
    except TimeoutError:
        return False


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_only_silent_connections_of_this_port_are_cut_off(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with (
        socket.create_server((host, 0), family=family) as server,
        socket.create_server((host, 0), family=family) as elsewhere,
    ):
        (silent, one), (served, two) = pair(server), pair(server)
        other, three = pair(elsewhere)
        time.sleep(0.3)
        two.sendall(b"x")
        assert served.recv(1) == b"x"
        assert cut_off_silent(server.getsockname()[1], 0.2) == 1
        assert [is_cut(one) for one in (silent, served, other)] == [True, False, False]
        again, four = pair(server)  # it listens still
        for each in (silent, one, served, two, other, three, again, four):
            each.close()


def until(holds: Callable[[], bool]) -> bool:
    ends = time.monotonic() + 5
    while not holds() and time.monotonic() < ends:
        time.sleep(0.02)
    return holds()


def test_a_body_that_takes_too_long_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PATIENCE", 0.3)
    monkeypatch.setattr(connections, "LOOK_EVERY", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server:
        client, here = pair(server)
        readers = Readers(server.getsockname()[1])
        began = time.monotonic()
        assert readers.read(here.makefile("rb"), 1) == b"", "the read ends"
        assert time.monotonic() - began >= 0.25
        assert len(readers) == 0
        client.close()
        here.close()


def test_nobody_is_cut_off_while_bodies_come_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PATIENCE", 0.3)
    monkeypatch.setattr(connections, "LOOK_EVERY", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server:
        client, here = pair(server)
        readers = Readers(server.getsockname()[1])
        body = here.makefile("rb")
        for _ in range(8):
            threading.Timer(0.1, client.sendall, [b"x"]).start()
            assert readers.read(body, 1) == b"x"
        assert not is_cut(client)
        client.close()
        here.close()
