"""The check of a choice, and the Terms that it makes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.delegation.access import RoleTerm, Terms
from app.domain.delegation.choice import KEEP, Choice, RoleEnd, Shown, check_choice, terms_of
from app.domain.errors import ChoiceRefused
from tests.drivers.offers import ALL, AROUND, offer
from tests.drivers.terms import AT, CATALOG, LATER, SOON


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice(frozenset({"apps:admin"})), "apps:admin"),
        (Choice(frozenset({"nope"})), "no such capability"),
        (Choice(roles={"pay": "admin"}), "beyond your own role"),
        (Choice(roles={"web": "editor"}), "beyond"),
        (Choice(roles={"other": "viewer"}), "not one of yours"),
        (Choice(roles={"pay": "king"}), "king"),
        (Choice(mcp_servers=frozenset({"other"})), "'other'"),
        (Choice(expires_in=0), "future"),
        (Choice(expires_in=10**12), "ten years"),
    ],
)
def test_a_choice_outside_the_offer_is_refused_with_a_sentence(choice: Choice, words: str) -> None:
    with pytest.raises(ChoiceRefused) as refusal:
        check_choice(offer(), choice, CATALOG)
    assert any(words in problem for problem in refusal.value.problems)


@given(
    st.frozensets(st.sampled_from([*ALL, "nope"])),
    st.dictionaries(
        st.sampled_from(["pay", "web", "other"]), st.sampled_from(["viewer", "editor", "admin"])
    ),
    st.frozensets(st.sampled_from(["ledger", "cms", "other"])),
)
def test_an_accepted_choice_is_never_more_than_the_user_has(
    capabilities: frozenset[str], roles: dict[str, str], servers: frozenset[str]
) -> None:
    choice = Choice(capabilities, roles, servers)
    try:
        check_choice(offer(), choice, CATALOG)
    except ChoiceRefused:
        return
    assert all(
        CATALOG.rank(r) <= CATALOG.rank(AROUND.permissions.roles[s]) for s, r in roles.items()
    )
    assert servers <= set(AROUND.server_names)
    assert capabilities <= ALL


def test_expires_in_counts_from_the_decision() -> None:
    assert terms_of(Choice(expires_in=60), at=AT, catalog=CATALOG).expires_at == AT + timedelta(
        seconds=60
    )
    assert terms_of(Choice(), at=AT, catalog=CATALOG).expires_at is None


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


def test_what_a_page_showed_is_part_of_what_was_sent() -> None:
    showed = [None, Shown(frozenset(), frozenset(), frozenset())]
    showed += [Shown(*(frozenset({"x"} if n == m else ()) for n in range(3))) for m in range(3)]
    assert len({Choice(shown=shown).fingerprint for shown in showed}) == len(showed)
