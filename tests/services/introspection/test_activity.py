"""What credentials are used for: counted in memory, written in batches, on each database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.database.transactions import reading
from app.domain.delegation.usage import Use
from app.domain.introspection import UNKNOWN, Resolution
from app.services import maintenance
from app.services.introspection import activity
from app.services.introspection.activity import ActivityBuffer, ActivityCount
from tests.drivers.activity_buffer import (
    FLOWS,
    LEDGER,
    calls,
    flush,
    last_used,
    note,
    rows,
    used_at,
)
from tests.drivers.world import World


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
