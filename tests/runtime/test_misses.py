"""Introspections of tokens that nobody knows: counted, told once, and slowed beside good ones."""

from __future__ import annotations

import time

import pytest

from app.domain.credentials.secrets import Prefix, new_secret
from app.runtime import misses
from app.runtime.misses import Misses
from tests.drivers.stopwatch import timed
from tests.drivers.tool import Tool
from tests.drivers.world import World


def test_many_misses_are_told_once_with_their_server(
    lone_tool: Tool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(misses, "PAUSE", 0)
    good = lone_tool.tokens()["access_token"]
    for _ in range(misses.LIMIT):
        lone_tool.introspect(new_secret(Prefix.ACCESS_TOKEN))
    assert "introspection.misses" not in capsys.readouterr().err
    for _ in range(20):
        lone_tool.introspect(new_secret(Prefix.ACCESS_TOKEN))
        lone_tool.introspect(good)
    told = capsys.readouterr().err
    assert told.count("introspection.misses") == 1
    assert '"resource_server": "api"' in told


def test_hits_are_neither_counted_nor_slowed(
    lone_tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = lone_tool.tokens()["access_token"]
    noted: list[str] = []
    monkeypatch.setattr(Misses, "note", lambda _, server: noted.append(server))
    for server in ("api", "mcp"):
        lone_tool.introspect(good, server)
    assert noted == [], "inactive at another resource server is no miss"
    lone_tool.introspect(new_secret(Prefix.API_KEY))
    lone_tool.introspect("nonsense")
    assert noted == ["api", "api"]


def test_what_comes_beyond_the_limit_is_slowed_one_at_a_time() -> None:
    counter = Misses()
    for _ in range(misses.LIMIT):
        counter.note("api")
    began = time.monotonic()
    counter.note("api")
    assert time.monotonic() - began >= misses.PAUSE
    with counter.slowed:
        _, took = timed(lambda: counter.note("api"), within=misses.PAUSE / 2)
    assert took < misses.PAUSE / 2, "another is being slowed already"
    _, took = timed(lambda: counter.note("mcp"), within=misses.PAUSE / 2)
    assert took < misses.PAUSE / 2, "each server has its own count"


def test_a_new_window_begins_anew(lone_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    counter, at = Misses(), time.monotonic()
    monkeypatch.setattr("app.runtime.misses.time.monotonic", lambda: at)
    for _ in range(misses.LIMIT):
        counter.note("api")
    monkeypatch.setattr("app.runtime.misses.time.monotonic", lambda: at + misses.WINDOW)
    counter.note("api")
    assert counter.windows["api"].count == 1
