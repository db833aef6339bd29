"""The state of an Authorization: what is said of it first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.delegation.access import Permissions, Terms, effective_access
from app.domain.delegation.authorization import AuthorizationState, state_of
from tests.drivers.terms import AT, CATALOG, permissions, terms

LATER = AT + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("held", "is_useful", "state"),
    [
        (Terms(), True, "active"),
        (Terms(), False, "no effect"),
        (Terms(expires_at=LATER), True, "active"),
        (Terms(expires_at=AT), True, "expired"),
        (Terms(paused=True), True, "paused"),
        (Terms(paused=True), False, "paused"),
        (Terms(paused=True, expires_at=AT), True, "expired"),
        (Terms(paused=True, expires_at=LATER), True, "paused"),
        (Terms(revoked=True), True, "revoked"),
        (Terms(revoked=True, paused=True, expires_at=AT), True, "revoked"),
    ],
)
def test_the_state_is_what_stops_it_for_longest(held: Terms, is_useful: bool, state: str) -> None:
    assert state_of(held, is_useful=is_useful, at=AT) == state


@given(terms, permissions)
def test_what_is_active_can_do_something_and_nothing_else_can(
    held: Terms, own: Permissions
) -> None:
    running = replace(held, paused=False)
    useful = effective_access(running, own, catalog=CATALOG, at=AT).is_useful
    state = state_of(held, is_useful=useful, at=AT)
    now = effective_access(held, own, catalog=CATALOG, at=AT)
    assert (state is AuthorizationState.ACTIVE) is now.is_useful


@given(terms, st.booleans())
def test_what_was_revoked_stays_so(held: Terms, is_useful: bool) -> None:
    dead = replace(held, revoked=True)
    assert state_of(dead, is_useful=is_useful, at=AT) is AuthorizationState.REVOKED
