"""The thread that writes what credentials are used for."""

from __future__ import annotations

import threading
import time

import pytest

from app.runtime import activity_writer
from app.runtime.activity_writer import recorder
from app.services.introspection import activity
from tests.drivers.activity import kept
from tests.drivers.tool import Tool


def running(tool: Tool) -> list[threading.Thread]:
    """Return the thread of this app, if it runs; apps of other tests may have theirs."""
    thread = recorder(tool.world.app)._thread
    return [thread] if thread is not None and thread.is_alive() else []


def test_a_thread_writes_soon_and_survives_a_database_that_is_away(
    lone_tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity_writer, "FLUSH_EVERY", 0.02)
    world, token = lone_tool.world, lone_tool.tokens()["access_token"]
    assert running(lone_tool) == []
    world.execute("ALTER TABLE activities RENAME TO elsewhere")
    lone_tool.introspect(token)
    assert len(running(lone_tool)) == 1
    time.sleep(0.1)
    monkeypatch.setattr(activity.ActivityBuffer, "flush", _broken)
    time.sleep(0.1)
    monkeypatch.undo()
    monkeypatch.setattr(activity_writer, "FLUSH_EVERY", 0.02)
    world.execute("ALTER TABLE elsewhere RENAME TO activities")
    deadline = time.monotonic() + 10
    while not kept(world, flush=False) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [row.calls for row in kept(world, flush=False)] == [1]
    lone_tool.introspect(token)
    assert len(running(lone_tool)) == 1


def _broken(self: activity.ActivityBuffer) -> int:
    raise RuntimeError("nobody expects this")


def test_closing_writes_what_is_left_and_what_comes_later(lone_tool: Tool) -> None:
    token = lone_tool.tokens()["access_token"]
    lone_tool.introspect(token)
    recorder(lone_tool.world.app).close()
    assert running(lone_tool) == []
    assert [row.calls for row in kept(lone_tool.world, flush=False)] == [1]
    lone_tool.introspect(token)
    assert running(lone_tool) == []
    assert [row.calls for row in kept(lone_tool.world, flush=False)] == [2]
    recorder(lone_tool.world.app).close()


def test_closing_does_not_wait_for_a_database_that_hangs(
    lone_tool: Tool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(activity_writer, "ENDS_WITHIN", 0.2)
    go_on = threading.Event()
    flush = activity.ActivityBuffer.flush

    def hanging(self: activity.ActivityBuffer) -> int:
        go_on.wait(10)
        return flush(self)

    monkeypatch.setattr(activity.ActivityBuffer, "flush", hanging)
    lone_tool.introspect(lone_tool.tokens()["access_token"])
    started = time.monotonic()
    recorder(lone_tool.world.app).close()
    assert time.monotonic() - started < 3
    assert "activity.lost" in capfd.readouterr().err
    go_on.set()
    for thread in running(lone_tool):
        thread.join()
