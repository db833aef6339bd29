"""Tokens of service accounts (RFC 6749 section 4.4): bounded by the account as it is now."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.credentials.secrets import Prefix, digest, is_well_formed, new_secret
from app.domain.errors import ScopeRejected
from app.domain.lifetimes import after
from app.domain.management import AdminScope, in_order, token_scopes
from app.models import Client, ManagementToken
from app.services import audit
from app.services.clients.clients import ClientInfo


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as the token endpoint answers with it; `expires_in` in seconds."""

    text: str
    scopes: tuple[str, ...]
    expires_in: int


@dataclass(frozen=True, slots=True)
class Account:
    """A service account that calls, with what it may do in this call."""

    client_id: str
    scopes: frozenset[AdminScope]


@repeated
def issue(account: ClientInfo, scope: str, *, lifetime: int, at: datetime) -> NewToken:
    """Issue a token for an account that has authenticated; raises ScopeRejected."""
    if not account.admin_scopes:
        raise ScopeRejected("This client is no service account.")
    text, scopes = new_secret(Prefix.ACCESS_TOKEN), token_scopes(scope, account.admin_scopes)
    with writing() as session:
        session.add(
            ManagementToken(
                digest=digest(text),
                client_id=account.id,
                scopes=[*in_order(scopes)],
                issued_at=at,
                expires_at=after(at, lifetime),
            )
        )
        audit.record(
            session,
            AuditKind.MANAGEMENT_TOKEN_ISSUED,
            at=at,
            actor=f"account:{account.identifier}",
            subject=account.identifier,
            scopes=in_order(scopes),
        )
    return NewToken(text, in_order(scopes), lifetime)


@repeated
def account_of(text: str, *, at: datetime) -> Account | None:
    """Return who calls with a token, None when it is not one or has ended.

    What the account lost is lost to its tokens; a disabled account has none.
    """
    if not is_well_formed(text, Prefix.ACCESS_TOKEN):
        return None
    with reading() as session:
        found = session.execute(
            select(ManagementToken.scopes, Client.identifier, Client.admin_scopes)
            .join(Client, Client.id == ManagementToken.client_id)
            .where(
                ManagementToken.digest == digest(text),
                ManagementToken.expires_at > at,
                Client.disabled_at.is_(None),
            )
        ).first()
    if found is None:
        return None
    scopes = set(found.scopes) & set(found.admin_scopes or ())
    return Account(found.identifier, frozenset(map(AdminScope, scopes)))


@repeated
def revoke(text: str, account: ClientInfo, *, at: datetime) -> None:
    """End a token of this account (RFC 7009); any other text changes nothing."""
    with writing() as session:
        ended = session.scalar(
            delete(ManagementToken)
            .where(ManagementToken.digest == digest(text), ManagementToken.client_id == account.id)
            .returning(ManagementToken.client_id)
        )
        if ended is not None:
            audit.record(
                session,
                AuditKind.MANAGEMENT_TOKEN_REVOKED,
                at=at,
                actor=f"account:{account.identifier}",
                subject=account.identifier,
            )
