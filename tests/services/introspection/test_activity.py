"""What credentials are used for: counted in memory, written in batches, on each database."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError

from app.database.transactions import reading
from app.domain.delegation.usage import Use
from app.domain.introspection import UNKNOWN, Resolution
from app.extensions import db
from app.models import Authorization, ClientSession
from app.services import maintenance
from app.services.introspection import activity
from app.services.introspection.activity import ActivityBuffer, ActivityCount
from tests.drivers.tool import Tool
from tests.drivers.world import World

FLOWS = Use("flows:edit", "payments")
LEDGER = Use("mcp", "", "ledger")


@pytest.fixture
def used(world: World) -> Resolution:
    """A call of the one session of the one authorization there is."""
    Tool(world, world.native).tokens()
    [[authorization_id, session_id]] = world.execute("SELECT authorization_id, id FROM sessions")
    return Resolution(
        uses=(FLOWS,), authorization_id=str(authorization_id), session=str(session_id)
    )


def note(
    buffer: ActivityBuffer, call: Resolution, at: datetime, address: str = "192.0.2.1"
) -> None:
    buffer.note(call, resource_server="api", address=address, at=at)


def flush(world: World, buffer: ActivityBuffer) -> int:
    with world.app.app_context():
        return buffer.flush()


def rows(world: World, call: Resolution) -> list[ActivityCount]:
    with world.app.app_context(), reading() as session:
        return activity.of_authorization(session, call.authorization_id)


def used_at(world: World) -> list[datetime | None]:
    """Return when the authorization and the session were used last."""
    with world.app.app_context(), reading() as session:
        return [
            session.scalar(select(column))
            for column in (Authorization.used_at, ClientSession.used_at)
        ]


def calls(world: World) -> int:
    [[total]] = world.execute("SELECT coalesce(sum(calls), 0) FROM activities")
    return int(str(total))


def others(world: World, used: Resolution, count: int) -> list[Resolution]:
    """Add authorizations beside the one there is, and return a call of each."""
    ids = [f"aut_{number:04}" for number in range(count)]
    for new in ids:
        world.execute(
            "INSERT INTO authorizations "
            "(id, kind, user_id, name, version, capabilities, created_at, updated_at)"
            f" SELECT '{new}', 'api_key', user_id, name, 1, capabilities, created_at, updated_at"
            f" FROM authorizations WHERE id = '{used.authorization_id}'"
        )
    return [replace(used, authorization_id=new, session=f"key_{new}") for new in ids]


def together(*runs: Callable[[], object]) -> None:
    """Run functions at once, and fail when one of them did."""
    start = threading.Barrier(len(runs))

    def run(number: int) -> None:
        start.wait()
        runs[number]()

    with ThreadPoolExecutor(len(runs)) as pool:
        assert list(pool.map(run, range(len(runs)))) == [None] * len(runs)


def test_what_is_noted_is_there_after_the_flush_and_not_before(
    world: World, used: Resolution
) -> None:
    buffer = ActivityBuffer()
    call = replace(used, uses=(FLOWS, LEDGER))
    note(buffer, call, world.at)
    note(buffer, call, world.at + timedelta(seconds=3), address="192.0.2.2")
    assert rows(world, used) == []
    assert flush(world, buffer) == 2
    common = ActivityCount(
        credential=used.session,
        resource_server="api",
        capability="flows:edit",
        project="payments",
        mcp_server="",
        refused=False,
        calls=2,
        address="192.0.2.2",
        first_at=world.at,
        last_at=world.at + timedelta(seconds=3),
    )
    assert rows(world, used) == [
        common,
        replace(common, capability="mcp", project="", mcp_server="ledger"),
    ]
    assert used_at(world) == [common.last_at, common.last_at]
    assert flush(world, buffer) == 0


def test_what_is_unknown_or_over_is_not_noted(lone_world: World) -> None:
    buffer = ActivityBuffer()
    note(buffer, UNKNOWN, lone_world.at)
    note(buffer, Resolution(authorization_id="aut_x"), lone_world.at)
    assert len(buffer) == 0
    assert flush(lone_world, buffer) == 0


def test_first_last_and_address_are_right_in_whatever_order_batches_come(
    world: World, used: Resolution
) -> None:
    late, early = ActivityBuffer(), ActivityBuffer()
    for second in (7, 9, 8):
        note(late, used, world.at + timedelta(seconds=second), address=f"192.0.2.{second}")
    for second in (2, 1):
        note(early, used, world.at + timedelta(seconds=second), address=f"192.0.2.{second}")
    flush(world, late)
    flush(world, early)
    [row] = rows(world, used)
    assert (row.first_at, row.last_at) == tuple(world.at + timedelta(seconds=s) for s in (1, 9))
    assert (row.calls, row.address) == (5, "192.0.2.9")
    assert used_at(world) == [row.last_at, row.last_at], "never back"


def test_refused_calls_are_counted_apart_and_are_no_use(world: World, used: Resolution) -> None:
    before = used_at(world)
    assert before[0] is None
    buffer = ActivityBuffer()
    note(buffer, replace(used, refused=True), world.at + timedelta(seconds=5))
    flush(world, buffer)
    assert used_at(world) == before
    with world.app.app_context(), reading() as session:
        assert activity.uses_since(session, used.authorization_id, world.at) == []
        assert last_used(activity.of_authorization(session, used.authorization_id)) == {}
    note(buffer, used, world.at + timedelta(seconds=6))
    flush(world, buffer)
    assert [(row.refused, row.calls) for row in rows(world, used)] == [(False, 1), (True, 1)]


def last_used(counts: list[ActivityCount]) -> dict[str, datetime]:
    """Return when each credential was used last, refused calls left out."""
    good = sorted((c for c in counts if not c.refused), key=lambda count: count.last_at)
    return {count.credential: count.last_at for count in good}


def test_what_was_used_is_told_by_purpose_and_by_credential(world: World, used: Resolution) -> None:
    buffer = ActivityBuffer()
    key = replace(used, session="key_1", uses=(LEDGER, FLOWS))
    note(buffer, used, world.at)
    note(buffer, key, world.at + timedelta(days=1))
    buffer.note(key, resource_server="mcp", address="", at=world.at + timedelta(days=2))
    note(buffer, replace(used, uses=(Use(),)), world.at - timedelta(days=1))
    flush(world, buffer)
    with world.app.app_context(), reading() as session:
        since = {
            days: activity.uses_since(
                session, used.authorization_id, world.at + timedelta(days=days)
            )
            for days in (-1, 0, 2, 3)
        }
        last = last_used(activity.of_authorization(session, used.authorization_id))
    assert {days: set(uses) for days, uses in since.items()} == {
        -1: {FLOWS, LEDGER, Use()},
        0: {FLOWS, LEDGER},
        2: {FLOWS, LEDGER},
        3: set(),
    }
    assert all(len(uses) == len(set(uses)) for uses in since.values())
    assert last == {used.session: world.at, "key_1": world.at + timedelta(days=2)}
    assert [row.last_at for row in rows(world, used)] == sorted(
        (row.last_at for row in rows(world, used)), reverse=True
    )


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


def test_a_count_goes_on_beyond_four_bytes(world: World, used: Resolution) -> None:
    buffer = ActivityBuffer()
    note(buffer, used, world.at)
    flush(world, buffer)
    world.execute("UPDATE activities SET calls = 2147483647")
    for _ in range(3):
        note(buffer, used, world.at)
    assert flush(world, buffer) == 1
    assert calls(world) == 2_147_483_650


@pytest.mark.parametrize(
    ("address", "kept"),
    [("2001:db8::1", "2001:db8::1"), ("x" * 5_000, "x" * 80), ("a\x00b", ""), ("\ud800", "")],
)
def test_an_address_of_any_form_does_no_harm(
    world: World, used: Resolution, address: str, kept: str
) -> None:
    buffer = ActivityBuffer()
    note(buffer, used, world.at, address=address)
    assert flush(world, buffer) == 1
    assert rows(world, used)[0].address == kept


def test_activity_is_forgotten_after_400_days(world: World, used: Resolution) -> None:
    buffer = ActivityBuffer()
    note(buffer, used, world.at)
    note(buffer, replace(used, uses=(LEDGER,)), world.at + timedelta(days=2))
    flush(world, buffer)
    with world.app.app_context():
        at = world.at + timedelta(days=400)
        assert maintenance.clean_up(at=at)["activities"] == 0
        assert maintenance.clean_up(at=at + timedelta(days=1))["activities"] == 1
    assert [row.mcp_server for row in rows(world, used)] == ["ledger"]
