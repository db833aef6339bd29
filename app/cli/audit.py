"""`mandate audit` and `mandate cleanup`: what happened, and deleting what is over."""

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import click

from app.cli import progress
from app.cli.base import (
    LIMIT,
    Reply,
    command,
    instant_value,
    table,
)
from app.cli.progress import Progress
from app.cli.spans import instant_of
from app.cli.stream import Stream
from app.domain.audit import AuditKind
from app.domain.errors import Invalid
from app.domain.sentences.instants import instant_text
from app.runtime.clock import now
from app.runtime.current import settings
from app.services import audit as audit_log
from app.services import maintenance
from app.services.audit import Entry
from app.services.directory import users

MAX_NUMBER = 2**63 - 1  # of a BIGINT


@command("audit")
@click.option("--since", help="An ISO 8601 time, or a span such as 30m, 2h, 7d.")
@click.option("--kind", help="Only this kind of event, such as session.started.")
@click.option("--user", help="Only events of this user.")
@click.option("--tool", help="Only what happened to this tool itself, by its client_id.")
@click.option(
    "--after", type=click.IntRange(0, MAX_NUMBER), default=0, help="Only after this number."
)
@LIMIT
def audit(
    *,
    since: str | None,
    kind: str | None,
    user: str | None,
    tool: str | None,
    after: int,
    limit: int | None,
) -> Stream:
    """Show what happened, in order. Each event has a number, with which --after reads on."""
    if kind is not None and kind not in set(AuditKind):
        raise Invalid(f"{kind!r} is not a kind of event; there are {', '.join(AuditKind)}.")
    which = audit_log.Filter(
        since=None if since is None else instant_of(since, now()),
        kind=kind,
        user_id=None if user is None else users.require_id(user),
        subject=tool,
        after=after,
    )
    headings = ("at", "kind", "actor", "subject", "detail")
    return Stream(audit_log.entries(which, limit=limit), _value, headings, _cells)


def _value(entry: Entry) -> dict[str, Any]:
    return {**asdict(entry), "at": instant_value(entry.at)}


def _cells(entry: Entry) -> tuple[str, ...]:
    at = instant_text(entry.at, with_seconds=True)
    return (at, entry.kind, entry.actor, entry.subject, json.dumps(entry.detail))


@command("cleanup")
@progress.OPTION
def cleanup(is_wanted: bool) -> Reply:  # noqa: FBT001 - click's
    """Delete what expired more than a day ago, and audit events past their time; run it once a day."""
    at, days, line = now(), settings().audit_retention, Progress(is_wanted=is_wanted)
    removed = maintenance.clean_up(
        at=at,
        audit_before=None if days is None else at - timedelta(days=days),
        tell=lambda name, count: line.say(f"{name}: {count:,} rows removed"),
    )
    line.end()
    return Reply(removed, table(("table", "rows removed"), list(removed.items())))
