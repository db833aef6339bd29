"""What is kept of an Authorization's access is never old: a refresh says what the long way says."""

from __future__ import annotations

from typing import Any

import pytest

from app.oauth.endpoints.fast_token import PATH, FastToken
from app.oauth.grants.token_response import details_text
from app.services.tokens import kept_access, refresh_at_once
from app.services.tokens.kept import Kept
from tests.drivers.changes import CHANGES, CHOICE, SOONER
from tests.drivers.refresh import Refreshing
from tests.drivers.short_way import long_requests, short_way_of
from tests.drivers.tool import Tool
from tests.drivers.world import Registered, World

SCOPE = "api mcp flows:edit apps:view"
OF_TOOLS = [
    f"UPDATE sessions SET ended_at = {SOONER}",
    f"UPDATE clients SET disabled_at = {SOONER}",
    "UPDATE clients SET grant_types = '[\"authorization_code\"]'",
    "UPDATE sessions SET approved = '[\"api\"]'",
    "UPDATE sessions SET resources = '[\"https://nowhere.example/\"]'",
]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was read anew and not known."""
    seen: list[object] = []
    parts = kept_access._parts

    def watched(*asked: Any) -> Any:
        seen.append(asked)
        return parts(*asked)

    monkeypatch.setattr(kept_access, "_parts", watched)
    return seen


def warm(world: World) -> Refreshing:
    pair = Refreshing(Tool(world, world.native), CHOICE, scope=SCOPE)
    assert pair.both_ways()[1]
    return pair


@pytest.mark.parametrize("change", [*CHANGES, *OF_TOOLS])
def test_a_change_past_the_services_is_in_the_next_answer(
    world: World, read: list[object], change: str
) -> None:
    pair = warm(world)
    known = len(read)
    assert pair.both_ways()[1]
    assert len(read) == known, "the second answer is from what is kept"
    world.execute(change)
    pair.both_ways()


@pytest.mark.parametrize("seconds", [3_599, 3_600, 7_199, 7_200, 86_398, 86_399, 86_400])
def test_an_end_is_in_the_next_answer(world: World, seconds: int) -> None:
    pair = warm(world)
    world.clock.forward(seconds=seconds)
    assert pair.both_ways()[1] is (seconds < 86_400)


@pytest.mark.parametrize("end", ["role_ends_in-website", "server_ends_in-cms"])
def test_the_end_of_one_part_is_in_the_next_answer(world: World, end: str) -> None:
    choice = {name: value for name, value in CHOICE.items() if "_ends_in-" not in name}
    pair = Refreshing(Tool(world, world.native), {**choice, end: "3600"}, scope=SCOPE)
    before = pair.both_ways()[0].get_json()["authorization_details"]
    world.clock.forward(seconds=3_600)
    answer, is_short = pair.both_ways()
    assert is_short
    assert answer.get_json()["authorization_details"] != before


def test_a_clock_that_is_set_back_gets_no_later_access(world: World) -> None:
    pair = Refreshing(Tool(world, world.native), CHOICE, scope=SCOPE)
    world.clock.forward(seconds=4_000)
    assert "cms" not in pair.both_ways()[0].text
    world.clock.forward(seconds=-1_000)
    assert "cms" in pair.both_ways()[0].text


def test_a_smaller_scope_is_another_access(world: World, read: list[object]) -> None:
    pair = warm(world)
    assert pair.both_ways(scope="api")[0].get_json()["scope"] == "api"
    assert pair.both_ways()[0].get_json()["scope"] != "api"
    assert pair.both_ways(scope="api")[0].get_json()["scope"] == "api"
    assert len(read) == 4


def test_one_process_sees_what_another_has_changed_between_two_reads(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = Tool(world, world.native)
    token = tool.tokens(CHOICE, scope=SCOPE)["refresh_token"]
    find = refresh_at_once.find

    def find_then_edit(*asked: Any) -> Any:
        found = find(*asked)
        world.execute("UPDATE authorizations SET capabilities = '[\"apps:view\"]'")
        world.execute("UPDATE authorization_projects SET role = 'viewer'")
        return found

    fast_token = short_way_of(world.app).answerers[PATH]
    assert isinstance(fast_token, FastToken)
    fast_token.kept = Kept(fast_token.kept.audiences, kept_access.KeptAccess(details_text))
    monkeypatch.setattr(refresh_at_once, "find", find_then_edit)
    with long_requests(world.app) as went_long:
        answer = tool.refresh(token).get_json()
    assert went_long == [PATH]
    assert answer["scope"] == "apps:view"
    assert '"editor"' not in str(answer)


def keeping(world: World, sizes: float) -> kept_access.KeptAccess:
    """Let an app keep as much as so many times what it keeps now, and nothing of that."""
    fast_token = short_way_of(world.app).answerers[PATH]
    assert isinstance(fast_token, FastToken)
    [one] = fast_token.kept.access._kept.values()
    kept = kept_access.KeptAccess(details_text, limit=int(one.size * sizes))
    fast_token.kept = Kept(fast_token.kept.audiences, kept)
    return kept


class Chain:
    """A tool that refreshes again and again."""

    def __init__(self, world: World, client: Registered) -> None:
        self.tool = Tool(world, client)
        self.latest = self.tool.tokens(CHOICE, scope=SCOPE)["refresh_token"]

    def refresh(self) -> None:
        self.latest = self.tool.refresh(self.latest).get_json()["refresh_token"]


def test_what_is_kept_is_bounded_and_the_oldest_makes_room(
    world: World, read: list[object]
) -> None:
    first = Chain(world, world.native)
    kept = keeping(world, 2.5)
    second, third = Chain(world, world.web), Chain(world, world.post)
    read.clear()
    steps = ((first, 1), (third, 1), (second, 2), (first, 2), (third, 3), (first, 4))
    for chain, reads in steps:
        chain.refresh()
        assert len(read) == reads
    assert len(kept._kept) == 2


def test_what_is_kept_anew_counts_once(world: World, read: list[object]) -> None:
    first = Chain(world, world.native)
    keeping(world, 2.5)
    second = Chain(world, world.web)
    for _ in range(5):
        world.execute("UPDATE mcp_servers SET name = name || '.'")
        first.refresh()
    second.refresh()
    read.clear()
    first.refresh()
    second.refresh()
    assert read == []
