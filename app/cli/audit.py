"""`mandate audit` and `mandate audit verify`: what happened, and whether that is still what it says."""

import json
import re
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import click

from app.cli import progress
from app.cli.base import LIMIT, Reply, command, command_group, instant_value
from app.cli.progress import Progress
from app.cli.spans import instant_of
from app.cli.stream import JsonLines, Stream
from app.domain.audit import AuditKind
from app.domain.audit_chain import Head
from app.domain.errors import Invalid
from app.domain.ocsf import ocsf_event
from app.domain.sentences.audit_proof import counts_text, finding_text
from app.domain.sentences.instants import instant_text
from app.runtime.clock import now
from app.runtime.current import keys_of_audit, settings
from app.services import audit as audit_log
from app.services import audit_verification
from app.services.audit import Entry
from app.services.audit_verification import Verdict
from app.services.directory import users

MAX_NUMBER = 2**63 - 1  # of a BIGINT
HEAD = re.compile(r"([1-9][0-9]{0,18}):([0-9a-fA-F]{64})")
SEALED_WITHIN = timedelta(minutes=10)


@command_group("audit")
@click.option("--since", help="An ISO 8601 time, or a span such as 30m, 2h, 7d.")
@click.option("--kind", help="Only this kind of event, such as session.started.")
@click.option("--user", help="Only events of this user.")
@click.option("--tool", help="Only what happened to this tool itself, by its client_id.")
@click.option(
    "--after", type=click.IntRange(0, MAX_NUMBER), default=0, help="Only after this number."
)
@LIMIT
@click.option(
    "--ocsf", "as_ocsf", is_flag=True, help="One JSON object a line, in the words of OCSF."
)
def audit(
    *,
    since: str | None,
    kind: str | None,
    user: str | None,
    tool: str | None,
    after: int,
    limit: int | None,
    as_ocsf: bool,
) -> Stream | JsonLines:
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
    if as_ocsf:
        return JsonLines(audit_log.entries(which, limit=limit), _ocsf)
    headings = ("at", "kind", "actor", "subject", "detail")
    return Stream(audit_log.entries(which, limit=limit), _value, headings, _cells)


def _value(entry: Entry) -> dict[str, Any]:
    return {**asdict(entry), "at": instant_value(entry.at)}


def _ocsf(entry: Entry) -> dict[str, Any]:
    return ocsf_event(**asdict(entry), issuer=settings().issuer)


def _cells(entry: Entry) -> tuple[str, ...]:
    at = instant_text(entry.at, with_seconds=True)
    return (at, entry.kind, entry.actor, entry.subject, json.dumps(entry.detail))


class _HeadType(click.ParamType[Head]):
    """A head as the log publishes it: the number of its segment and its digest."""

    name = "NUMBER:DIGEST"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Head:
        """Read a head; anything else is refused."""
        found = HEAD.fullmatch(value)
        if found is None:
            self.fail(f"{value!r} is no head, such as 12:9f86…, with 64 digits.", param, ctx)
        return Head(int(found[1]), found[2].lower())


@command("verify", group=audit)
@click.option(
    "--head",
    "heads",
    type=_HeadType(),
    multiple=True,
    help="A head from the log (audit.sealed), segment:head; it finds an end that was cut off.",
)
@progress.OPTION
def verify(*, heads: tuple[Head, ...], is_wanted: bool) -> Reply:
    """Say whether the audit log is what it was; name what was edited, deleted, reordered, cut off."""
    line = Progress(is_wanted=is_wanted)
    verdict = audit_verification.verify(
        keys_of_audit(settings()),
        heads,
        tell=lambda count: line.say(f"{count:,} events compared"),
    )
    line.end()
    faults = counts_text(verdict.counts)
    if faults:
        click.echo(f"mandate: the audit log does not match its chain: {faults}", err=True)
    notes = _notes(verdict, heads)
    text = "\n".join([_summary(verdict), *map(finding_text, verdict.findings), *notes])
    return Reply(_verdict_value(verdict, notes), text, 1 if faults else 0)


def _summary(verdict: Verdict) -> str:
    head = f"{verdict.head.number}:{verdict.head.digest}" if verdict.head else "none"
    return f"{verdict.events:,} events in {verdict.segments:,} segments were compared. Head: {head}"


def _notes(verdict: Verdict, heads: tuple[Head, ...]) -> list[str]:
    unsealed, since = verdict.unsealed, verdict.unsealed.since
    notes = [
        f"Head {head.number} cannot be compared: retention has removed its events."
        for head in verdict.too_old
    ]
    if verdict.unproven:
        notes.append(f"{verdict.unproven:,} events could not be compared.")
    if unsealed.count:
        oldest = (
            "" if since is None else f", the oldest from {instant_text(since, with_seconds=True)}"
        )
        is_late = since is None or now() - since > SEALED_WITHIN
        late = "; warning: that is long, does the server run?" if is_late else ""
        notes.append(f"{unsealed.count:,} events are not sealed yet{oldest}{late}.")
    notes += [
        f"Event {restore.event} tells of a restore ({instant_text(restore.at)}): heads from between "
        "the backup and the restore are not in this log."
        for restore in verdict.restores
    ]
    if not heads:
        notes.append("Without --head nobody can see whether the newest segments were cut off.")
    return notes


def _verdict_value(verdict: Verdict, notes: list[str]) -> dict[str, Any]:
    head, since = verdict.head, verdict.unsealed.since
    return {
        "ok": not verdict.counts,
        "counts": verdict.counts,
        "findings": [
            {**_present(asdict(finding)), "text": finding_text(finding)}
            for finding in verdict.findings
        ],
        "segments": verdict.segments,
        "events": verdict.events,
        "unproven": verdict.unproven,
        "unsealed": {"count": verdict.unsealed.count, "since": instant_value(since)},
        "head": None if head is None else asdict(head),
        "notes": notes,
    }


def _present(value: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in value.items() if each is not None}
