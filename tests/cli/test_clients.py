"""`mandate client`."""

from __future__ import annotations

import pytest

from app.domain.credentials.secrets import Prefix, is_well_formed
from tests.drivers.command_line import Mandate

CLIENT = ("client", "add", "--name", "Reports", "--redirect-uri", "https://reports.example/cb")


def test_a_confidential_client_is_told_its_secret_once(mandate: Mandate) -> None:
    added = mandate(*CLIENT, "--json").value
    assert is_well_formed(added["client_secret"], Prefix.CLIENT_SECRET)
    assert added["token_endpoint_auth_method"] == "client_secret_basic"
    assert added["redirect_uris"] == ["https://reports.example/cb"]
    assert added["grant_types"] == ["authorization_code", "refresh_token"]
    for later in (("client", "list", "--json"), ("audit", "--json")):
        assert added["client_secret"] not in mandate(*later).out


def test_a_public_client_has_no_secret(mandate: Mandate) -> None:
    added = mandate(*CLIENT, "--public", "--json").value
    assert "client_secret" not in added
    assert added["token_endpoint_auth_method"] == "none"
    assert "secret" not in mandate(*CLIENT, "--public").out


def test_a_public_client_may_have_the_scheme_of_an_editor(mandate: Mandate) -> None:
    uri = ("--redirect-uri", "cursor://anysphere.cursor-mcp/oauth/callback")
    added = mandate(*CLIENT, *uri, "--public", "--json").value
    assert added["redirect_uris"][1] == uri[1]
    assert "private-use scheme" in mandate(*CLIENT, *uri).reason


def test_people_see_the_secret_of_a_confidential_client(mandate: Mandate) -> None:
    out = mandate(*CLIENT).out
    assert any(is_well_formed(word, Prefix.CLIENT_SECRET) for word in out.split())


def test_options_that_repeat_are_all_taken(mandate: Mandate) -> None:
    more = ("--redirect-uri", "http://127.0.0.1/cb", "--grant", "authorization_code")
    added = mandate(*CLIENT, *more, "--auth-method", "client_secret_post", "--json").value
    assert added["redirect_uris"] == ["https://reports.example/cb", "http://127.0.0.1/cb"]
    assert added["grant_types"] == ["authorization_code"]
    assert added["token_endpoint_auth_method"] == "client_secret_post"


@pytest.mark.parametrize(
    "bad",
    [
        ("--redirect-uri", "http://reports.example/cb"),
        ("--grant", "password"),
        ("--capability", "everything"),
        ("--auth-method", "none"),
    ],
)
def test_what_a_client_may_not_have_is_refused_and_nothing_registered(
    mandate: Mandate, bad: tuple[str, str]
) -> None:
    assert mandate(*CLIENT, *bad).reason
    assert mandate("client", "list", "--json").value == []


def test_disabling_a_client_is_seen_in_the_list(mandate: Mandate) -> None:
    client_id = mandate(*CLIENT, "--json").value["client_id"]
    assert mandate("client", "disable", client_id).code == 0
    assert mandate("client", "list", "--json").value[0]["disabled"] is True
    assert mandate("client", "disable", "unknown").reason


def test_a_public_client_with_an_auth_method_is_a_contradiction(mandate: Mandate) -> None:
    ran = mandate(*CLIENT, "--public", "--auth-method", "client_secret_post")
    assert ran.code == 2
