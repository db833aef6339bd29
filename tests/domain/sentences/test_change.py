"""A difference in the words of pages."""

from __future__ import annotations

from app.domain.delegation.access import RoleTerm, Terms
from app.domain.sentences.change import in_words
from app.domain.sentences.difference import difference
from tests.drivers.offers import AROUND
from tests.drivers.terms import AT, CATALOG


def test_codes_become_titles_and_names() -> None:
    before = Terms(frozenset({"api"}), {"web": RoleTerm("viewer")}, {"ledger": None})
    after = Terms(
        frozenset({"secrets:edit"}), {"pay": RoleTerm("editor", AT, "viewer")}, {"cms": None}, AT
    )
    assert in_words(difference(before, after, CATALOG), CATALOG, AROUND) == {
        "widened": [
            "“Manage secrets”",
            "editor in Payments until 22 Nov 2026, 12:00 UTC, then viewer",
            "the MCP server CMS",
        ],
        "narrowed": [
            "“Connect to your workspace”",
            "viewer in Website",
            "the MCP server Ledger",
            "time after 22 Nov 2026, 12:00 UTC",
        ],
    }


def test_what_is_not_known_any_more_keeps_its_code() -> None:
    gone = {"narrowed": ["gone:edit", "owner on gone", "MCP server gone"]}
    assert in_words(gone, CATALOG, AROUND) == {
        "narrowed": ["gone:edit", "owner in gone", "the MCP server gone"]
    }
