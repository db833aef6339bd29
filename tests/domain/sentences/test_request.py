"""What an answer gives of a request, in sentences."""

from __future__ import annotations

import pytest

from app.domain.delegation.access import RoleTerm, Terms, effective_access
from app.domain.delegation.request import Request, Resource, fulfilment_of
from app.domain.sentences.request import missing_notes, nothing_given
from tests.drivers.offers import AROUND
from tests.drivers.terms import AT, CATALOG

API = Resource("https://x/api")
CMS = Resource("https://x/cms", frozenset({"cms"}))
FOREIGN = Resource("https://x/play", frozenset({"play"}))
YET = "Nothing that it asked for is selected yet"
TICK = "Tick that and choose a project, or deny."
HELD = Terms(frozenset({"api"}), {"pay": RoleTerm("editor")})
WITH_MCP = Terms(frozenset({"api", "mcp"}), {"pay": RoleTerm("editor")}, {"ledger": None})


def said(held: Terms, asked: set[str], *resources: Resource) -> str:
    access = effective_access(held, AROUND.permissions, catalog=CATALOG, at=AT)
    found = fulfilment_of(Request(frozenset(asked), resources), access)
    assert not found.is_useful
    return nothing_given(found, held, CATALOG, AROUND)


@pytest.mark.parametrize(
    ("held", "asked", "resources", "sentence"),
    [
        (
            WITH_MCP,
            {"mcp"},
            (CMS,),
            f"{YET}: it asked to reach CMS. Tick CMS, or deny.",
        ),
        (
            HELD,
            {"mcp"},
            (CMS,),
            f"{YET}: it asked to reach CMS. Tick “Use MCP servers” and CMS, or deny.",
        ),
        (HELD, {"api"}, (CMS,), "It asked to reach CMS, but not to use MCP servers: deny."),
        (
            WITH_MCP,
            {"mcp"},
            (FOREIGN,),
            "It asked to reach https://x/play, which is in none of your projects: deny.",
        ),
        (
            WITH_MCP,
            {"flows:edit", "secrets:edit"},
            (API,),
            f"{YET}: it asked to create and modify flows and manage secrets. {TICK}",
        ),
    ],
    ids=["tick the server", "tick two", "no mcp asked", "foreign", "an API"],
)
def test_the_sentence_says_what_is_missing(
    held: Terms, asked: set[str], resources: tuple[Resource, ...], sentence: str
) -> None:
    assert said(held, asked, *resources) == sentence


def test_notes_name_what_is_left_out_beside_what_is_given() -> None:
    access = effective_access(WITH_MCP, AROUND.permissions, catalog=CATALOG, at=AT)
    asked = Request(frozenset({"api", "flows:edit"}), (API, CMS, FOREIGN))
    assert missing_notes(fulfilment_of(asked, access), WITH_MCP, CATALOG, AROUND) == [
        "It asked to reach CMS, which you do not give: it will be refused there.",
        "It asked to reach https://x/play, which you do not give: it will be refused there.",
        "It also asked to create and modify flows.",
    ]
