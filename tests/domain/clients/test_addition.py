"""What an administrator may say of a client that is added by hand."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.clients.addition import check_client, check_redirect_uris, extra_metadata_of
from app.domain.clients.auth_methods import DEVICE_CODE
from app.domain.errors import Invalid
from tests.drivers.registrations import KEY
from tests.drivers.terms import CATALOG

URI = "https://tool.example/cb"


@pytest.mark.parametrize(
    ("method", "grants", "capabilities"),
    [
        ("magic", ["authorization_code"], []),
        ("none", ["authorization_code", "password"], []),
        ("none", ["authorization_code"], ["root"]),
        ("none", ["refresh_token"], []),
    ],
)
def test_what_does_not_exist_is_refused(
    method: str, grants: list[str], capabilities: list[str]
) -> None:
    with pytest.raises(Invalid):
        check_client(method, grants, capabilities, CATALOG)


def test_a_client_begins_in_one_of_two_ways() -> None:
    for grant in ("authorization_code", DEVICE_CODE):
        check_client("none", [grant], ["api"], CATALOG)


def test_only_a_public_client_may_have_a_scheme_without_a_dot() -> None:
    schemes = frozenset({"cursor"})
    check_redirect_uris(["cursor://x/y", URI], ["authorization_code"], "none", schemes)
    check_redirect_uris([], [DEVICE_CODE], "none", schemes)
    for uris, method in (([], "none"), (["cursor://x/y"], "client_secret_basic")):
        with pytest.raises(Invalid):
            check_redirect_uris(uris, ["authorization_code"], method, schemes)


def test_the_optional_members_are_those_of_a_registration() -> None:
    keys = {"jwks": {"keys": [KEY]}, "jwks_uri": None}
    says = {
        "mandate_required_scope": "api",
        "mandate_scope_reasons": {"api": "To read"},
        "authorization_details_types": None,
    }
    assert extra_metadata_of("private_key_jwt", keys, says, CATALOG) == {
        "mandate_required_scope": "api",
        "mandate_scope_reasons": {"api": "To read"},
        "jwks": {"keys": [KEY]},
    }
    assert extra_metadata_of("none", {}, {}, CATALOG) == {}


@pytest.mark.parametrize(
    ("method", "keys", "says"),
    [
        ("none", {"jwks_uri": "https://x/keys"}, {}),
        ("private_key_jwt", {}, {}),
        ("none", {}, {"mandate_required_scope": "fly"}),
        ("none", {}, {"mandate_scope_reasons": {"api": "two\nlines"}}),
        ("none", {}, {"authorization_details_types": ["payment"]}),
    ],
)
def test_a_member_that_cannot_be_used_is_refused(
    method: str, keys: dict[str, Any], says: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        extra_metadata_of(method, keys, says, CATALOG)
