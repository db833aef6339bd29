"""How a client may authenticate."""

from __future__ import annotations

import pytest

from app.domain.clients.auth_methods import (
    ANY_SECRET,
    AUTH_METHODS,
    BASIC,
    GRANT_TYPES,
    POST,
    PRIVATE_KEY_JWT,
    SECRET_METHODS,
    USUAL_GRANT_TYPES,
    may_authenticate_by,
)


@pytest.mark.rfc("7591", "2")
@pytest.mark.parametrize("method", AUTH_METHODS)
@pytest.mark.parametrize("registered", ["none", PRIVATE_KEY_JWT])
def test_a_client_without_a_secret_is_held_to_its_method(registered: str, method: str) -> None:
    assert may_authenticate_by(registered, method) is (registered == method)


@pytest.mark.rfc("6749", "2.3.1")
@pytest.mark.parametrize("registered", [BASIC, POST, ANY_SECRET])
@pytest.mark.parametrize(
    ("method", "may"), [(BASIC, True), (POST, True), ("none", False), (PRIVATE_KEY_JWT, False)]
)
def test_a_secret_may_come_in_the_header_or_in_the_body(
    registered: str, method: str, may: bool
) -> None:
    assert may_authenticate_by(registered, method) is may


def test_what_a_client_that_named_none_is_kept_as_is_no_method_of_the_wire() -> None:
    assert ANY_SECRET not in AUTH_METHODS
    assert ANY_SECRET in SECRET_METHODS
    assert set(SECRET_METHODS) - {ANY_SECRET} < set(AUTH_METHODS)


def test_a_client_that_names_no_grant_type_may_refresh() -> None:
    assert USUAL_GRANT_TYPES == ("authorization_code", "refresh_token")
    assert set(USUAL_GRANT_TYPES) < set(GRANT_TYPES)
