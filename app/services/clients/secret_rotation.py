"""Replacing the secret of a client or of a resource server while it is in use.

The secret before counts for the overlap, so that the program can be given the new one in time. There is
one secret before at most: rotating again within an overlap ends it.
"""

from dataclasses import dataclass
from datetime import datetime

from app.database.repetition import repeated
from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.domain.clients.auth_methods import SECRET_METHODS
from app.domain.credentials.rotated_secrets import MAX_OVERLAP
from app.domain.credentials.secrets import Prefix, digest, new_secret
from app.domain.errors import Invalid
from app.domain.lifetimes import after
from app.domain.sentences.instants import span_text
from app.models import Client, ResourceServer
from app.services import audit
from app.services.clients import clients, resource_servers


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A new secret with its `text`, which is never available again, and when the one before stops."""

    identifier: str
    text: str
    previous_ends_at: datetime


@repeated
def rotate_client(identifier: str, *, overlap: int, at: datetime, actor: str) -> NewSecret:
    """Give a client a new secret; the old one counts for `overlap` more seconds, 0 ends it at once.

    Raises NotFound; Invalid for a client without a secret, and for an overlap beyond 30 days.
    """
    _check_overlap(overlap)
    with writing() as session:
        row = clients.require_row(session, identifier)
        if row.auth_method not in SECRET_METHODS or row.secret_digest is None:
            raise Invalid(f"The client {identifier[:80]!r} has no secret to rotate.")
        made = _replace(row, overlap, at)
        kind = AuditKind.CLIENT_SECRET_ROTATED
        audit.record(session, kind, at=at, actor=actor, subject=identifier, overlap=overlap)
    return made


@repeated
def rotate_resource_server(identifier: str, *, overlap: int, at: datetime, actor: str) -> NewSecret:
    """Give a resource server a new secret, as `rotate_client`. Raises NotFound or Invalid."""
    _check_overlap(overlap)
    with writing() as session:
        made = _replace(resource_servers.require_row(session, identifier), overlap, at)
        kind = AuditKind.RESOURCE_SERVER_SECRET_ROTATED
        audit.record(session, kind, at=at, actor=actor, subject=identifier, overlap=overlap)
    return made


def _check_overlap(overlap: int) -> None:
    if not 0 <= overlap <= MAX_OVERLAP:
        raise Invalid(f"The old secret may live for at most {span_text(MAX_OVERLAP)} more.")


def _replace(row: Client | ResourceServer, overlap: int, at: datetime) -> NewSecret:
    text, ends = new_secret(Prefix.CLIENT_SECRET), after(at, overlap)
    row.previous_secret_digest = row.secret_digest if overlap else None
    row.previous_secret_ends_at = ends if overlap else None
    row.secret_digest = digest(text)
    return NewSecret(row.identifier, text, ends)
