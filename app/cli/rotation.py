"""What clients and resource servers share: secrets that rotate with an overlap, and being disabled."""

from datetime import datetime, timedelta
from typing import Any, Protocol

import click

from app.cli.base import Reply, instant_value
from app.cli.spans import span_of
from app.domain.credentials.rotated_secrets import KeptSecret
from app.domain.errors import Invalid
from app.domain.sentences.instants import instant_text
from app.services.clients.secret_rotation import NewSecret

OVERLAP = click.option(
    "--overlap",
    default="1d",
    show_default=True,
    help="How long the old secret still works, such as 30m or 7d; 0 ends it at once.",
)


class HasSecret(Protocol):
    """A client or a resource server."""

    @property
    def disabled(self) -> bool:
        """Say whether it is disabled."""
        ...

    @property
    def secret(self) -> KeptSecret:
        """Return what is kept of its secret."""
        ...


def overlap_of(text: str) -> int:
    """Return an overlap in seconds; raises Invalid."""
    span = timedelta() if text == "0" else span_of(text)
    if span is None:
        raise Invalid(f"{text[:80]!r} is not a span such as 30m, 7d or 0.")
    return int(span.total_seconds())


def rotated(made: NewSecret, at: datetime) -> Reply:
    """Return what a rotation says: the new secret, once, and until when the old one works."""
    until = made.previous_ends_at if made.previous_ends_at > at else None
    old = f"works until {instant_text(until)}" if until else "has stopped"
    value = {
        "client_id": made.identifier,
        "client_secret": made.text,
        "previous_secret_until": instant_value(until),
    }
    text = (
        f"client_id      {made.identifier}\nclient_secret  {made.text}\n"
        f"The secret is not shown again. The old one {old}."
    )
    return Reply(value, text)


def state_value(info: HasSecret, at: datetime) -> dict[str, Any]:
    """Return the members that say in which state it is."""
    until = info.secret.overlap_ends_at(at)
    return {"disabled": info.disabled, "previous_secret_until": instant_value(until)}


def state_text(info: HasSecret, at: datetime) -> str:
    """Return its state for a list, empty when there is nothing to say."""
    until = info.secret.overlap_ends_at(at)
    overlap = f"old secret until {instant_text(until)}" if until else ""
    return ", ".join(filter(None, ("disabled" if info.disabled else "", overlap)))
