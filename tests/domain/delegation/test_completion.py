"""What a page means by a choice: it shows a part, and nothing without effect."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.domain.delegation.access import RoleTerm, Terms, effective_access
from app.domain.delegation.choice import Choice, RoleEnd, Shown, terms_of
from app.domain.delegation.completion import completed, fitted
from app.domain.delegation.offer import Offer
from tests.drivers.offers import ALL, AROUND, offer
from tests.drivers.terms import AT, CATALOG

NOTHING = Shown(frozenset(), frozenset(), frozenset())
STANDING = Terms(
    frozenset({"api", "flows:edit", "mcp"}),
    {"pay": RoleTerm("editor"), "web": RoleTerm("viewer")},
    {"ledger": None, "cms": None},
)
own = {"pay": st.sampled_from(["viewer", "editor"]), "web": st.just("viewer")}
roles = st.fixed_dictionaries({}, optional=own)
choices = st.builds(
    Choice,
    capabilities=st.frozensets(st.sampled_from(sorted(ALL))),
    roles=roles,
    mcp_servers=st.frozensets(st.sampled_from(["ledger", "cms"])),
)


def standing() -> Offer:
    return offer(standing=STANDING)


def test_what_a_page_did_not_show_stays_as_it_stands() -> None:
    assert completed(Choice(shown=NOTHING), standing()) == Choice(
        frozenset({"api", "flows:edit", "mcp"}),
        {"pay": "editor", "web": "viewer"},
        frozenset({"ledger", "cms"}),
        shown=NOTHING,
    )


def test_what_a_page_showed_and_nobody_chose_is_gone() -> None:
    shown = Shown(frozenset({"flows:edit"}), frozenset({"web"}), frozenset({"cms"}))
    found = completed(Choice(shown=shown), standing())
    assert found.capabilities == {"api", "mcp"}
    assert found.roles == {"pay": "editor"}
    assert found.mcp_servers == {"ledger"}


def test_what_is_chosen_counts_before_what_stands() -> None:
    shown = replace(NOTHING, projects=frozenset({"pay"}))
    found = completed(Choice(roles={"pay": "viewer"}, shown=shown), standing())
    assert found.roles == {"pay": "viewer", "web": "viewer"}


def test_nothing_comes_in_that_neither_stands_nor_is_chosen() -> None:
    """The first form selects what is asked for; that is a proposal, and stands nowhere."""
    assert completed(Choice(shown=NOTHING), offer()) == Choice(shown=NOTHING)
    sole = offer(asked=frozenset({"mcp"}))
    assert [s.identifier for s in sole.mcp_servers if s.selected] == ["cms"]
    assert completed(Choice(shown=NOTHING), sole) == Choice(shown=NOTHING)
    again = offer(asked=frozenset({"mcp"}), standing=Terms(frozenset({"api"}), {}, {}))
    assert completed(Choice(shown=NOTHING), again).capabilities == {"api"}


def test_mcp_means_nothing_without_a_server() -> None:
    found = completed(Choice(frozenset({"mcp", "api"}), shown=NOTHING), offer(frozenset({"mcp"})))
    assert found.capabilities == {"api"}
    one = Choice(frozenset({"mcp"}), mcp_servers=frozenset({"cms"}), shown=NOTHING)
    assert completed(one, offer(frozenset({"api"}))).capabilities == {"mcp"}


@given(choices)
def test_a_program_is_taken_at_its_word(choice: Choice) -> None:
    assert fitted(completed(choice, standing()), CATALOG) == choice


@given(choices)
def test_without_what_has_no_effect_the_access_is_the_same(choice: Choice) -> None:
    whole = replace(choice, shown=NOTHING)
    small = fitted(whole, CATALOG)
    given_, kept = (
        effective_access(
            terms_of(one, at=AT, catalog=CATALOG), AROUND.permissions, catalog=CATALOG, at=AT
        )
        for one in (whole, small)
    )
    assert kept.capabilities == given_.capabilities
    assert kept.mcp_servers == given_.mcp_servers
    assert small.capabilities <= whole.capabilities
    assert small.roles.items() <= whole.roles.items()
    is_general = "api" in whole.capabilities
    assert set(kept.projects) == {s for s, p in given_.projects.items() if is_general or p.actions}


@given(choices)
def test_all_that_is_left_has_an_effect(choice: Choice) -> None:
    """With the roles as chosen: whether the user still has them is for the access to say."""
    small = fitted(replace(choice, shown=NOTHING), CATALOG)
    tied = {n for n in small.capabilities if CATALOG.capabilities[n].least_role}
    ranks = [CATALOG.rank(role) for role in small.roles.values()]
    for name in tied:
        assert max(ranks) >= CATALOG.rank(CATALOG.capabilities[name].least_role)


def test_the_ends_of_what_stays_are_kept() -> None:
    ends = {"pay": RoleEnd(3600)}
    choice = Choice(frozenset({"api"}), {"pay": "viewer"}, role_ends=ends, shown=NOTHING)
    assert fitted(choice, CATALOG).role_ends == ends


def test_mcp_is_not_added_where_a_page_did_not_send_it() -> None:
    asked = offer(asked=frozenset({"mcp"}), standing=Terms(frozenset({"api"})))
    assert next(c for c in asked.capabilities if c.name == "mcp").selected
    choice = Choice(mcp_servers=frozenset({"cms"}), shown=NOTHING)
    assert completed(choice, asked).capabilities == {"api"}
