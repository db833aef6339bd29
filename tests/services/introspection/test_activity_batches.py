"""Calls are written in batches: none is lost, counted twice, or in the way of others."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from app.domain.delegation.usage import Use
from app.domain.introspection import Resolution
from app.extensions import db
from app.services.introspection import activity
from app.services.introspection.activity import ActivityBuffer
from tests.drivers.activity_buffer import (
    LEDGER,
    calls,
    flush,
    note,
    others,
    rows,
    together,
    used_at,
)
from tests.drivers.world import World


def test_no_note_is_lost_or_counted_twice_while_others_flush(
    world: World, used: Resolution
) -> None:
    buffer, done = ActivityBuffer(), threading.Event()

    def notes() -> None:
        for number in range(500):
            note(buffer, used, world.at + timedelta(milliseconds=number))

    def flushes() -> None:
        while not done.wait(0.002):
            flush(world, buffer)

    flushing = [threading.Thread(target=flushes) for _ in range(2)]
    for thread in flushing:
        thread.start()
    together(*[notes] * 8)
    done.set()
    for thread in flushing:
        thread.join()
    flush(world, buffer)
    [row] = rows(world, used)
    assert row.calls == 8 * 500
    assert (row.first_at, row.last_at) == (world.at, world.at + timedelta(milliseconds=499))
    assert len(buffer) == 0


def test_processes_that_write_the_same_rows_at_once_do_not_block_each_other(
    world: World, used: Resolution, capfd: pytest.CaptureFixture[str]
) -> None:
    known = [used, *others(world, used, 40)]
    buffers = [ActivityBuffer() for _ in range(4)]
    capfd.readouterr()
    for _ in range(5):
        for number, buffer in enumerate(buffers):
            for call in known if number % 2 else reversed(known):
                note(buffer, call, world.at)
        together(*[lambda buffer=buffer: flush(world, buffer) for buffer in buffers])
    assert "activity.waits" not in capfd.readouterr().err, "each went through at its first try"
    assert calls(world) == 5 * 4 * len(known)
    assert world.execute("SELECT DISTINCT calls FROM activities") == [(20,)]


def test_a_database_that_is_away_loses_nothing(world: World, used: Resolution) -> None:
    buffer = ActivityBuffer()
    note(buffer, used, world.at)
    world.execute("ALTER TABLE activities RENAME TO elsewhere")
    assert flush(world, buffer) == 0
    note(buffer, used, world.at + timedelta(seconds=1), address="192.0.2.9")
    note(buffer, replace(used, uses=(LEDGER,)), world.at)
    assert flush(world, buffer) == 0
    assert used_at(world)[0] is None, "all or nothing"
    world.execute("ALTER TABLE elsewhere RENAME TO activities")
    assert flush(world, buffer) == 2
    latest = rows(world, used)[0]
    assert (latest.calls, latest.address, latest.first_at) == (2, "192.0.2.9", world.at)
    assert calls(world) == 3
    assert len(buffer) == 0


def test_an_authorization_that_is_gone_does_not_spoil_the_batch(
    world: World, used: Resolution
) -> None:
    buffer = ActivityBuffer()
    gone, *_ = others(world, used, 1)
    note(buffer, gone, world.at)
    note(buffer, used, world.at)
    world.execute(f"DELETE FROM authorizations WHERE id = '{gone.authorization_id}'")
    assert flush(world, buffer) == 1
    assert calls(world) == 1
    note(buffer, gone, world.at)
    assert flush(world, buffer) == 0
    assert len(buffer) == 0


def test_an_authorization_cannot_go_while_its_batch_is_written(
    world: World, used: Resolution
) -> None:
    buffer, refused = ActivityBuffer(), []
    note(buffer, used, world.at)
    with world.app.app_context():
        engine = db.engine
    patience = "PRAGMA busy_timeout=50" if engine.name == "sqlite" else "SET lock_timeout = 50"

    def delete(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO activities"):
            with engine.connect() as other:
                other.execute(text(patience))
                with pytest.raises(OperationalError):
                    other.execute(text("DELETE FROM authorizations"))
                other.invalidate()
            refused.append(statement)

    event.listen(engine, "before_cursor_execute", delete)
    assert flush(world, buffer) == 1
    assert len(refused) == 1


def test_memory_is_bounded_also_while_a_batch_is_under_way(
    lone_world: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(activity, "MAX_KEYS", 3)
    buffer = ActivityBuffer()
    many = [Resolution(uses=(Use(),), authorization_id=f"aut_{n}", session="x") for n in range(9)]
    for call in many * 2:
        note(buffer, call, lone_world.at)
    assert len(buffer) == 3
    lone_world.execute("ALTER TABLE authorizations RENAME TO elsewhere")
    capfd.readouterr()
    assert flush(lone_world, buffer) == 0
    said = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    dropped = [line for line in said if line["event"] == "activity.dropped"]
    assert [line["calls"] for line in dropped] == [12]
    for call in many:
        note(buffer, call, lone_world.at)
    assert len(buffer) == 3
