"""The list of Authorizations: the state of each."""

from __future__ import annotations

import pytest

from app.domain.errors import NotFound
from app.services.authorizations import inventory, lifecycle
from tests.drivers.tool import USUAL, Tool
from tests.drivers.world import World


def test_the_list_says_the_state_of_each_authorization(world: World) -> None:
    tool = Tool(world, world.native)
    tool.tokens({**USUAL, "expires_in": "3600"})

    def state() -> str:
        with world.app.app_context():
            (row,) = inventory.of_everyone(
                inventory.Filter("ben"), catalog=world.catalog, at=world.at
            )
            return row.state

    assert state() == "active"
    world.remove_member("payments", "ben")
    assert state() == "no effect"
    world.set_member("payments", "ben", "editor")
    world.execute("UPDATE authorizations SET paused_at = created_at")
    assert state() == "paused"
    world.clock.forward(hours=1)
    assert state() == "expired"
    world.execute("UPDATE authorizations SET revoked_at = created_at")
    assert state() == "revoked"
    with world.app.app_context():
        assert len(list(inventory.of_everyone(catalog=world.catalog, at=world.at))) == 1
        for strange in ({"username": "nobody"}, {"tool": "nothing"}, {"after": "aut_nope"}):
            with pytest.raises(NotFound):
                inventory.of_everyone(
                    inventory.Filter(**strange), catalog=world.catalog, at=world.at
                )
        with pytest.raises(NotFound):
            lifecycle.revoke("aut_nope", owner=None, actor="cli", at=world.at)
