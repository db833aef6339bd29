"""What metadata says about the requests to come: what is kept, and what is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.clients.asked_metadata import MAX_REASON, asked
from app.domain.errors import MetadataRefused
from app.domain.json_values import Members

SCOPES = ("mcp", "api", "flows:edit")
TYPES = ("project", "mcp_server")


def read(*, is_document: bool = False, **members: Any) -> dict[str, Any]:
    return asked(Members.of(members), scopes=SCOPES, types=TYPES, is_document=is_document)


def test_what_is_said_is_kept_in_one_form() -> None:
    assert read() == {}
    assert read(
        scope="flows:edit openid mcp",
        authorization_details_types=["mcp_server", "project", "project"],
        mandate_required_scope=" flows:edit  api email ",
        mandate_scope_reasons={"flows:edit": " To deploy what you built ", "api": "To read"},
        mandate_other=1,
    ) == {
        "scope": "mcp flows:edit",
        "authorization_details_types": ["project", "mcp_server"],
        "mandate_required_scope": "api flows:edit",
        "mandate_scope_reasons": {"api": "To read", "flows:edit": "To deploy what you built"},
    }


def test_nothing_is_no_word_but_an_empty_list_of_types_is_one() -> None:
    empty: dict[str, Any] = {
        "scope": "",
        "mandate_required_scope": " ",
        "mandate_scope_reasons": {},
    }
    assert read(**empty, authorization_details_types=[]) == {"authorization_details_types": []}
    assert read(mandate_scope_reasons=None, authorization_details_types=None) == {}


def test_a_document_names_types_of_other_servers_too() -> None:
    types = ["payment_initiation", "project"]
    found = read(authorization_details_types=types, is_document=True)
    assert found == {"authorization_details_types": ["project"]}
    with pytest.raises(MetadataRefused, match="has payment_initiation; there are project, mcp_s"):
        read(authorization_details_types=types)


@pytest.mark.requirement("RR-11")
@pytest.mark.parametrize("is_document", [False, True])
@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"scope": "fly"}, "Unknown scope: fly"),
        ({"authorization_details_types": "project"}, "must be a list"),
        ({"authorization_details_types": [1]}, "must be a list of strings"),
        ({"mandate_required_scope": "api fly"}, "Unknown scope: fly"),
        ({"mandate_required_scope": ["api"]}, "must be a string"),
        ({"mandate_scope_reasons": "To read"}, "must be an object"),
        ({"mandate_scope_reasons": ["api"]}, "must be an object"),
        ({"mandate_scope_reasons": {"fly": "To fly"}}, "unknown capabilities: fly"),
        ({"mandate_scope_reasons": {"openid": "To sign in"}}, "unknown capabilities: openid"),
        ({"mandate_scope_reasons": {"api": None}}, "the reason for api must be"),
        ({"mandate_scope_reasons": {"api": 1}}, "the reason for api must be"),
        ({"mandate_scope_reasons": {"api": ["To read"]}}, "the reason for api must be"),
        ({"mandate_scope_reasons": {"api": ""}}, "the reason for api must be"),
        ({"mandate_scope_reasons": {"api": "  "}}, "the reason for api must be"),
        ({"mandate_scope_reasons": {"api": "\u3164"}}, "the reason for api must be"),
        ({"mandate_scope_reasons": {"api": "two\nlines"}}, "the reason for api must be"),
        ({"mandate_scope_reasons": {"api": "\u202egnikcatta"}}, "the reason for api must be"),
        ({"mandate_scope_reasons": {"api": "x" * (MAX_REASON + 1)}}, "1 to 200 visible"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(
    members: dict[str, Any], fault: str, is_document: bool
) -> None:
    with pytest.raises(MetadataRefused, match=fault):
        read(**members, is_document=is_document)


def test_a_reason_may_be_as_long_as_it_says() -> None:
    reason = "é" * MAX_REASON
    assert read(mandate_scope_reasons={"api": reason})["mandate_scope_reasons"] == {"api": reason}
