"""What a client says about itself: refused in a registration, left out of a document."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.clients.auth_methods import ANY_SECRET, AUTH_METHODS, GRANT_TYPES
from app.domain.clients.metadata import (
    MAX_KEYS,
    MAX_REDIRECT_URIS,
    ClientMetadata,
    MetadataPolicy,
    check_keys,
    read_document,
    read_registration,
)
from app.domain.errors import DomainError, MetadataRefused, RedirectUriRefused, StatementRefused

POLICY = MetadataPolicy(frozenset({"cursor"}), ("api", "mcp"))
URL = "https://tool.example/client.json"
CALLBACK = "http://127.0.0.1/callback"
KEY = {"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}


def registration(**members: Any) -> ClientMetadata:
    return read_registration({"redirect_uris": [CALLBACK], **members}, POLICY)


def document(**members: Any) -> ClientMetadata:
    body = {"client_id": URL, "redirect_uris": [CALLBACK], **members}
    return read_document(body, URL, POLICY)


@pytest.mark.rfc("7591", "2")
def test_a_registration_that_says_little_gets_the_defaults() -> None:
    found = registration()
    assert found.name == "A tool at 127.0.0.1"
    assert found.auth_method == ANY_SECRET
    assert found.grant_types == ("authorization_code", "refresh_token")
    assert found.wire == {
        "client_name": "A tool at 127.0.0.1",
        "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    }


@pytest.mark.parametrize(
    ("members", "refusal"),
    [
        ({"software_statement": "x"}, StatementRefused),
        ({"grant_types": ["password"]}, MetadataRefused),
        ({"grant_types": ["authorization_code", "implicit"]}, MetadataRefused),
        ({"grant_types": ["refresh_token"]}, MetadataRefused),
        ({"grant_types": ["client_credentials"]}, MetadataRefused),
        ({"response_types": ["token"]}, MetadataRefused),
        ({"response_types": ["code", "id_token"]}, MetadataRefused),
        ({"redirect_uris": None}, RedirectUriRefused),
        ({"redirect_uris": []}, RedirectUriRefused),
        ({"redirect_uris": ["http://x.example/"]}, RedirectUriRefused),
        (
            {"redirect_uris": ["vscode://x"], "token_endpoint_auth_method": "none"},
            RedirectUriRefused,
        ),
        ({"redirect_uris": ["cursor://x"]}, RedirectUriRefused),
        (
            {"redirect_uris": ["cursor://x"], "token_endpoint_auth_method": "client_secret_post"},
            RedirectUriRefused,
        ),
        (
            {"redirect_uris": [f"https://x/{n}" for n in range(MAX_REDIRECT_URIS + 1)]},
            RedirectUriRefused,
        ),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, MetadataRefused),
        ({"token_endpoint_auth_method": ANY_SECRET}, MetadataRefused),
        ({"token_endpoint_auth_method": "private_key_jwt"}, MetadataRefused),
        ({"client_name": "a\u202eb"}, MetadataRefused),
        ({"scope": "api nope"}, MetadataRefused),
        ({"jwks_uri": "http://x.example/"}, MetadataRefused),
        ({"jwks_uri": "https://x.example/j", "jwks": {"keys": [KEY]}}, MetadataRefused),
        ({"jwks": {"keys": [1]}}, MetadataRefused),
        ({"jwks": {"keys": []}, "jwks_uri": "https://x.example/j"}, MetadataRefused),
        (
            {"jwks": {"keys": []}, "token_endpoint_auth_method": "private_key_jwt"},
            MetadataRefused,
        ),
    ],
)
def test_what_cannot_be_taken_is_refused_in_a_registration(
    members: dict[str, Any], refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        registration(**members)


def test_a_device_needs_no_redirect_uri() -> None:
    found = registration(redirect_uris=None, grant_types=[GRANT_TYPES[2], "refresh_token"])
    assert found.redirect_uris == ()
    assert found.name == "A tool without a name"
    assert found.wire["response_types"] == []


def test_a_redirect_uri_that_stands_twice_counts_once() -> None:
    uris = [f"https://x/{n}" for n in range(MAX_REDIRECT_URIS)]
    assert registration(redirect_uris=[*uris, *uris]).redirect_uris == tuple(uris)


def test_what_a_client_shows_is_kept_and_the_rest_is_not() -> None:
    found = registration(
        client_name=" Two \n words ",
        client_uri="http://x.example/",
        contacts=["a@b.example"],
        application_type="toaster",
        software_id="5",
        made_up=1,
        scope="mcp openid api",
        tos_uri=None,
    )
    assert found.name == "Two words"
    assert found.extra_metadata == {
        "client_uri": "http://x.example/",
        "contacts": ["a@b.example"],
        "software_id": "5",
        "scope": "api mcp",
    }


def test_a_document_leaves_out_what_is_meant_for_other_servers() -> None:
    found = document(
        redirect_uris=["vscode://x", CALLBACK, "cursor://y"],
        grant_types=["authorization_code", "password", "urn:made:up"],
        response_types=["token"],
    )
    assert found.redirect_uris == (CALLBACK, "cursor://y")
    assert found.grant_types == ("authorization_code",)
    assert found.auth_method == "none"


@pytest.mark.parametrize(
    "members",
    [
        {"client_id": f"{URL}/"},
        {"client_id": None},
        {"client_secret": "x"},
        {"client_secret_expires_at": 0},
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"redirect_uris": ["vscode://x"]},
        {"scope": "nope"},
    ],
)
def test_a_document_that_is_none_of_its_address_or_holds_a_secret_is_refused(
    members: dict[str, Any],
) -> None:
    with pytest.raises(DomainError):
        document(**members)


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_metadata_is_one_object(value: object) -> None:
    with pytest.raises(MetadataRefused):
        read_registration(value, POLICY)
    with pytest.raises(MetadataRefused):
        read_document(value, URL, POLICY)


@pytest.mark.rfc("7517", "5")
def test_public_keys_are_taken() -> None:
    check_keys({"keys": [KEY] * MAX_KEYS})
    found = registration(jwks={"keys": [KEY]}, token_endpoint_auth_method="private_key_jwt")
    assert found.extra_metadata["jwks"] == {"keys": [KEY]}


@pytest.mark.parametrize(
    "keys",
    [
        None,
        {},
        [],
        [KEY] * (MAX_KEYS + 1),
        ["x"],
        [{}],
        [{"kty": "oct", "k": "x"}],
        [{"kty": []}],
        [{**KEY, "d": "x"}],
        [KEY, {**KEY, "k": "x"}],
        [{"kty": "RSA", "n": "x", "e": "x", "qi": "x"}],
    ],
)
def test_what_is_no_public_key_is_refused(keys: object) -> None:
    with pytest.raises(MetadataRefused):
        check_keys({"keys": keys})


MEMBERS = [
    "client_name",
    "redirect_uris",
    "grant_types",
    "response_types",
    "token_endpoint_auth_method",
    "scope",
    "contacts",
    "jwks",
    "jwks_uri",
    "client_uri",
    "application_type",
    "software_statement",
]
wild = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["", "code", "none", CALLBACK, "https://x/", *AUTH_METHODS, *GRANT_TYPES]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("keys"), inner),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(MEMBERS), wild))
def test_whatever_a_client_says_is_taken_whole_or_refused(
    body: dict[str, Any],
) -> None:
    try:
        found = read_registration(body, POLICY)
    except DomainError:
        return
    assert set(found.grant_types) <= set(GRANT_TYPES)
    assert found.auth_method in (*AUTH_METHODS, ANY_SECRET)
    again = read_registration({**found.wire, "scope": found.wire.get("scope")}, POLICY)
    assert again.wire == found.wire, "what is answered can be registered again"
