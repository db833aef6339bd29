"""`mandate mcp-server`."""

from __future__ import annotations

from tests.drivers.command_line import Mandate

URL = "https://mcp.example/ledger"


def test_mcp_servers_are_added_listed_and_removed(mandate: Mandate) -> None:
    mandate("project", "add", "pay", "--name", "Payments")
    add = ("mcp-server", "add", "ledger", "--project", "pay", "--url", URL, "--name", "Ledger")
    added = mandate(*add, "--json").value
    assert added == {"identifier": "ledger", "name": "Ledger", "project": "pay", "url": URL}
    assert mandate("mcp-server", "list", "--json").value == [added]
    assert mandate(*add).reason
    assert mandate("mcp-server", "remove", "ledger", "--json").value["identifier"] == "ledger"
    assert mandate("mcp-server", "list", "--json").value == []
