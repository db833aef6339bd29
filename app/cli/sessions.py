"""`mandate sessions end`: recalling what was issued."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from app.cli.base import ACTOR, Reply, command
from app.cli.spans import instant_of
from app.domain.errors import Invalid
from app.domain.sentences.lists import count_text
from app.runtime.clock import now
from app.services import recall
from app.services.bulk_ends import Ended
from app.services.recall import Paused, Recall

KEEP_KEYS = click.option(
    "--keep-keys", is_flag=True, help="After a restore: API keys go on, revoked ones too."
)


@click.group("sessions")
def sessions() -> None:
    """Sign-ins of people and of their tools."""


@command("end", group=sessions)
@click.option("--issued-after", help="Issued at or after an ISO 8601 time, or a span such as 2h.")
@click.option(
    "--issued-before", help="Issued before a time; a session is issued until its last refresh."
)
@click.option("--user", help="Only this user's.")
@click.option("--tool", help="Only this tool's, by its client_id; browsers stay signed in.")
@click.option("--all", "everything", is_flag=True, help="Everybody's.")
@click.option(
    "--after-restore", is_flag=True, help="All that may have been revoked since a backup."
)
@KEEP_KEYS
def end(
    *,
    issued_after: str | None,
    issued_before: str | None,
    user: str | None,
    tool: str | None,
    everything: bool,
    after_restore: bool,
    keep_keys: bool,
) -> Reply:
    """End sessions of tools and sign-ins of browsers, with their tokens and codes, at once."""
    is_narrowed = any(each is not None for each in (issued_after, issued_before, user, tool))
    if is_narrowed + everything + after_restore != 1:
        raise Invalid("Say which: --all, --after-restore, or one or more of the other options.")
    if keep_keys and not after_restore:
        raise Invalid("--keep-keys goes with --after-restore: API keys stay in any other case.")
    at = now()
    if after_restore:
        return restored(*recall.end_after_restore(keep_keys=keep_keys, at=at, actor=ACTOR))
    which = Recall(
        None if issued_after is None else instant_of(issued_after, at),
        None if issued_before is None else instant_of(issued_before, at),
        user,
        tool,
    )
    ended = recall.end_sessions(which, at=at, actor=ACTOR)
    return Reply(asdict(ended), ended_text(ended))


def ended_text(ended: Ended) -> str:
    """Return what ended, in a sentence."""
    counts = (
        count_text(ended.sessions, "session") + " of tools",
        count_text(ended.browser_sessions, "browser session"),
        count_text(ended.codes, "code"),
        count_text(ended.pending_requests, "pending request"),
    )
    return f"{', '.join(counts)} and {count_text(ended.device_codes, 'device code')} ended."


def restored(ended: Ended, paused: Paused, before: Sequence[str] = (), **more: Any) -> Reply:
    """Return the reply of a restore: what ended, what is paused, and what is left to do."""
    tools, keys = count_text(paused.tools, "tool"), count_text(paused.api_keys, "API key")
    text = "\n".join(
        (
            *before,
            ended_text(ended),
            f"{tools} and {keys} paused; their people resume them, or approve them again.",
            "Disable again who was disabled since the backup, and rotate again what was rotated.",
        )
    )
    return Reply({**more, "ended": asdict(ended), "paused": asdict(paused)}, text)
