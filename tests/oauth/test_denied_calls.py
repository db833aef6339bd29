"""Why a call is refused, at introspection: the bound, a sentence for its person, and a link."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.database.compiled_select import CompiledSelect
from app.database.transactions import reading
from app.domain.delegation.choice import Choice
from app.services.authorizations import api_keys
from app.services.directory import users
from tests.drivers.clock import Clock
from tests.drivers.deployment import ISSUER, Prepared, running_world
from tests.drivers.introspection import basic, both_ways
from tests.drivers.owner import Owner
from tests.drivers.tool import Tool
from tests.drivers.world import World

PAGE = "/settings/authorizations/"
SCOPE = "api apps:view flows:edit mcp"
CHOICE: dict[str, Any] = {
    "capabilities": ["api", "apps:view", "flows:edit", "mcp"],
    "project-payments": "editor",
    "project-website": "viewer",
    "role_ends_in-website": "7200",
    "mcp_servers": ["ledger"],
    "expires_in": "86400",
}
EDIT = {"capability": "api flows:edit", "project": "payments"}
FLOWS = "“Create and modify flows”"


def token_of(tool: Tool) -> str:
    return str(tool.tokens(CHOICE, scope=SCOPE)["access_token"])


def denied(tool: Tool, token: str, **call: str) -> tuple[str, str, str] | None:
    """Return the bound, the message and the query of the link, having looked at the rest of it."""
    answer = tool.introspect(token, **call)
    assert answer["active"] is True
    if "denied" not in answer:
        return None
    found = answer["denied"]
    assert set(found) == {"bound", "message", "link"}
    page, _, query = found["link"].partition("?")
    assert page == f"{answer['iss']}{PAGE}{answer['authorization_id']}"
    assert tool.introspect(token)["scope"] == answer["scope"]
    return found["bound"], found["message"], query


def _nothing(_: World) -> None:
    """Change nothing: the call itself is out of bounds."""


CASES: dict[str, tuple[Callable[[World], object], dict[str, str], tuple[str, str, str]]] = {
    "a capability was not given": (
        _nothing,
        {"capability": "secrets:edit", "project": "payments"},
        ("capability", "“Manage secrets” was not given to this tool.", "give=secrets%3Aedit"),
    ),
    "the role that was given is too low": (
        _nothing,
        {"capability": "api flows:edit", "project": "website"},
        (
            "role_given",
            f"{FLOWS} needs editor; this tool is viewer in Website.",
            "give=flows%3Aedit&project=website",
        ),
    ),
    "a project was not given": (
        _nothing,
        {"capability": "api flows:edit", "project": "data"},
        (
            "project",
            "The project data was not given to this tool.",
            "give=flows%3Aedit&project=data",
        ),
    ),
    "a project alone": (
        _nothing,
        {"project": "data"},
        ("project", "The project data was not given to this tool.", "project=data"),
    ),
    "the user's own role is too low": (
        lambda w: w.set_member("payments", "ben", "viewer"),
        EDIT,
        ("your_role", "You are viewer in Payments; ask for editor there.", ""),
    ),
    "the user is no member any more": (
        lambda w: w.remove_member("payments", "ben"),
        EDIT,
        ("your_membership", "You are not a member of Payments.", ""),
    ),
    "a role ended": (
        lambda w: w.clock.forward(seconds=7_200),
        {"capability": "apps:view", "project": "website"},
        (
            "end_of_role",
            "Its role in Website ended on 22 Nov 2026, 14:00 UTC.",
            "give=apps%3Aview&project=website",
        ),
    ),
    "it acts nowhere": (
        lambda w: w.set_member("payments", "ben", "viewer"),
        {"capability": "flows:edit"},
        ("reach", f"{FLOWS} acts nowhere: it needs editor, and you are viewer at most there.", ""),
    ),
    "it acts nowhere, as all was lost": (
        lambda w: w.remove_member("payments", "ben"),
        {"capability": "flows:edit"},
        (
            "reach",
            f"{FLOWS} acts nowhere: it needs editor, and you are not a member there any more.",
            "",
        ),
    ),
    "there is no such capability": (
        _nothing,
        {"capability": "api flow:edit", "project": "payments"},
        ("capability", "There is no capability “flow:edit”.", ""),
    ),
}


@pytest.mark.parametrize("why", CASES)
def test_a_refused_call_says_which_bound_says_no_and_where_it_is_changed(
    tool: Tool, why: str
) -> None:
    change, call, expected = CASES[why]
    tokens = tool.tokens(CHOICE, scope=SCOPE)
    change(tool.world)
    token = tool.refresh(tokens["refresh_token"]).get_json()["access_token"]
    assert denied(tool, token, **call) == expected
    header = {"Authorization": basic("api", tool.world.secrets["api"])}
    (status, body, _), short = both_ways(tool, data={"token": token, **call}, headers=header)
    assert (status, short) == (200, True)
    assert b'"denied"' in body


def test_an_allowed_call_says_nothing_of_it(tool: Tool) -> None:
    token = token_of(tool)
    plain = tool.introspect(token)
    assert "denied" not in plain
    assert tool.introspect(token, **EDIT) == plain
    assert tool.introspect(token, capability="mcp", project="website") == plain


def test_what_the_tool_left_out_of_the_scope_is_a_bound(tool: Tool) -> None:
    refresh = tool.tokens(CHOICE, scope=SCOPE)["refresh_token"]
    token = tool.refresh(refresh, scope="api").get_json()["access_token"]
    assert denied(tool, token, **EDIT) == (
        "scope",
        f"The tool did not ask for {FLOWS} this time; it must ask again.",
        "",
    )
    assert denied(tool, token, capability="api", project="payments") is None


def test_it_is_there_exactly_when_scope_and_actions_lack_something(tool: Tool) -> None:
    token = token_of(tool)
    tool.world.set_member("payments", "ben", "viewer")
    plain = tool.introspect(token)
    actions = {
        d["identifier"]: d["actions"]
        for d in plain["authorization_details"]
        if d["type"] == "project"
    }
    tied = {"apps:view", "apps:admin", "flows:edit", "secrets:edit", "endpoints:access"}
    for name in ("", "api", "mcp", *sorted(tied), "nope"):
        for project in ("", "payments", "website", "data", "sandbox", "nowhere"):
            allowed = not name or name in plain["scope"].split()
            if project:
                allowed = allowed and project in actions
            if project and name in tied:
                allowed = allowed and name in actions.get(project, ())
            answer = tool.introspect(token, capability=name, project=project)
            assert ("denied" not in answer) is allowed, (name, project)


def test_of_projects_that_were_not_given_nothing_is_told_apart(tool: Tool) -> None:
    """Whether a project exists, and whether the user is in it, is not the resource server's."""
    token = tool.tokens(scope=SCOPE)["access_token"]  # payments alone
    for capability in ("", "api", "flows:edit", "apps:admin"):
        told = {
            str(denied(tool, token, capability=capability, project=slug)).replace(slug, "…")
            for slug in ("website", "data", "sandbox", "nowhere")
        }
        assert len(told) == 1, told


def test_the_users_role_is_told_only_where_the_project_was_given(tool: Tool) -> None:
    choice = {**CHOICE, "project-payments": "viewer"}
    token = tool.tokens(choice, scope=SCOPE)["access_token"]
    given = denied(tool, token, capability="flows:edit", project="payments")
    assert given is not None
    assert "this tool is viewer" in given[1]
    other = denied(tool, token, capability="flows:edit", project="data")
    assert other is not None
    assert "viewer" not in other[1]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE authorizations SET paused_at = created_at",
        "UPDATE authorizations SET revoked_at = created_at",
        "UPDATE users SET disabled_at = created_at",
        "UPDATE clients SET disabled_at = created_at",
        "UPDATE access_tokens SET expires_at = issued_at",
    ],
)
def test_an_inactive_answer_stays_bare(lone_tool: Tool, change: str) -> None:
    token = token_of(lone_tool)
    lone_tool.world.execute(change)
    call = {"capability": "secrets:edit", "project": "data"}
    assert lone_tool.introspect(token, **call) == {"active": False}


def test_a_resource_server_that_may_not_see_the_token_hears_nothing(lone_tool: Tool) -> None:
    call = {"capability": "secrets:edit", "project": "data"}
    assert lone_tool.introspect(token_of(lone_tool), "mcp", **call) == {"active": False}
    assert lone_tool.introspect("nonsense", **call) == {"active": False}


def test_an_api_key_is_told_as_such(lone_world: World) -> None:
    ben = Owner(lone_world)
    key = ben.make()
    found = denied(ben.tool, key, capability="secrets:edit", project="payments")
    assert found == (
        "capability",
        "“Manage secrets” was not given to this API key.",
        "give=secrets%3Aedit",
    )


def test_it_can_be_switched_off(lone_database: Prepared, clock: Clock) -> None:
    with running_world(lone_database, clock, MANDATE_INTROSPECTION_DENIED="off") as world:
        tool = Tool(world, world.native)
        token = token_of(tool)
        assert tool.introspect(token, capability="secrets:edit") == tool.introspect(token)


def test_the_link_lies_below_an_issuer_with_a_path(lone_database: Prepared, clock: Clock) -> None:
    issuer = f"{ISSUER}/auth/t1"
    with running_world(lone_database, clock, MANDATE_ISSUER=issuer) as world:
        answer = world.app.test_client().post(
            "/auth/t1/oauth/introspect",
            data={"token": _key_of_ben(world), "capability": "secrets:edit"},
            auth=("api", world.secrets["api"]),
        )
        body = answer.get_json()
        page = f"{issuer}{PAGE}{body['authorization_id']}"
        assert body["denied"]["link"] == f"{page}?give=secrets%3Aedit"


def _key_of_ben(world: World) -> str:
    choice = Choice(frozenset({"api"}), {"payments": "viewer"}, frozenset())
    with world.app.app_context():
        with reading() as session:
            ben = users.require(session, "ben").id
        made = api_keys.create(
            ben, choice, idempotency_key="", catalog=world.catalog, at=world.clock.at
        )
    assert isinstance(made, api_keys.NewKey)
    return made.text


@pytest.mark.parametrize(
    "project", ["x" * 5_000, "Payments", "pay ments", "\x1f", "é", "<b>", "a&give=b", "..", "%00"]
)
def test_a_strange_project_is_not_repeated(lone_tool: Tool, project: str) -> None:
    found = denied(lone_tool, token_of(lone_tool), capability="flows:edit", project=project)
    assert found == (
        "project",
        "That project was not given to this tool.",
        "give=flows%3Aedit",
    )


def test_only_a_refused_call_is_read_for_a_second_time(
    lone_tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = token_of(lone_tool)
    runs: list[CompiledSelect] = []

    def counted(read: Callable[..., Any]) -> Callable[..., Any]:
        def run(statement: CompiledSelect, *arguments: Any) -> Any:
            runs.append(statement)
            return read(statement, *arguments)

        return run

    for way in ("rows", "first"):
        monkeypatch.setattr(CompiledSelect, way, counted(getattr(CompiledSelect, way)))
    lone_tool.introspect(token, **EDIT)
    assert len(runs) == 1
    lone_tool.introspect(token, capability="secrets:edit", project="payments")
    assert len(runs) == 3
    lone_tool.introspect(token, capability="secrets:edit", project="payments")
    assert len(runs) == 4, "its answer is kept, so that its grounds alone are read"
