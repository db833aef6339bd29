"""`mandate audit` and `mandate cleanup`: what happened, and deleting what is over."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from app.cli.base import (
    Reply,
    command,
    instant_value,
    table,
)
from app.cli.spans import span_of
from app.domain.audit import AuditKind
from app.domain.errors import Invalid
from app.domain.sentences.instants import instant_text
from app.runtime.clock import now
from app.services import audit as audit_log
from app.services import maintenance


@command("audit")
@click.option("--since", help="An ISO 8601 time, or a span such as 30m, 2h, 7d.")
@click.option("--kind", help="Only this kind of event, such as session.started.")
def audit(since: str | None, kind: str | None) -> Reply:
    """Show what happened, in order."""
    if kind is not None and kind not in set(AuditKind):
        raise Invalid(f"{kind!r} is not a kind of event; there are {', '.join(AuditKind)}.")
    found = audit_log.entries(since=None if since is None else _since(since), kind=kind)
    value = [{**asdict(e), "at": instant_value(e.at)} for e in found]
    rows = [
        (instant_text(e.at, with_seconds=True), e.kind, e.actor, e.subject, json.dumps(e.detail))
        for e in found
    ]
    return Reply(value, table(("at", "kind", "actor", "subject", "detail"), rows))


def _since(text: str) -> datetime:
    try:
        if (span := span_of(text)) is not None:
            return now() - span
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(f"{text!r} is neither an ISO 8601 time nor a span such as 2h.") from None


@command("cleanup")
def cleanup() -> Reply:
    """Delete what expired more than a day ago; run it once a day."""
    removed = maintenance.clean_up(at=now())
    return Reply(removed, table(("table", "rows removed"), list(removed.items())))
