"""The answer to a pending request."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.domain.credentials.secrets import digest
from app.domain.errors import AlreadyAnswered, Forbidden, NotFound
from app.domain.lifetimes import Lifetimes
from app.services.consent.answer import answer
from app.services.consent.requests import Approver
from tests.drivers.tool import USUAL, Tool
from tests.drivers.world import World


def test_a_pending_request_is_answered_by_the_user_who_decided_only(world: World) -> None:
    tool = Tool(world, world.native).sign_in()
    address, page = tool.consent_page()
    tool.browser.submit(page, address, decision="approve", **USUAL)
    request_id = address.rsplit("/", 1)[1]
    ids = {str(row[0]): str(row[1]) for row in world.execute("SELECT username, id FROM users")}
    lifetimes = Lifetimes()
    world.execute(f"UPDATE authorization_requests SET browser_digest = '{digest('key')}'")
    late = world.at + timedelta(seconds=lifetimes.pending_request)
    with world.app.app_context():
        for approver, at, refusal in (
            (Approver(ids["ada"], "key"), world.at, Forbidden),
            (Approver(ids["ben"], "another key"), world.at, Forbidden),
            (Approver(ids["ben"], None), world.at, Forbidden),
            (Approver(ids["ben"], "key"), late, NotFound),
        ):
            with pytest.raises(refusal):
                answer(request_id, approver, lifetimes=lifetimes, at=at)
        own = Approver(ids["ben"], "key")
        assert answer(request_id, own, lifetimes=lifetimes, at=world.at).code
        with pytest.raises(AlreadyAnswered):
            answer(request_id, own, lifetimes=lifetimes, at=world.at)
    assert world.execute("SELECT count(*) FROM authorization_codes") == [(1,)]
