"""`mandate authorization …`, `mandate audit`, `mandate cleanup`."""

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from app.cli.base import (
    ACTOR,
    Reply,
    leaf,
    table,
)
from app.domain.audit import AuditKind
from app.domain.delegation.explanation import Question
from app.domain.errors import Invalid
from app.runtime.current import catalog, now
from app.services import audit as audit_log
from app.services import maintenance
from app.services.authorizations import editor, lifecycle, listing
from app.services.authorizations.listing import Listed

SPAN = re.compile(r"(\d{1,6})([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@click.group()
def authorization() -> None:
    """What users have delegated."""


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _value(row: Listed) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "user": row.username,
        "name": row.name,
        "client": row.tool or None,
        "state": row.state,
        "summary": row.summary,
        "created_at": _instant(row.created_at),
        "used_at": _instant(row.used_at),
        "expires_at": _instant(row.expires_at),
    }


@leaf("list")
@click.option("--user", help="Only this user's.")
def list_(user: str | None) -> Reply:
    """List the authorizations and what each may do now."""
    rows = listing.of_everyone(user, catalog=catalog(), at=now())
    cells = [(r.id, r.username, r.name, r.state, r.summary) for r in rows]
    return Reply(
        [_value(r) for r in rows], table(("id", "user", "name", "state", "access now"), cells)
    )


@leaf("revoke")
@click.argument("authorization_id")
def revoke(authorization_id: str) -> Reply:
    """Revoke an authorization: every token under it stops at once."""
    lifecycle.revoke(authorization_id, owner=None, actor=ACTOR, at=now())
    return Reply({"id": authorization_id, "state": "revoked"}, f"Revoked {authorization_id}.")


@leaf("explain")
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
    found = editor.why(authorization_id, None, question, catalog=catalog(), at=now())
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


@leaf("audit")
@click.option("--since", help="An ISO 8601 time, or a span such as 30m, 2h, 7d.")
@click.option("--kind", help="Only this kind of event, such as session.started.")
def audit(since: str | None, kind: str | None) -> Reply:
    """Show what happened, in order."""
    if kind is not None and kind not in set(AuditKind):
        raise Invalid(f"{kind!r} is not a kind of event; there are {', '.join(AuditKind)}.")
    found = audit_log.entries(since=None if since is None else _since(since), kind=kind)
    value = [{**asdict(e), "at": _instant(e.at)} for e in found]
    rows = [
        (f"{e.at:%Y-%m-%d %H:%M:%S}", e.kind, e.actor, e.subject, json.dumps(e.detail))
        for e in found
    ]
    return Reply(value, table(("at (UTC)", "kind", "actor", "subject", "detail"), rows))


def _since(text: str) -> datetime:
    try:
        if span := SPAN.fullmatch(text):
            return now() - timedelta(**{UNITS[span[2]]: int(span[1])})
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(f"{text!r} is neither an ISO 8601 time nor a span such as 2h.") from None


@leaf("cleanup")
def cleanup() -> Reply:
    """Delete what expired more than a day ago; run it once a day."""
    removed = maintenance.clean_up(at=now())
    return Reply(removed, table(("table", "rows removed"), list(removed.items())))


authorization.add_command(list_)
authorization.add_command(revoke)
authorization.add_command(explain)
COMMANDS = (authorization, audit, cleanup)
