"""What a choice amounts to before it is made."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

from app.domain.delegation.access import Permissions, RoleTerm, Terms, effective_access
from app.domain.delegation.limits import UserRights
from app.domain.delegation.request import Request, Resource
from app.domain.errors import ChoiceRefused
from app.domain.sentences.preview import Preview, preview_of, preview_of_refusal
from tests.drivers.offers import AROUND
from tests.drivers.terms import AT, CATALOG, permissions, terms

DAYS = AT + timedelta(days=90)
HELD = Terms(frozenset({"api", "mcp"}), {"pay": RoleTerm("editor")}, {"ledger": None})


def preview(held: Terms, before: Terms | None = None) -> Preview:
    return preview_of(held, held, AROUND, catalog=CATALOG, at=AT, before=before)


def test_a_choice_is_told_before_it_is_made() -> None:
    found = preview(HELD)
    assert found.sentence == "It can work in Payments (editor) and use Ledger until you stop it."
    assert found.details == ("Work in Payments (editor).", "Use the MCP server Ledger.")
    assert found.button == "Allow without end"
    assert found.missing == ""
    assert found.ready
    assert found.notes == ()
    assert found.change == ""


def test_a_choice_that_gives_nothing_is_not_ready() -> None:
    found = preview(Terms(frozenset({"api"})))
    assert not found.ready
    assert found.sentence == "Choose at least one project."
    assert found.missing == "projects"


BUTTONS = [
    (Terms(frozenset({"mcp"}), {}, {"ledger": None}, DAYS), "Allow Ledger for 90 days"),
    (
        Terms(frozenset({"api"}), {"pay": RoleTerm("viewer")}, {}, DAYS),
        "Allow Payments for 90 days",
    ),
    (replace(HELD, expires_at=DAYS), "Allow for 90 days"),
    (replace(HELD, expires_at=AT + timedelta(minutes=7)), "Allow"),
    (HELD, "Allow without end"),
    (Terms(frozenset({"api"})), "Choose a project"),
    (Terms(), "Choose what it may do"),
    (Terms(frozenset({"mcp"})), "Choose an MCP server"),
]


@pytest.mark.parametrize(("held", "label"), BUTTONS, ids=[label for _, label in BUTTONS])
def test_the_button_names_the_act_or_what_is_missing(held: Terms, label: str) -> None:
    assert preview(held).button == label


def test_a_long_name_does_not_fit_on_the_button() -> None:
    named = replace(AROUND, server_names={"ledger": "The ledger of all our payments"})
    held = Terms(frozenset({"mcp"}), {}, {"ledger": None}, DAYS)
    found = preview_of(held, held, named, catalog=CATALOG, at=AT)
    assert found.button == "Allow for 90 days"


def test_the_change_is_told_beside_what_stands() -> None:
    wider = replace(HELD, capabilities=HELD.capabilities | {"apps:view"})
    assert preview(wider, HELD).change == "Adds “View apps”."
    assert preview(HELD, wider).change == "Takes away “View apps”."
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
    return preview_of(held, held, AROUND, catalog=CATALOG, at=AT, request=request)


def test_an_mcp_server_that_was_asked_for_and_is_not_chosen_is_named() -> None:
    found = asked_of(HELD)
    assert found.ready
    assert any("CMS" in note for note in found.notes)
    assert not any("Ledger" in note for note in found.notes)


def test_a_choice_that_gives_nothing_of_what_was_asked_is_not_ready() -> None:
    found = asked_of(HELD, replace(ASKED, resources=ASKED.resources[1:]))
    assert not found.ready
    assert found.sentence.startswith("Nothing that it asked for is chosen yet")
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
    found = preview_of(held, held, rights, catalog=CATALOG, at=AT, before=held)
    access = effective_access(held, own, catalog=CATALOG, at=AT)
    assert found.ready is access.is_useful
    assert found.sentence.startswith("Choose ") is not found.ready
    assert found.button.startswith("Choose ") is not found.ready
