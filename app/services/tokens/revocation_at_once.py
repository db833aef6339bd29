"""Revoking an access token in two round trips: one reads, one revokes.

1. One statement reads the token with its client and whose it is.
2. Authlib authenticates that client, on behalf of the caller.
3. One statement revokes the token if nobody has, and adds the audit event.

This serves an access token that is not revoked yet. For everything else it changes nothing:
`revocation` knows the answer.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, bindparam, select

from app.database.compiled_select import CompiledSelect
from app.database.compiled_spend import CompiledSpend
from app.domain.credentials.secrets import Prefix, digest, is_well_formed
from app.models import AccessToken, AuditEvent, Authorization, Client, ClientSession
from app.models.base import table_of
from app.services.tokens.grounds import CLIENT_COLUMNS, GroundsClient, client_of
from app.services.tokens.revocation import revoked

OWN: tuple[Any, ...] = (AccessToken.session_id, Authorization.id, Authorization.user_id)
READ = CompiledSelect(
    lambda _rows, _row: (
        select(*OWN, *CLIENT_COLUMNS)
        .select_from(AccessToken)
        .join(ClientSession, ClientSession.id == AccessToken.session_id)
        .join(Authorization, Authorization.id == ClientSession.authorization_id)
        .join(Client, Client.id == ClientSession.client_id)
        .where(
            AccessToken.digest == bindparam("token"),
            AccessToken.revoked_at.is_(None),
            Client.disabled_at.is_(None),
        )
    )
)
REVOKE = CompiledSpend(
    AccessToken.digest == bindparam("token"),
    AccessToken.revoked_at.is_(None),
    table=table_of(AccessToken),
    adds=(table_of(AuditEvent),),
)


@dataclass(frozen=True, slots=True)
class TokenSnapshot:
    """An access token that nobody has revoked, whose it is, and its client."""

    digest: str
    session_id: str
    authorization_id: str
    user_id: str
    client: GroundsClient


def find(text: str, engine: Engine) -> TokenSnapshot | None:
    """Return an access token, None for any other text or a revoked one. Raises Unavailable."""
    if not is_well_formed(text, Prefix.ACCESS_TOKEN):
        return None
    found = READ.rows({"token": digest(text)}, engine)
    if not found:
        return None
    session_id, authorization_id, user_id, *client = found[0]
    return TokenSnapshot(digest(text), session_id, authorization_id, user_id, client_of(client))


def revoke(found: TokenSnapshot, *, at: datetime, engine: Engine) -> bool:
    """Revoke a token of the client that has authenticated, and say whether nobody was first.

    Raises Unavailable.
    """
    event = revoked(found.authorization_id, found.user_id, found.session_id, at)
    return REVOKE.run({"token": found.digest}, {"revoked_at": at}, (event,), engine)
