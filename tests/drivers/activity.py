"""What is known of the use of credentials."""

from __future__ import annotations

from sqlalchemy import select

from app.database.transactions import reading
from app.domain.delegation.choice import Choice
from app.models import User
from app.services.authorizations import api_keys
from app.services.introspection import activity
from app.services.introspection.activity import ActivityCount
from tests.drivers.world import World


def kept(world: World, *, flush: bool = True) -> list[ActivityCount]:
    """Return all that is known of the only authorization."""
    if flush:
        world.flush_activity()
    [[authorization_id]] = world.execute("SELECT id FROM authorizations")
    with world.app.app_context(), reading() as session:
        return activity.of_authorization(session, str(authorization_id))


def purposes(world: World) -> set[tuple[str, str, str, str, bool]]:
    """Return where, capability, project, MCP server, and whether it was refused."""
    return {
        (r.resource_server, r.capability, r.project, r.mcp_server, r.refused) for r in kept(world)
    }


def used_at(world: World) -> object:
    return world.execute("SELECT used_at FROM authorizations")[0][0]


def new_key(world: World) -> str:
    """Return an API key of ben's for the API, with one project and one MCP server."""
    choice = Choice(
        frozenset(("api", "flows:edit", "mcp")), {"payments": "editor"}, frozenset(("ledger",))
    )
    with world.app.app_context():
        with reading() as session:
            user_id = session.scalar(select(User.id).where(User.username == "ben"))
        assert user_id
        made = api_keys.create(
            user_id, choice, idempotency_key="", catalog=world.catalog, at=world.at
        )
    assert isinstance(made, api_keys.NewKey)
    return made.text
