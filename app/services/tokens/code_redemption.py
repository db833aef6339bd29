"""Redeeming an authorization code, which `app.services.consent.authorization_response` issued.

What may happen once is spent by one conditional UPDATE before anything is issued, in the same
transaction. The first redemption wins. Every later one is a replay and ends the session that the
first one opened (RFC 6749 section 4.1.2), also when both came at the same moment.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.authorization_details import AuthorizationDetails
from app.domain.credentials.secrets import Prefix, digest, is_well_formed
from app.domain.errors import CredentialRejected
from app.domain.user_agents import Peer
from app.models import AuthorizationCode, ClientSession
from app.services import audit
from app.services.sessions import end_session
from app.services.tokens.issuance import Origin, TokenSet, open_session
from app.services.tokens.live_authorization import IssuancePolicy

MAX_FAILED_VERIFIERS = 5
REJECTED = "The code is unknown, expired, spent, or belongs to another request."


@dataclass(frozen=True, slots=True)
class StoredCode:
    """A code as the grant checks it, spent or not."""

    digest: str
    redirect_uri: str
    code_challenge: str


@repeated
def find_code(text: str, *, client_id: str) -> StoredCode | None:
    """Return the code of a client (its row id), spent or not; None for any other text."""
    if not is_well_formed(text, Prefix.AUTHORIZATION_CODE):
        return None
    with reading() as session:
        row = session.get(AuthorizationCode, digest(text))
        if row is None or row.client_id != client_id:
            return None
        return StoredCode(row.digest, row.redirect_uri, row.code_challenge)


@repeated
def note_wrong_verifier(code: StoredCode, *, at: datetime) -> None:
    """Count a wrong PKCE verifier: it does not spend the code, five of them kill it."""
    with writing() as session:
        authorization_id = session.scalar(
            update(AuthorizationCode)
            .where(AuthorizationCode.digest == code.digest, AuthorizationCode.redeemed_at.is_(None))
            .values(failed_verifiers=AuthorizationCode.failed_verifiers + 1)
            .returning(AuthorizationCode.authorization_id)
        )
        if authorization_id is not None:
            audit.record(
                session,
                AuditKind.CODE_REFUSED,
                at=at,
                actor="client",
                subject=authorization_id,
                reason="wrong code_verifier",
            )


@repeated
def redeem_code(
    code: StoredCode,
    *,
    resource: str | None,
    details: AuthorizationDetails | None = None,
    with_refresh: bool,
    peer: Peer,
    policy: IssuancePolicy,
    at: datetime,
) -> TokenSet:
    """Spend a code and open a session under its Authorization.

    Raises CredentialRejected: a valid replay also ends the session opened by the code. Raises
    TargetRejected for a resource that was not asked for, and AuthorizationDetailsRejected for details
    that were not given, both with the code unspent.
    """
    if _is_over(code):
        raise CredentialRejected(REJECTED, detail="replayed after its session ended")
    with writing() as session:
        row = _spend(session, code, at)
        if row is not None:
            origin = Origin(row.authorization_id, row.client_id, tuple(row.resources))
            row.session_id, tokens = open_session(
                session,
                origin,
                resource=resource,
                details=details,
                with_refresh=with_refresh,
                peer=peer,
                policy=policy,
                at=at,
            )
            return tokens
        _end_replayed(session, code, at)
    raise CredentialRejected(REJECTED, detail="spent, expired or killed")


@repeated
def _is_over(code: StoredCode) -> bool:
    """Tell a replay of what ended long ago without taking the write lock."""
    with reading() as session:
        ended = session.execute(
            select(ClientSession.ended_at)
            .join(AuthorizationCode, AuthorizationCode.session_id == ClientSession.id)
            .where(AuthorizationCode.digest == code.digest)
        ).scalar()
        return ended is not None


def _spend(session: Session, code: StoredCode, at: datetime) -> AuthorizationCode | None:
    return session.scalar(
        update(AuthorizationCode)
        .where(
            AuthorizationCode.digest == code.digest,
            AuthorizationCode.redeemed_at.is_(None),
            AuthorizationCode.expires_at > at,
            AuthorizationCode.failed_verifiers < MAX_FAILED_VERIFIERS,
        )
        .values(redeemed_at=at)
        .returning(AuthorizationCode)
    )


def _end_replayed(session: Session, code: StoredCode, at: datetime) -> None:
    """RFC 6749 section 4.1.2: a code used twice ends what it gave; not the whole Authorization."""
    session_id = session.scalar(
        select(AuthorizationCode.session_id).where(AuthorizationCode.digest == code.digest)
    )
    if session_id is not None:
        end_session(session, session_id, reason="the code was replayed", actor="client", at=at)
