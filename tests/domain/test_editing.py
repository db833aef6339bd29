"""Choices with ends, differences over time, shrinking to what was used, and sentences of the past."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.delegation.access import (
    Permissions,
    RoleTerm,
    Terms,
    effective_access,
    without_lapsed,
)
from app.domain.delegation.choice import KEEP, Choice, RoleEnd, terms_of
from app.domain.delegation.usage import Use, shrink
from app.domain.sentences.access import change_text
from app.domain.sentences.difference import difference
from app.domain.sentences.history import event_text
from tests.drivers.terms import AT, CATALOG, SERVERS, SLUGS, is_within, permissions, terms

SOON, LATER = AT + timedelta(hours=1), AT + timedelta(hours=2)
instants = [AT + timedelta(minutes=minutes) for minutes in range(-60, 61, 7)]


def taken(choice: Choice, standing: Terms | None = None) -> Terms:
    return terms_of(choice, at=AT, catalog=CATALOG, current=standing)


@pytest.mark.parametrize(
    ("end", "old", "term"),
    [
        (RoleEnd(60, "viewer"), None, RoleTerm("editor", AT + timedelta(seconds=60), "viewer")),
        (RoleEnd(60, None), None, RoleTerm("editor", AT + timedelta(seconds=60))),
        (RoleEnd(60, "editor"), None, RoleTerm("editor", AT + timedelta(seconds=60))),
        (RoleEnd(None, "viewer"), RoleTerm("editor", SOON), RoleTerm("editor")),
        (RoleEnd(), RoleTerm("editor", SOON, "viewer"), RoleTerm("editor", SOON, "viewer")),
        (RoleEnd(KEEP, None), RoleTerm("editor", SOON, "viewer"), RoleTerm("editor", SOON)),
        (RoleEnd(), RoleTerm("admin", SOON, "editor"), RoleTerm("editor", SOON)),
        (RoleEnd(), RoleTerm("editor", AT, "viewer"), RoleTerm("editor", AT, "viewer")),
        (None, RoleTerm("editor", AT, "viewer"), RoleTerm("editor")),
        (RoleEnd(), None, RoleTerm("editor")),
    ],
)
def test_a_role_gets_the_end_that_was_chosen_or_keeps_its_own(
    end: RoleEnd | None, old: RoleTerm | None, term: RoleTerm
) -> None:
    choice = Choice(roles={"p": "editor"}, role_ends={"p": end} if end else {})
    assert taken(choice, Terms(projects={"p": old} if old else {})).projects == {"p": term}


def test_what_the_choice_does_not_name_keeps_its_end() -> None:
    stands = Terms(
        projects={"p": RoleTerm("editor", SOON)},
        mcp_servers={"s1": SOON, "s2": AT},
        expires_at=LATER,
    )
    choice = Choice(
        roles={"p": "editor"}, mcp_servers=frozenset({"s1", "s2", "s3"}), expires_in=KEEP
    )
    found = taken(choice, stands)
    assert found.projects["p"].until == SOON
    assert found.mcp_servers == {"s1": SOON, "s2": None, "s3": None}, (
        "what had ended is chosen anew"
    )
    assert found.expires_at == LATER
    assert taken(replace(choice, expires_in=None), stands).expires_at is None
    assert taken(replace(choice, server_ends={"s1": None, "s3": 60}), stands).mcp_servers == {
        "s1": None,
        "s2": None,
        "s3": AT + timedelta(seconds=60),
    }


def test_keeping_an_end_that_has_passed_revives_nothing() -> None:
    stands = Terms(mcp_servers={"s1": AT})
    choice = Choice(mcp_servers=frozenset({"s1"}), server_ends={"s1": KEEP})
    assert taken(choice, stands).mcp_servers == {"s1": AT}


def test_an_expired_whole_stays_expired_when_kept() -> None:
    stands = Terms(expires_at=AT - timedelta(days=1))
    assert taken(Choice(expires_in=KEEP), stands).expires_at == AT - timedelta(days=1)


@pytest.mark.parametrize(
    ("before", "after", "widened", "narrowed"),
    [
        (RoleTerm("editor"), RoleTerm("editor", SOON), [], ["editor on p"]),
        (RoleTerm("editor"), RoleTerm("editor", SOON, "viewer"), [], ["editor on p"]),
        (
            RoleTerm("viewer"),
            RoleTerm("editor", SOON, "viewer"),
            ["editor on p until 22 Nov 2026, 13:00 UTC, then viewer"],
            [],
        ),
        (
            RoleTerm("viewer"),
            RoleTerm("editor", SOON),
            ["editor on p until 22 Nov 2026, 13:00 UTC"],
            ["viewer on p"],
        ),
        (
            RoleTerm("editor", SOON),
            RoleTerm("editor", LATER),
            ["editor on p until 22 Nov 2026, 14:00 UTC"],
            [],
        ),
        (RoleTerm("editor", SOON, "viewer"), RoleTerm("editor", SOON, "viewer"), [], []),
    ],
)
def test_the_difference_looks_at_roles_over_time(
    before: RoleTerm, after: RoleTerm, widened: list[str], narrowed: list[str]
) -> None:
    found = difference(Terms(projects={"p": before}), Terms(projects={"p": after}), CATALOG)
    assert found == {"widened": widened, "narrowed": narrowed}


@pytest.mark.parametrize(
    ("before", "after", "widened", "narrowed"),
    [
        (None, SOON, [], ["MCP server s1"]),
        (SOON, None, ["MCP server s1"], ["MCP server s1 until 22 Nov 2026, 13:00 UTC"][:0]),
        (SOON, LATER, ["MCP server s1 until 22 Nov 2026, 14:00 UTC"], []),
    ],
)
def test_the_difference_looks_at_the_ends_of_servers(
    before: datetime | None, after: datetime | None, widened: list[str], narrowed: list[str]
) -> None:
    found = difference(Terms(mcp_servers={"s1": before}), Terms(mcp_servers={"s1": after}), CATALOG)
    assert found == {"widened": widened, "narrowed": narrowed}


@given(terms, terms, permissions)
def test_without_widening_nothing_is_gained_at_any_time(
    one: Terms, two: Terms, own: Permissions
) -> None:
    one, two = replace(one, paused=False, revoked=False), replace(two, paused=False, revoked=False)
    found = difference(one, two, CATALOG)
    if found["widened"]:
        return
    for at in instants:
        before = effective_access(one, own, catalog=CATALOG, at=at)
        assert is_within(effective_access(two, own, catalog=CATALOG, at=at), before)


@given(terms)
def test_a_thing_does_not_differ_from_itself(held: Terms) -> None:
    assert difference(held, held, CATALOG) == {"widened": [], "narrowed": []}


uses = st.builds(
    Use,
    st.sampled_from(["", *CATALOG.capabilities]),
    st.sampled_from(["", *SLUGS]),
    st.sampled_from(["", *SERVERS]),
)


@given(terms, st.lists(uses, max_size=5))
def test_shrinking_never_widens(held: Terms, used: list[Use]) -> None:
    found = shrink(held, used, CATALOG)
    assert (found is None) is (not used)
    if found is not None:
        assert difference(held, found.terms, CATALOG)["widened"] == []


@given(terms, permissions, st.lists(uses, min_size=1, max_size=5))
def test_shrinking_keeps_every_call_that_was_possible(
    held: Terms, own: Permissions, used: list[Use]
) -> None:
    found = shrink(held, used, CATALOG)
    assert found is not None
    before = effective_access(held, own, catalog=CATALOG, at=AT)
    after = effective_access(found.terms, own, catalog=CATALOG, at=AT)
    for use in used:
        named = (use.capability or None, use.project or None, use.mcp_server or None)
        plain = use.mcp_server == "" and use.capability not in {"mcp", ""}
        if plain and before.allows(*named):
            assert after.allows(*named), use
        if use.mcp_server and before.allows("mcp", None, use.mcp_server):
            assert after.allows("mcp", None, use.mcp_server)


HELD = Terms(
    frozenset({"mcp", "api", "apps:view", "flows:edit"}),
    {"p": RoleTerm("admin"), "q": RoleTerm("editor", SOON, "viewer"), "r": RoleTerm("viewer")},
    {"s1": None, "s2": None},
)


def test_shrinking_takes_the_least_role_that_was_needed() -> None:
    used = [Use("flows:edit", "p"), Use("apps:view", "q"), Use("api"), Use("mcp", "", "s1")]
    found = shrink(HELD, used, CATALOG)
    assert found is not None
    assert found.terms.capabilities == HELD.capabilities
    assert found.terms.projects == {"p": RoleTerm("editor"), "q": RoleTerm("viewer")}
    assert found.terms.mcp_servers == {"s1": None}


def test_a_call_that_nobody_explained_keeps_capabilities_and_projects() -> None:
    found = shrink(HELD, [Use(), Use("api")], CATALOG)
    assert found is not None
    assert found.is_guarded
    assert found.terms.projects == HELD.projects
    assert found.terms.capabilities == HELD.capabilities - {"mcp"}
    assert found.terms.mcp_servers == {}


def test_a_change_is_a_sentence() -> None:
    changes = {"narrowed": ["editor on payments"], "widened": ["MCP server ledger"]}
    assert change_text(changes) == "Takes away editor on payments; adds MCP server ledger."
    assert change_text({"narrowed": [], "widened": ["api"]}) == "Adds api."
    assert change_text({}) == "Changes nothing."


@pytest.mark.parametrize(
    ("kind", "detail", "text"),
    [
        (
            "authorization.approved",
            {"widened": ["api"], "narrowed": ["time after x"]},
            "Created. Adds api.",
        ),
        (
            "authorization.edited",
            {"widened": [], "narrowed": ["mcp"], "name": "New"},
            "Edited. Renamed to New. Takes away mcp.",
        ),
        ("authorization.edited", {"name": "New"}, "Edited. Renamed to New."),
        ("authorization.paused", {}, "Paused."),
        ("api_key.rotated", {"overlap": 3600}, "Rotated; the old text lives 1 hour more."),
        ("api_key.rotated", {"overlap": 0}, "Rotated; the old text stopped at once."),
        (
            "session.ended",
            {"reason": "the code was replayed"},
            "A session ended. Why: the code was replayed.",
        ),
        ("authorization.choice_refused", {"problems": ["No."]}, "A change was refused. No."),
        ("odd.kind", {}, "odd.kind"),
    ],
)
def test_the_past_is_told_in_sentences(kind: str, detail: dict[str, object], text: str) -> None:
    assert event_text(kind, detail, is_first=True) == text


def test_a_later_approval_is_no_creation() -> None:
    text = event_text("authorization.approved", {"narrowed": ["mcp"]}, is_first=False)
    assert text == "Approved again. Takes away mcp."


@given(terms, permissions)
def test_dropping_what_has_lapsed_changes_nothing_from_now_on(
    held: Terms, own: Permissions
) -> None:
    for at in [at for at in instants if at >= AT]:
        before = effective_access(held, own, catalog=CATALOG, at=at)
        assert effective_access(without_lapsed(held, at=AT), own, catalog=CATALOG, at=at) == before
