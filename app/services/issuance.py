"""Redeeming an authorization code.

What may happen once is spent by one conditional UPDATE before anything is minted, in the same
transaction. Whether a refused one was a replay is decided afterwards. Fifty threads with one code
are forty-nine valid replays: one gets tokens, and they end with the first replay (RFC 6749 4.1.2).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.audit import AuditKind
from app.domain.errors import CredentialRejected
from app.domain.lifetimes import Lifetimes, after
from app.domain.secret_text import (
    Prefix,
    digest,
    is_well_formed,
    new_refresh_token,
    new_session_id,
    random_base62,
)
from app.models import AuthorizationCode, ClientSession
from app.services import audit
from app.services.database import reading, writing
from app.services.minting import (
    Holder,
    Issue,
    TokenSet,
    choose_audience,
    end_session,
    mint,
    require_holder,
)
from app.services.sign_in import Browser

MAX_FAILED_VERIFIERS = 5
REJECTED = "The code is unknown, expired, spent, or belongs to another request."


@dataclass(frozen=True, slots=True)
class KeptCode:
    """A code as the grant checks it, spent or not."""

    digest: str
    redirect_uri: str
    code_challenge: str


def find_code(text: str, *, client_id: str) -> KeptCode | None:
    """Return the code of a client (its row id), spent or not; None for any other text."""
    if not is_well_formed(text, Prefix.AUTHORIZATION_CODE):
        return None
    with reading() as session:
        row = session.get(AuthorizationCode, digest(text))
        if row is None or row.client_id != client_id:
            return None
        return KeptCode(row.digest, row.redirect_uri, row.code_challenge)


def note_wrong_verifier(kept: KeptCode, *, at: datetime) -> None:
    """Count a wrong PKCE verifier: it does not spend the code, five of them kill it."""
    with writing() as session:
        authorization_id = session.scalar(
            update(AuthorizationCode)
            .where(AuthorizationCode.digest == kept.digest, AuthorizationCode.redeemed_at.is_(None))
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


def redeem_code(
    kept: KeptCode,
    *,
    resource: str | None,
    with_refresh: bool,
    device: Browser,
    issue: Issue,
    at: datetime,
) -> TokenSet:
    """Spend a code and open a session under its Authorization.

    Raises CredentialRejected: a valid replay also ends the session minted from the code. Raises
    TargetRejected, with the code unspent, for a resource that was not asked for.
    """
    if _is_over(kept):
        raise CredentialRejected(REJECTED, detail="replayed after its session ended")
    with writing() as session:
        code = _spend(session, kept, at)
        if code is not None:
            return _open_session(
                session,
                code,
                resource=resource,
                with_refresh=with_refresh,
                device=device,
                issue=issue,
                at=at,
            )
        _end_replayed(session, kept, at)
    raise CredentialRejected(REJECTED, detail="spent, expired or killed")


def _is_over(kept: KeptCode) -> bool:
    """Tell a replay of what ended long ago without taking the write lock."""
    with reading() as session:
        ended = session.execute(
            select(ClientSession.ended_at)
            .join(AuthorizationCode, AuthorizationCode.session_id == ClientSession.id)
            .where(AuthorizationCode.digest == kept.digest)
        ).scalar()
        return ended is not None


def _spend(session: Session, kept: KeptCode, at: datetime) -> AuthorizationCode | None:
    return session.scalar(
        update(AuthorizationCode)
        .where(
            AuthorizationCode.digest == kept.digest,
            AuthorizationCode.redeemed_at.is_(None),
            AuthorizationCode.expires_at > at,
            AuthorizationCode.failed_verifiers < MAX_FAILED_VERIFIERS,
        )
        .values(redeemed_at=at)
        .returning(AuthorizationCode)
    )


def _end_replayed(session: Session, kept: KeptCode, at: datetime) -> None:
    """RFC 6749 section 4.1.2: a code used twice ends what it gave; not the whole Authorization."""
    session_id = session.scalar(
        select(AuthorizationCode.session_id).where(AuthorizationCode.digest == kept.digest)
    )
    if session_id is not None:
        end_session(session, session_id, reason="the code was replayed", actor="client", at=at)


def _open_session(
    session: Session,
    code: AuthorizationCode,
    *,
    resource: str | None,
    with_refresh: bool,
    device: Browser,
    issue: Issue,
    at: datetime,
) -> TokenSet:
    holder = require_holder(session, code.authorization_id, issue.catalog, at)
    audience = choose_audience(session, resource, code.resources, issue)
    opened = _session_row(code, holder, device, issue.lifetimes, at)
    refresh_token = new_refresh_token(opened.id, opened.seal_key) if with_refresh else None
    opened.refresh_digest = None if refresh_token is None else digest(refresh_token)
    session.add(opened)
    session.flush()
    code.session_id = opened.id
    audit.record(
        session,
        AuditKind.SESSION_STARTED,
        at=at,
        actor="client",
        subject=code.authorization_id,
        user_id=holder.authorization.user_id,
        session=opened.id,
        audience=audience.uri,
    )
    return mint(
        session,
        opened,
        holder,
        audience,
        refresh_token=refresh_token,
        narrowed_to=None,
        issue=issue,
        at=at,
    )


def _session_row(
    code: AuthorizationCode, holder: Holder, device: Browser, spans: Lifetimes, at: datetime
) -> ClientSession:
    return ClientSession(
        id=new_session_id(),
        authorization_id=code.authorization_id,
        client_id=code.client_id,
        resources=code.resources,
        approved=holder.authorization.capabilities,
        user_agent=device.user_agent[:300],
        address=device.address[:80],
        seal_key=random_base62(43),
        created_at=at,
        used_at=at,
        idle_expires_at=after(at, spans.refresh_idle),
        expires_at=after(at, spans.refresh_absolute),
    )
