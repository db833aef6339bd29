"""Nobody blocks each other on PostgreSQL: who has one row waits for no other out of order.

Each test stands still in the middle of one party, lets the other come until it waits, and looks whether
that one has what the first needs next. If it has, the two would wait for each other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from app.extensions import db
from app.services import maintenance
from tests.drivers.clock import Clock
from tests.drivers.device import GRANTS, Device, device_of
from tests.drivers.editor import Editor
from tests.drivers.registrations import Manager, as_client, client_of, register
from tests.drivers.tool import USUAL, Browser, Tool
from tests.drivers.world import NATIVE_URI, World

pytestmark = pytest.mark.slow
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = :name"
CLIENTS = "SELECT 1 FROM clients FOR {}"
AS_REMOVED, AS_DISABLED = "UPDATE", "NO KEY UPDATE"


@contextmanager
def held(world: World, rows: str) -> Iterator[Connection]:
    """Hold rows for as long as the block takes."""
    with world.app.app_context(), db.engine.connect() as holder:
        assert holder.execute(text(rows)).all()
        yield holder
        holder.rollback()


def assert_free(world: World, *, held_first: str, then: str, act: Callable[[], Any]) -> None:
    """Assert that `act`, which waits for the rows of `held_first`, has not locked those of `then`."""
    thread = threading.Thread(target=act)
    with held(world, held_first) as holder:
        thread.start()
        _until_it_waits(holder)
        assert holder.execute(text(f"{then} NOWAIT")).all()
    thread.join()


def _until_it_waits(holder: Connection) -> None:
    for _ in range(2_000):
        with holder.engine.connect() as observer:
            name = holder.engine.url.database
            if observer.scalar(text(WAITING), {"name": name}):
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


@pytest.mark.parametrize("strength", [AS_REMOVED, AS_DISABLED])
def test_an_approval_and_the_end_of_an_unused_client(shared_world: World, strength: str) -> None:
    world = shared_world
    tool = Tool(world, as_client(register(world))).sign_in()
    address, page = tool.consent_page()
    answers: list[int] = []

    def approve() -> None:
        posted = tool.browser.submit(page, address, decision="approve", **USUAL)
        answers.append(posted.status_code)

    rows = "SELECT 1 FROM authorization_requests FOR UPDATE"
    assert_free(world, held_first=CLIENTS.format(strength), then=rows, act=approve)
    assert answers == [303]


def test_a_request_whose_own_old_ones_are_swept(shared_world: World, clock: Clock) -> None:
    tool = Tool(shared_world, shared_world.native)
    tool.authorize()
    clock.forward(days=1)
    rows = "SELECT 1 FROM authorization_requests FOR UPDATE"
    assert_free(shared_world, held_first=CLIENTS.format(AS_REMOVED), then=rows, act=tool.authorize)
    assert shared_world.execute("SELECT count(*) FROM authorization_requests") == [(1,)]


def test_a_device_that_asks_again_and_a_person_who_types_its_code(
    shared_world: World, clock: Clock
) -> None:
    world = shared_world
    rows = "SELECT 1 FROM device_codes FOR UPDATE"
    device_of(world)
    clock.forward(days=1)
    device = Device(world, world.add_client("New box", NATIVE_URI, "none", grant_types=GRANTS))
    assert_free(world, held_first=CLIENTS.format(AS_REMOVED), then=rows, act=device.ask)
    assert world.execute("SELECT count(*) FROM device_codes") == [(1,)]
    device.sign_in()
    page = device.browser.get("/device")
    typed: list[int] = []

    def type_code() -> None:
        answer = device.browser.submit(page, "/device", user_code=device.asked["user_code"])
        typed.append(answer.status_code)

    assert_free(world, held_first=CLIENTS.format(AS_REMOVED), then=rows, act=type_code)
    assert typed == [303]


def test_an_edit_and_the_removal_of_a_server_in_it(shared_world: World) -> None:
    world = shared_world
    choice = {**USUAL, "capabilities": ["api", "mcp"], "mcp_servers": ["ledger", "fraud"]}
    editor = Editor(Tool(world, world.native), choice, scope="api flows:edit mcp")
    saved: list[int] = []

    def save() -> None:
        fields = {**choice, "mcp_servers": ["ledger"], "expires_in": ""}
        saved.append(editor.post(**fields).status_code)

    rows = "SELECT 1 FROM authorization_mcp_servers FOR UPDATE"
    assert_free(world, held_first="SELECT 1 FROM mcp_servers FOR UPDATE", then=rows, act=save)
    assert saved == [303]
    # The other way round: who removes a server waits for nobody who edits what it is part of.
    with held(world, "SELECT 1 FROM authorizations FOR NO KEY UPDATE"):
        world.remove_server("ledger")
    assert world.execute("SELECT count(*) FROM authorization_mcp_servers") == [(0,)]


@pytest.mark.parametrize("by", ["operator", "tool"])
def test_the_end_of_a_client_lets_its_sessions_go_on_until_it_reaches_them(
    shared_world: World, by: str
) -> None:
    """A refresh has its session and then needs to see that its client is there."""
    world = shared_world
    manager = Manager(world)
    tool = Tool(world, client_of(manager.body))
    tokens = tool.tokens()
    rows = "SELECT 1 FROM clients WHERE registered_by = 'itself' FOR KEY SHARE"

    def end() -> None:
        if by == "operator":
            world.disable_client(tool.client)
        else:
            manager.call("DELETE")

    assert_free(world, held_first="SELECT 1 FROM sessions FOR UPDATE", then=rows, act=end)
    assert not tool.is_active(tokens["access_token"])


SWEPT = {
    "access_tokens": 2,
    "authorization_requests": 2,
    "failure_counts": 2,
    "sessions": 200,
    "clients": 200,
}


@pytest.mark.parametrize(("table", "days"), list(SWEPT.items()))
def test_cleaning_up_waits_for_nobody(shared_world: World, table: str, days: int) -> None:
    world = shared_world
    Tool(world, world.native).tokens()
    Browser(world).sign_in("nobody", "wrong")
    register(world)
    at = world.at + timedelta(days=days)
    with held(world, f"SELECT 1 FROM {table} FOR UPDATE"), world.app.app_context():
        assert maintenance.clean_up(at=at)[table] == 0
    with world.app.app_context():
        assert maintenance.clean_up(at=at)[table] > 0
