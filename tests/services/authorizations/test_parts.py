"""What an edit writes of an Authorization's parts, and what a revocation ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from app.database.transactions import reading
from app.domain.delegation.choice import Choice
from app.models import Authorization
from app.runtime.current import catalog
from app.services.authorizations import editor, lifecycle
from app.services.authorizations.rows import terms_of_row
from tests.drivers.tool import Tool

LEDGER = Choice(
    capabilities=frozenset({"api", "mcp"}),
    roles={"payments": "editor"},
    mcp_servers=frozenset({"ledger"}),
    expires_in=None,
)


def test_an_end_of_an_mcp_server_alone_is_written(tool: Tool) -> None:
    tool.tokens()
    world = tool.world
    [[authorization_id, owner]] = world.execute("SELECT id, user_id FROM authorizations")
    with world.app.app_context():
        for choice in (LEDGER, replace(LEDGER, server_ends={"ledger": 3_600})):
            editor.edit(
                str(authorization_id),
                str(owner),
                choice,
                version=None,
                catalog=catalog(),
                at=world.at,
            )
        with reading() as session:
            terms = terms_of_row(session, session.get_one(Authorization, str(authorization_id)))
    assert terms.mcp_servers == {"ledger": world.at + timedelta(hours=1)}


def test_a_revocation_ends_the_sessions(tool: Tool) -> None:
    tool.tokens()
    world = tool.world
    [[authorization_id, owner]] = world.execute("SELECT id, user_id FROM authorizations")
    with world.app.app_context():
        lifecycle.revoke(str(authorization_id), owner=str(owner), actor=str(owner), at=world.at)
    assert world.execute("SELECT count(*) FROM sessions WHERE ended_at IS NULL") == [(0,)]
