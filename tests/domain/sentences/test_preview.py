"""What a choice amounts to before it is made."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given

from app.domain.delegation.access import Permissions, RoleTerm, Terms, effective_access
from app.domain.delegation.offer import UserRights
from app.domain.delegation.request import Request, Resource
from app.domain.errors import ChoiceRefused
from app.domain.sentences.preview import MAX_NAME, Preview, preview_of, preview_of_refusal
from tests.drivers.offers import AROUND
from tests.drivers.terms import AT, CATALOG, permissions, terms

HELD = Terms(frozenset({"api", "mcp"}), {"pay": RoleTerm("editor")}, {"ledger": None})


def preview(held: Terms, before: Terms | None = None, name: str = "Helper") -> Preview:
    return preview_of(held, AROUND, name=name, catalog=CATALOG, at=AT, before=before)


def test_a_choice_is_told_before_it_is_made() -> None:
    found = preview(HELD)
    assert found.sentence == (
        "Helper may use the API; act in Payments (editor). It may use the MCP server Ledger. "
        "It ends when you revoke it."
    )
    assert found.ready
    assert found.notes == ()
    assert found.change == ""


def test_a_choice_that_gives_nothing_is_not_ready() -> None:
    found = preview(Terms(frozenset({"api"})))
    assert not found.ready
    assert found.sentence.startswith("Nothing useful")


def test_a_long_name_is_cut_and_a_short_one_is_not() -> None:
    assert preview(HELD, name="x" * MAX_NAME).sentence.startswith("x" * MAX_NAME + " ")
    assert preview(HELD, name="x" * (MAX_NAME + 1)).sentence.startswith("x" * 59 + "… ")


def test_the_change_is_told_beside_what_stands() -> None:
    wider = replace(HELD, capabilities=HELD.capabilities | {"apps:view"})
    assert preview(wider, HELD).change == "Adds apps:view."
    assert preview(HELD, wider).change == "Takes away apps:view."
    assert preview(HELD, HELD).change == "Changes nothing."


def test_what_has_lapsed_already_is_no_change() -> None:
    lapsed = replace(HELD, mcp_servers={"ledger": None, "cms": AT - timedelta(minutes=1)})
    assert preview(HELD, lapsed).change == "Changes nothing."
    assert preview(HELD, replace(lapsed, mcp_servers={**HELD.mcp_servers, "cms": AT})).change == (
        "Changes nothing."
    )


ASKED = Request(
    frozenset({"mcp"}),
    tuple(Resource(f"https://x/{name}", frozenset({name})) for name in ("ledger", "cms")),
)


def asked_of(held: Terms, request: Request = ASKED) -> Preview:
    return preview_of(held, AROUND, name="Helper", catalog=CATALOG, at=AT, request=request)


def test_an_mcp_server_that_was_asked_for_and_is_not_chosen_is_named() -> None:
    found = asked_of(HELD)
    assert found.ready
    assert any("CMS" in note for note in found.notes)
    assert not any("Ledger" in note for note in found.notes)


def test_a_choice_that_gives_nothing_of_what_was_asked_is_not_ready() -> None:
    found = asked_of(HELD, replace(ASKED, resources=ASKED.resources[1:]))
    assert not found.ready
    assert found.sentence.startswith("Nothing that it asked for is selected yet")
    assert "CMS" in found.sentence


def test_thousands_of_problems_are_twenty_and_a_number() -> None:
    problems = tuple(f"Problem {n}." for n in range(5_000))
    found = preview_of_refusal(ChoiceRefused("It cannot be taken.", problems=problems))
    assert found.sentence == "It cannot be taken."
    assert not found.ready
    assert found.notes == (*problems[:20], "… and 4980 more.")


@given(terms, permissions)
def test_a_preview_is_ready_exactly_when_something_would_be_possible(
    held: Terms, own: Permissions
) -> None:
    names = {s: s for s in own.mcp_servers}
    rights = UserRights(own, {s: s for s in own.roles}, names, names)
    found = preview_of(held, rights, name="Helper", catalog=CATALOG, at=AT, before=held)
    access = effective_access(held, own, catalog=CATALOG, at=AT)
    assert found.ready is access.is_useful
    assert found.sentence.startswith("Nothing useful") is not found.ready
