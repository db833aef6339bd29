"""`mandate resource-server`."""

from __future__ import annotations

from app.domain.credentials.secrets import Prefix, is_well_formed
from tests.drivers.command_line import Mandate

AUDIENCE = "https://api.example/"


def test_a_resource_server_is_told_its_secret_once(mandate: Mandate) -> None:
    add = ("resource-server", "add", "api", "--audience", AUDIENCE)
    added = mandate(*add, "--json").value
    assert added["client_id"] == "api"
    assert is_well_formed(added["client_secret"], Prefix.CLIENT_SECRET)
    assert added["client_secret"] not in mandate("audit", "--json").out
    assert "already" in mandate(*add).reason
