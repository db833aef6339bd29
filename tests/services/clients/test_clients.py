"""Clients that an operator registers."""

from __future__ import annotations

import pytest

from app.domain.errors import Conflict, Invalid, NotFound
from app.services.clients import clients, resource_servers
from tests.drivers.world import World


def test_clients_and_resource_servers_are_checked(world: World) -> None:
    with world.app.app_context():
        for uris, method, more in (
            ([], "none", {}),
            (["http://x.example/"], "none", {}),
            (["https://x/"], "private_key_jwt", {}),
            (["https://x/"], "none", {"grant_types": ["password"]}),
            (["https://x/"], "none", {"capabilities": ["root"]}),
        ):
            with pytest.raises(Invalid):
                clients.add_client(
                    "x",
                    redirect_uris=uris,
                    auth_method=method,
                    catalog=world.catalog,
                    at=world.at,
                    actor="t",
                    **more,
                )
        with pytest.raises(Conflict):
            resource_servers.add_resource_server(
                "api",
                audience="https://x/",
                auth_method="client_secret_basic",
                at=world.at,
                actor="t",
            )
        with pytest.raises(NotFound):
            clients.disable_client("nope", at=world.at, actor="t")
