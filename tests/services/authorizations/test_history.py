"""The history of an Authorization."""

from __future__ import annotations

import pytest

from app.services.authorizations import history
from tests.drivers.offers import AROUND
from tests.drivers.terms import CATALOG
from tests.drivers.tool import USUAL, Tool

pytestmark = pytest.mark.slow


def test_only_the_first_approval_is_called_created_however_much_happened_since(
    tool: Tool,
) -> None:
    tool.tokens({**USUAL, "expires_in": ""})
    world = tool.world
    [[standing_id, owner]] = world.execute("SELECT id, user_id FROM authorizations")
    world.clock.forward(minutes=20)
    columns = "at, kind, actor, subject, user_id, detail"
    events = (
        f"('2026-11-22 12:10:00', 'authorization.paused', 'x', '{standing_id}', '{owner}', '{{}}')"
    )
    world.execute(
        f"INSERT INTO audit_events ({columns}) VALUES {', '.join([events] * history.SHOWN)}"
    )
    tool.tokens({**USUAL, "expires_in": ""})

    def told() -> list[str]:
        with world.app.app_context():
            past = history.history_of(
                str(standing_id), str(owner), catalog=CATALOG, rights=AROUND, at=world.at
            )
        return [moment.text for moment in past.entries]

    assert [text for text in told() if text.startswith("Created")] == []
    assert [text for text in told() if text.startswith("Approved again")] != []
    world.execute("DELETE FROM audit_events WHERE actor = 'x'")
    assert len([text for text in told() if text.startswith("Created")]) == 1
    assert told()[-1].startswith("Created")
