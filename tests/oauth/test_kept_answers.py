"""An answer that is kept is never an old one: whatever changes, by whoever, is in the next answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from app.oauth.endpoints import fast_introspection, introspection
from app.services.introspection import kept_answers
from tests.drivers.changes import BEN, CHANGES, CHOICE, LATER, OF_BEN, SANDBOX, SOONER
from tests.drivers.deployment import Prepared, running_world
from tests.drivers.introspection import basic
from tests.drivers.owner import Owner
from tests.drivers.short_way import short_way_of
from tests.drivers.tool import Tool
from tests.drivers.world import MCP, World

OF_TOKENS = [
    f"UPDATE access_tokens SET revoked_at = {SOONER}",
    f"UPDATE access_tokens SET expires_at = {SOONER}",
    "UPDATE access_tokens SET narrowed_to = '[\"api\"]'",
    "UPDATE access_tokens SET audience = 'https://other.example'",
    "UPDATE access_tokens SET mcp_server = 'warehouse'",
    f"UPDATE sessions SET ended_at = {SOONER}",
    f"UPDATE clients SET disabled_at = {SOONER}",
    "UPDATE clients SET identifier = identifier || 'x'",
]
OF_KEYS = [
    f"UPDATE authorizations SET expires_at = {LATER}",
    f"UPDATE api_keys SET revoked_at = {SOONER}",
    f"UPDATE api_keys SET expires_at = {SOONER}",
]


@dataclass
class Asking:
    """A resource server that asks one process about one credential, in its kept and its decided way."""

    world: World
    fields: dict[str, str]
    decided: list[object]

    def ask(self, world: World | None = None, secret: str = "") -> tuple[int, bytes]:
        header = {"Authorization": basic("api", secret or self.world.secrets["api"])}
        http = (world or self.world).app.test_client(use_cookies=False)
        response = http.post("/oauth/introspect", data=self.fields, headers=header)
        return response.status_code, response.data

    def ask_anew(self) -> tuple[int, bytes]:
        """Ask a process that has kept nothing."""
        same = Prepared(self.world.app.config["SQLALCHEMY_DATABASE_URI"], self.world)
        with running_world(same, self.world.clock) as other:
            return self.ask(other)

    def warm(self) -> tuple[int, bytes]:
        """Ask until the answer is kept and used."""
        first, second = self.ask(), self.ask()
        assert b'"active":true' in first[1]
        assert first == second
        assert len(self.decided) == 1, "the second answer is the kept one"
        return first


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was decided anew and not answered from what is kept."""
    seen: list[object] = []
    endpoint = introspection.endpoint

    def watched(request: Any) -> Any:
        seen.append(request)
        return endpoint(request)

    monkeypatch.setattr(fast_introspection, "endpoint", watched)
    return seen


def token_of(world: World, **more: str) -> dict[str, str]:
    tool = Tool(world, world.native)
    scope = "api mcp flows:edit apps:view"
    return {"token": tool.tokens(CHOICE, scope=scope)["access_token"], **more}


def key_of(world: World) -> dict[str, str]:
    return {"token": Owner(world).make(**CHOICE, name="k")}


@pytest.mark.parametrize("change", [*CHANGES, *OF_TOKENS])
def test_a_change_past_the_services_is_in_the_next_answer_about_a_token(
    world: World, decided: list[object], change: str
) -> None:
    asking = Asking(world, token_of(world), decided)
    before = asking.warm()
    world.execute(change)
    after = asking.ask()
    assert after == asking.ask_anew()
    assert after != before, "the change is one that shows"


@pytest.mark.parametrize("change", [*CHANGES, *OF_KEYS])
def test_a_change_past_the_services_is_in_the_next_answer_about_a_key(
    lone_world: World, decided: list[object], change: str
) -> None:
    asking = Asking(lone_world, key_of(lone_world), decided)
    before = asking.warm()
    lone_world.execute(change)
    after = asking.ask()
    assert after == asking.ask_anew()
    assert after != before, "the change is one that shows"


def test_what_is_moved_to_a_user_is_in_the_next_answer(world: World, decided: list[object]) -> None:
    asking = Asking(world, token_of(world), decided)
    payments = "(SELECT id FROM projects WHERE slug = 'payments')"
    world.execute(f"DELETE FROM {OF_BEN} AND project_id = {payments}")
    before = asking.warm()
    world.execute(
        f"UPDATE memberships SET user_id = {BEN} WHERE project_id = {payments} AND user_id = "
        "(SELECT id FROM users WHERE username = 'ada')"
    )
    after = asking.ask()
    assert after == asking.ask_anew()
    assert after != before


@pytest.mark.parametrize("seconds", [3_599, 3_600, 7_199, 7_200, 86_399, 86_400])
def test_an_end_is_in_the_next_answer(
    lone_world: World, decided: list[object], seconds: int
) -> None:
    asking = Asking(lone_world, key_of(lone_world), decided)
    before = asking.warm()
    lone_world.clock.forward(seconds=seconds)
    assert asking.ask() == asking.ask_anew()
    assert (asking.ask() == before) is (seconds == 3_599)


def test_a_clock_that_is_set_back_gets_no_later_answer(
    lone_world: World, decided: list[object]
) -> None:
    asking = Asking(lone_world, key_of(lone_world), decided)
    lone_world.clock.forward(seconds=4_000)
    asking.warm()
    lone_world.clock.forward(seconds=-1_000)
    assert asking.ask() == asking.ask_anew()
    assert b"cms" in asking.ask()[1]


def test_a_server_that_is_added_at_the_resource_is_in_the_next_answer(
    world: World, decided: list[object]
) -> None:
    resource = "http://127.0.0.1:8001/api/new"
    asking = Asking(world, token_of(world, resource=resource), decided)
    asking.warm()
    world.execute(
        "INSERT INTO mcp_servers (id, identifier, project_id, url, url_key, name, created_at) "
        f"SELECT 'mcp_new', 'new', {SANDBOX}, '{resource}', '{resource}', 'New', {SOONER}"
    )
    assert asking.ask() == asking.ask_anew() == (200, b'{"active":false}')


def test_a_secret_that_stops_counting_does_so_for_kept_answers(
    lone_world: World, decided: list[object]
) -> None:
    asking = Asking(lone_world, key_of(lone_world), decided)
    lone_world.execute(
        "UPDATE resource_servers SET previous_secret_digest = secret_digest, secret_digest = 'x', "
        "previous_secret_ends_at = '2026-11-22 12:30:00'"
    )
    asking.warm()
    lone_world.clock.forward(minutes=31)
    assert asking.ask()[0] == asking.ask_anew()[0] == 401


def test_a_wrong_secret_gets_no_kept_answer(lone_world: World, decided: list[object]) -> None:
    asking = Asking(lone_world, key_of(lone_world), decided)
    asking.warm()
    assert asking.ask(secret="wrong")[0] == 401


REASONS = {
    "a role of the user": "UPDATE memberships SET role = 'viewer'",
    "a membership": f"DELETE FROM {OF_BEN} AND project_id != {SANDBOX}",
    "the name of a project": "UPDATE projects SET name = 'Shop' WHERE slug = 'website'",
    "a project": "DELETE FROM projects WHERE slug = 'website'",
    "the role that was given": "UPDATE authorization_projects SET role = 'admin'",
    "the project that was given": "DELETE FROM authorization_projects",
    "the end of a role": f"UPDATE authorization_projects SET until_at = {SOONER}",
    "the capabilities": "UPDATE authorizations SET capabilities = '[\"api\"]'",
}
REFUSED_CALL = {"capability": "flows:edit", "project": "website"}


@pytest.mark.parametrize("reason", REASONS)
def test_the_reason_of_a_refused_call_is_never_an_old_one(
    world: World, decided: list[object], reason: str
) -> None:
    asking = Asking(world, {**key_of(world), **REFUSED_CALL}, decided)
    before = asking.warm()
    assert b'"denied"' in before[1]
    world.execute(REASONS[reason])
    after = asking.ask()
    assert after == asking.ask_anew()
    assert after != before, "the change is one that shows"


def test_the_end_of_a_role_that_the_user_lost_ends_what_is_kept(
    lone_world: World, decided: list[object]
) -> None:
    asking = Asking(lone_world, {**key_of(lone_world), "capability": "apps:view"}, decided)
    lone_world.execute(f"DELETE FROM {OF_BEN} AND role != 'viewer'")
    lone_world.execute("UPDATE authorization_projects SET then_role = NULL")
    lone_world.execute("UPDATE authorization_projects SET until_at = '2026-11-22 13:00:00+00:00'")
    before = asking.warm()
    assert b"not a member there any more" in before[1]
    lone_world.clock.forward(seconds=3_600)
    assert asking.ask() == asking.ask_anew()
    assert b"ended" in asking.ask()[1]


def test_an_answer_for_one_call_is_given_for_no_other(
    lone_world: World, decided: list[object]
) -> None:
    token = key_of(lone_world)
    calls = [
        {},
        REFUSED_CALL,
        {**REFUSED_CALL, "project": "payments"},
        {**REFUSED_CALL, "capability": "apps:view"},
        {"capability": "flows:edit"},
        {"project": "website"},
        {"project": "data"},
    ]
    askings = [Asking(lone_world, {**token, **call}, decided) for call in calls]
    first = [asking.ask() for asking in askings]
    assert [asking.ask() for asking in reversed(askings)] == first[::-1]
    assert len(decided) == len(calls), "the second answers are kept ones"
    assert [b'"denied"' in body for _, body in first] == [
        False,
        True,
        False,
        False,
        False,
        False,
        True,
    ]


def test_only_active_answers_are_kept(lone_world: World, decided: list[object]) -> None:
    asking = Asking(lone_world, {"token": "unknown"}, decided)
    assert asking.ask() == asking.ask() == (200, b'{"active":false}')
    assert len(decided) == 2


def test_each_call_is_noted_though_its_answer_is_kept(
    lone_world: World, decided: list[object]
) -> None:
    fields = {**key_of(lone_world), "capability": "flows:edit", "project": "payments"}
    asking = Asking(lone_world, fields, decided)
    asking.warm()
    for _ in range(5):
        asking.ask()
    lone_world.flush_activity()
    noted = lone_world.execute("SELECT calls, capability, project FROM activities WHERE calls > 1")
    assert noted == [(7, "flows:edit", "payments")]
    assert len(decided) == 1


def test_the_directory_without_its_number_keeps_nothing(
    lone_world: World, decided: list[object]
) -> None:
    lone_world.execute("DELETE FROM directory_state")
    asking = Asking(lone_world, key_of(lone_world), decided)
    assert asking.ask() == asking.ask()
    assert len(decided) == 2


def test_what_is_kept_is_bounded_and_the_oldest_makes_room(
    lone_world: World, decided: list[object]
) -> None:
    answerer = short_way_of(lone_world.app).answerers[fast_introspection.PATH]
    assert isinstance(answerer, fast_introspection.FastIntrospection)
    answerer.answers = kept_answers.KeptAnswers(limit=3)
    fields = key_of(lone_world)
    for number in range(5):
        Asking(lone_world, {**fields, "token_type_hint": str(number)}, decided).ask()
    assert len(answerer.answers) == 3
    Asking(lone_world, {**fields, "token_type_hint": "2"}, decided).ask()
    assert len(decided) == 5
    Asking(lone_world, {**fields, "token_type_hint": "0"}, decided).ask()
    assert len(decided) == 6
    assert len(answerer.answers) == 3


def test_large_answers_make_room_for_one_another(lone_world: World, decided: list[object]) -> None:
    answerer = short_way_of(lone_world.app).answerers[fast_introspection.PATH]
    assert isinstance(answerer, fast_introspection.FastIntrospection)
    fields = key_of(lone_world)
    asking = [Asking(lone_world, {**fields, "token_type_hint": str(n)}, decided) for n in range(3)]
    asking[0].ask()
    [size] = [len(one.packed) for one in answerer.answers._kept.values()]
    answerer.answers = kept_answers.KeptAnswers(most_bytes=2 * size + 9)
    for one in (*asking, asking[1], asking[0]):
        one.ask()
        one.ask()
    assert len(answerer.answers) == 2
    assert len(decided) == 5, "the first was put away for the third, and no other"
    for _ in range(5):
        lone_world.execute("UPDATE mcp_servers SET name = name || '.'")
        asking[0].ask()
    assert len(answerer.answers) == 2, "what is kept anew counts once"


def test_a_gateways_question_about_a_server_is_kept_by_server(
    lone_world: World, decided: list[object]
) -> None:
    fields = key_of(lone_world)
    for name, active in (("ledger", b"true"), ("play", b"false")):
        header = {"Authorization": basic("mcp", lone_world.secrets["mcp"])}
        http = lone_world.app.test_client(use_cookies=False)
        asked = {**fields, "resource": f"{MCP}/{name}"}
        for _ in range(2):
            answer = http.post("/oauth/introspect", data=asked, headers=header)
            assert b'"active":' + active in answer.data
    assert len(decided) == 3
