"""Registrations that nobody used go, and no approval is lost by it."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from app.extensions import db
from app.services import maintenance
from tests.drivers.clock import Clock
from tests.drivers.registrations import as_client, register
from tests.drivers.tool import Tool
from tests.drivers.world import World


@pytest.mark.requirement("RG-21")
def test_unused_registrations_go_and_used_ones_stay(world: World, clock: Clock) -> None:
    unused, used = register(world).get_json(), as_client(register(world))
    tool = Tool(world, used)
    tool.tokens()
    clock.forward(days=29)
    with world.app.app_context():
        assert maintenance.clean_up(at=clock.at)["clients"] == 0
    clock.forward(days=2)
    with world.app.app_context():
        assert maintenance.clean_up(at=clock.at)["clients"] == 1
    tool.signed_in = False
    assert tool.sign_in().authorize().status_code == 303
    answer = tool.authorize(client_id=unused["client_id"])
    assert answer.status_code == 400
    assert "registration is gone" in answer.text
    assert [e.detail["count"] for e in world.audit("client.purged")] == [1]
    assert [e.subject for e in world.audit("client.registered")] == [
        unused["client_id"],
        used.client_id,
    ], "the log forgets nothing"


@pytest.mark.requirement("RG-21")
@pytest.mark.slow
def test_a_purge_and_an_approval_do_not_cross(world: World, clock: Clock) -> None:
    """Whatever comes first, an approved client stays and a purged one is not approved."""
    for _ in range(6):
        client = as_client(register(world))
        tool = Tool(world, client).sign_in("ben")
        address, page = tool.consent_page()
        world.execute(
            f"UPDATE clients SET removable_at = created_at WHERE identifier = '{client.client_id}'"
        )
        clock.forward(seconds=1)

        def purge() -> None:
            with world.app.app_context():
                maintenance.clean_up(at=clock.at)

        thread = threading.Thread(target=purge)
        thread.start()
        answer = tool.browser.submit(
            page,
            address,
            decision="approve",
            capabilities=["api"],
            **{"project-payments": "editor"},
        )
        thread.join()
        kept = world.execute(
            f"SELECT count(*) FROM clients WHERE identifier = '{client.client_id}'"
        )
        assert (answer.status_code, kept) in ((303, [(1,)]), (404, [(0,)]), (409, [(0,)]))


@pytest.mark.slow
@pytest.mark.requirement("RG-21")
def test_a_purge_that_waits_for_an_approval_leaves_its_client(world: World, clock: Clock) -> None:
    """On PostgreSQL the purge has chosen the row already when the approval commits."""
    client = as_client(register(world))
    clock.forward(days=31)
    removed: list[int] = []

    def purge() -> None:
        with world.app.app_context():
            removed.append(maintenance.clean_up(at=clock.at)["clients"])

    thread = threading.Thread(target=purge)
    with world.app.app_context(), db.engine.connect() as approving:
        approving.execute(
            text("UPDATE clients SET removable_at = NULL WHERE registered_by = 'itself'")
        )
        thread.start()
        thread.join(0.5)
        approving.commit()
    thread.join()
    assert removed == [0]
    assert Tool(world, client).sign_in().authorize().status_code == 303
