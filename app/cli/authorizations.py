"""`mandate authorization …`: list, revoke, explain."""

from typing import Any

import click

from app.cli.base import (
    ACTOR,
    LIMIT,
    Reply,
    command,
    instant_value,
    table,
)
from app.cli.stream import Stream
from app.domain.errors import Invalid
from app.domain.sentences.explanation import Question
from app.runtime.clock import now
from app.runtime.current import catalog
from app.services.authorizations import editor, inventory, lifecycle
from app.services.authorizations.listing import AuthorizationSummary


@click.group()
def authorization() -> None:
    """What users have delegated."""


def _value(row: AuthorizationSummary) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "user": row.username,
        "name": row.name,
        "client": row.client_name or None,
        "state": row.state,
        "summary": row.summary,
        "created_at": instant_value(row.created_at),
        "used_at": instant_value(row.used_at),
        "expires_at": instant_value(row.expires_at),
    }


@command("list", group=authorization)
@click.option("--user", help="Only this user's.")
@click.option("--tool", help="Only this tool's, by its client_id.")
@click.option("--after", help="Only older ones than the one of this id, to read on.")
@LIMIT
def list_(user: str | None, tool: str | None, after: str | None, limit: int | None) -> Stream:
    """List the authorizations and what each may do now, the newest first."""
    which = inventory.Filter(user, tool, after)
    items = inventory.of_everyone(which, catalog=catalog(), at=now(), limit=limit)
    return Stream(items, _value, ("id", "user", "name", "state", "access now"), _cells)


def _cells(row: AuthorizationSummary) -> tuple[str, ...]:
    return (row.id, row.username, row.name, row.state, row.summary)


@command("revoke", group=authorization)
@click.argument("authorization_id")
def revoke(authorization_id: str) -> Reply:
    """Revoke an authorization: every token under it stops at once."""
    lifecycle.revoke(authorization_id, owner=None, actor=ACTOR, at=now())
    return Reply({"id": authorization_id, "state": "revoked"}, f"Revoked {authorization_id}.")


@command("explain", group=authorization)
@click.argument("authorization_id")
@click.option("--capability", help="Such as flows:edit.")
@click.option("--project", help="A project's slug.")
@click.option("--mcp-server", help="An MCP server's identifier.")
def explain(
    authorization_id: str, capability: str | None, project: str | None, mcp_server: str | None
) -> Reply:
    """Say whether something would be allowed now, and if not, which bound says no."""
    if capability is None and project is None and mcp_server is None:
        raise Invalid("Ask for a --capability, a --project or an --mcp-server.")
    question = Question(capability, project, mcp_server)
    page = editor.page(authorization_id, None, catalog=catalog(), at=now())
    found = page.explain(question)
    rows = [("yes" if b.holds else "NO", b.name, b.sentence) for b in found.bounds]
    verdict = "Allowed." if found.allowed else f"Refused. {found.reason}"
    value = {
        "allowed": found.allowed,
        "bounds": [
            {"bound": b.name, "holds": b.holds, "sentence": b.sentence} for b in found.bounds
        ],
    }
    if not found.allowed:
        value["reason"] = found.reason
    return Reply(value, f"{verdict}\n\n{table(('holds', 'bound', 'how it stands'), rows)}")
