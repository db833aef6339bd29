"""What an answer gives of a request, in sentences."""

from __future__ import annotations

import pytest

from app.domain.delegation.access import RoleTerm, Terms, effective_access
from app.domain.delegation.request import Request, Resource, fulfilment_of
from app.domain.sentences.request import missing_notes, nothing_given, request_text
from tests.drivers.offers import AROUND
from tests.drivers.terms import AT, CATALOG

API = Resource("https://x/api")
CMS = Resource("https://x/cms", frozenset({"cms"}))
FOREIGN = Resource("https://x/play", frozenset({"play"}))
YET = "Nothing that it asked for is chosen yet"
TICK = "Tick that and choose a project."
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
            f"{YET}: it wants to use CMS. Tick CMS.",
        ),
        (
            HELD,
            {"mcp"},
            (CMS,),
            f"{YET}: it wants to use CMS. Tick “Use MCP servers” and CMS.",
        ),
        (HELD, {"api"}, (CMS,), "It wants to use CMS, but did not ask to use MCP servers. Cancel."),
        (
            WITH_MCP,
            {"mcp"},
            (FOREIGN,),
            "It wants to use https://x/play, which is in none of your projects. Cancel.",
        ),
        (
            WITH_MCP,
            {"flows:edit", "secrets:edit"},
            (API,),
            f"{YET}: it wants to create and modify flows and manage secrets. {TICK}",
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
        "It wants to use CMS, which you do not give: it is refused there.",
        "It wants to use https://x/play, which you do not give: it is refused there.",
        "It also wants to create and modify flows.",
    ]


TITLES = [
    (Request(frozenset({"mcp"}), (CMS,)), "use CMS"),
    (Request(frozenset({"mcp"}), (CMS, FOREIGN)), "use CMS and https://x/play"),
    (Request(frozenset({"mcp"}), (API,)), "use MCP servers"),
    (Request(frozenset({"mcp"}), (API,), servers=frozenset({"ledger"})), "use Ledger"),
    (Request(frozenset({"api"}), (API,)), "connect to your workspace"),
    (Request(frozenset({"api", "flows:edit"}), (API,)), "create and modify flows"),
    (
        Request(frozenset({"api", "flows:edit"}), (API,), {"pay": None}),
        "create and modify flows in Payments",
    ),
    (Request(frozenset({"api"}), (API,), {"foreign": None}), "connect to your workspace"),
    (
        Request(frozenset({"api", "apps:view", "flows:edit", "secrets:edit", "mcp"}), (CMS,)),
        "manage secrets and 2 more things and use CMS",
    ),
    (Request(frozenset(), (API,)), "act for you"),
]


@pytest.mark.parametrize(("request_", "words"), TITLES, ids=[words for _, words in TITLES])
def test_the_title_is_the_request_in_words(request_: Request, words: str) -> None:
    assert request_text(request_, CATALOG, AROUND) == words
