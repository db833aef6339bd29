"""Resource servers that an operator registers."""

from __future__ import annotations

import pytest

from app.domain.errors import Conflict
from app.services.clients import resource_servers
from tests.drivers.world import World


def test_a_name_is_taken_once(world: World) -> None:
    with world.app.app_context(), pytest.raises(Conflict):
        resource_servers.add_resource_server(
            "api",
            audience="https://x/",
            auth_method="client_secret_basic",
            at=world.at,
            actor="t",
        )
    assert world.execute("SELECT count(*) FROM resource_servers") == [(2,)]
