"""The sentences of an Authorization's page that depend on number, kind and state."""

from __future__ import annotations

import pytest

from app.domain.delegation.authorization import AuthorizationKind, AuthorizationState
from app.domain.sentences.authorizations import (
    end_verb,
    own_name,
    revocation_effects,
    revocation_text,
    use_text,
)
from app.domain.sentences.lists import count_text, first_of, in_short, rest_text
from app.domain.sentences.report import Place

TOOL, KEY = AuthorizationKind.OAUTH2, AuthorizationKind.API_KEY


def place(number: int, *, role: str = "viewer", servers: int = 0, abilities: str = "") -> Place:
    names = tuple(f"S{n}" for n in range(servers))
    return Place(f"P{number}", role, abilities, names, "")


def test_the_rest_of_a_list_is_counted_with_its_noun() -> None:
    assert rest_text("abc", 3) == ""
    assert rest_text("abc", 2, "project") == "… and 1 more project."
    assert rest_text("abc", 1, "project") == "… and 2 more projects."
    assert in_short(("A.", "B.", "C."), 1) == ("A.", "… and 2 more.")
    assert in_short(("A.", "B."), 2) == ("A.", "B.")
    assert first_of(("a", "b", "c"), 3) == "a, b, c"
    assert first_of(("a", "b", "c"), 2, "project") == "a, b and 1 more project"


def test_none_has_a_word_of_its_own_where_one_is_given() -> None:
    assert count_text(0, "MCP server", none="no MCP server") == "no MCP server"
    assert count_text(0, "call") == "0 calls"
    assert count_text(1, "call", none="never") == "1 call"


@pytest.mark.parametrize(
    ("use", "text"),
    [
        (("", "", ""), "A call that was not explained"),
        (("", "pay", ""), "A call that was not explained in pay"),
        (("flows:edit", "pay", ""), "flows:edit in pay"),
        (("mcp", "pay", "ledger"), "MCP server ledger in pay"),
    ],
)
def test_a_use_is_called_by_its_most_exact_part(use: tuple[str, str, str], text: str) -> None:
    assert use_text(*use) == text


def test_a_tool_is_named_as_it_names_itself_only_where_the_user_calls_it_otherwise() -> None:
    assert own_name("Reports", "Reports") == ""
    assert own_name("Reports", "My reports") == "Reports"
    assert own_name("", "Nightly") == ""


def test_only_what_expired_has_ended() -> None:
    ended = {state for state in AuthorizationState if end_verb(state) == "ended"}
    assert ended == {AuthorizationState.EXPIRED}


@pytest.mark.parametrize(
    ("sessions", "first"), [(0, "Every token"), (1, "1 session, and"), (3, "3 sessions, and")]
)
def test_revoking_a_tool_names_its_sessions(sessions: int, first: str) -> None:
    effects = revocation_effects(TOOL, sessions=sessions, what="", places=())
    assert len(effects) == 1
    assert effects[0].startswith(first)
    assert effects[0].endswith(" of it. The tool has to ask you again.")


def test_revoking_names_what_it_may_do_and_where() -> None:
    places = [place(0, role=""), *(place(n) for n in range(1, 7))]
    _, summary, access = revocation_effects(KEY, sessions=0, what="View apps", places=places)
    assert summary == "What it may do: view apps."
    assert access == (
        "Its access to P0, P1 (viewer), P2 (viewer), P3 (viewer), P4 (viewer) and 2 more projects."
    )


def test_revoking_a_key_speaks_of_programs_and_a_tool_of_sessions() -> None:
    assert revocation_text(KEY).startswith("Programs that use this key")
    assert revocation_text(TOOL).startswith("Every token and session")


def test_a_place_says_what_is_done_there() -> None:
    assert place(1, abilities="edit flows").doing == "Edit flows."
    assert place(1).doing == "Nothing yet."
    assert place(1, role="").doing == ""
    assert place(1).server_sentence == ""
    assert place(1, servers=1).server_sentence == "MCP server S0."
    assert place(1, servers=22).server_sentence.startswith("MCP servers S0, S1,")
    assert place(1, servers=22).server_sentence.endswith("S19 and 2 more.")
