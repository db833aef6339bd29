"""`mandate authorization`."""

from __future__ import annotations

import pytest

from tests.drivers.command_line import Mandate
from tests.drivers.deployment import Prepared
from tests.drivers.owner import Owner
from tests.drivers.tool import USUAL, Tool
from tests.drivers.world import World

WITHOUT_END = {**USUAL, "expires_in": ""}


@pytest.fixture
def shared(mandate: Mandate, lone_database: Prepared, monkeypatch: pytest.MonkeyPatch) -> Mandate:
    """The commands on the database of the world."""
    monkeypatch.setenv("MANDATE_DATABASE_URL", lone_database.url)
    return mandate


def test_revoking_on_the_command_line_stops_a_live_token(
    lone_world: World, shared: Mandate
) -> None:
    tool = Tool(lone_world, lone_world.native)
    token = tool.tokens(WITHOUT_END)["access_token"]
    assert tool.is_active(token)
    (listed,) = shared("authorization", "list", "--user", "ben", "--json").value
    assert listed["state"] == "active"
    assert shared("authorization", "revoke", listed["id"]).code == 0
    assert not tool.is_active(token)
    (event,) = shared("audit", "--kind", "authorization.revoked", "--json").value
    assert (event["actor"], event["subject"]) == ("cli", listed["id"])
    assert shared("authorization", "list", "--json").value[0]["state"] == "revoked"


def test_authorizations_are_listed_per_user(lone_world: World, shared: Mandate) -> None:
    Tool(lone_world, lone_world.native).tokens(WITHOUT_END)
    assert shared("authorization", "list", "--user", "cleo", "--json").value == []
    assert shared("authorization", "list", "--user", "nobody").reason
    assert "Native tool" in shared("authorization", "list").out


def test_an_unknown_authorization_cannot_be_revoked(mandate: Mandate) -> None:
    assert "no such authorization" in mandate("authorization", "revoke", "aut_x").reason


def test_explaining_names_the_bound_that_says_no(lone_world: World, shared: Mandate) -> None:
    tool = Tool(lone_world, lone_world.native)
    tool.tokens(
        {**WITHOUT_END, "capabilities": ["api", "flows:edit", "mcp"], "mcp_servers": ["ledger"]},
        scope="api flows:edit mcp",
    )
    (listed,) = shared("authorization", "list", "--json").value

    def explain(*arguments: str) -> tuple[bool, list[str]]:
        value = shared("authorization", "explain", listed["id"], *arguments, "--json").value
        return value["allowed"], [b["bound"] for b in value["bounds"] if not b["holds"]]

    edit = ("--capability", "flows:edit", "--project", "payments")
    assert explain(*edit) == (True, [])
    assert explain("--capability", "flows:edit", "--project", "website") == (
        False,
        ["project"],
    )
    assert explain("--mcp-server", "ledger") == (True, [])
    assert explain("--mcp-server", "fraud") == (False, ["MCP server"])
    assert explain("--capability", "nope") == (False, ["capability"])
    lone_world.set_member("payments", "ben", "viewer")
    assert explain(*edit) == (False, ["your role"])
    text = shared("authorization", "explain", listed["id"], *edit).out
    assert text.startswith("Refused. You are viewer in Payments; ask for editor there.")
    lone_world.disable_client(lone_world.native)
    assert explain(*edit)[1] == ["account", "your role"]


def test_explaining_needs_a_question_and_a_known_authorization(shared: Mandate) -> None:
    assert "Ask for a --capability" in shared("authorization", "explain", "aut_x").reason
    unknown = shared("authorization", "explain", "aut_x", "--capability", "api")
    assert (unknown.code, unknown.reason) == (3, "There is no such authorization.")


def test_api_keys_are_listed_and_revoked_like_the_others(
    lone_world: World, shared: Mandate
) -> None:
    ben = Owner(lone_world)
    key = ben.make(expires_in="")
    (listed,) = shared("authorization", "list", "--json").value
    assert (listed["kind"], listed["name"], listed["client"]) == ("api_key", "Nightly deploy", None)
    assert shared("authorization", "revoke", listed["id"]).code == 0
    assert not ben.tool.is_active(key)


def test_authorizations_are_read_on_and_narrowed(lone_world: World, shared: Mandate) -> None:
    ben = Owner(lone_world)
    for name in ("one", "two", "three"):
        lone_world.clock.forward(minutes=1)
        ben.make(name=name)
    lone_world.clock.forward(minutes=1)
    Tool(lone_world, lone_world.native).tokens(WITHOUT_END)

    def names(*options: str) -> list[str]:
        return [row["name"] for row in shared("authorization", "list", "--json", *options).value]

    assert names() == ["Native tool", "three", "two", "one"]
    assert names("--limit", "2") == ["Native tool", "three"]
    last = shared("authorization", "list", "--limit", "2", "--json").value[-1]["id"]
    assert names("--after", last) == ["two", "one"]
    assert names("--after", last, "--limit", "1", "--user", "ben") == ["two"]
    assert names("--tool", lone_world.native.client_id) == ["Native tool"]
    assert names("--tool", lone_world.spa.client_id) == []
    for strange in (("--after", "aut_nope"), ("--tool", "nothing")):
        assert shared("authorization", "list", *strange).code == 3
