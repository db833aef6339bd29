"""Opening a session under an Authorization, with its first tokens: for codes and device codes alike."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.domain.audit import AuditKind
from app.domain.credentials.secrets import (
    digest,
    new_refresh_token,
    new_session_id,
    random_base62,
)
from app.domain.lifetimes import Lifetimes, after
from app.models import ClientSession
from app.services import audit
from app.services.accounts.sign_in import Browser
from app.services.directory.audiences import Audience
from app.services.tokens.issuance import (
    Holder,
    Issue,
    TokenSet,
    choose_audience,
    mint,
    require_holder,
)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a session comes from: the Authorization, the client (row ids) and the resources asked for."""

    authorization_id: str
    client_id: str
    resources: tuple[str, ...]


def open_session(
    session: Session,
    origin: Origin,
    *,
    resource: str | None,
    with_refresh: bool,
    device: Browser,
    issue: Issue,
    at: datetime,
) -> tuple[str, TokenSet]:
    """Open a session, in the transaction that spent its credential; returns its id and tokens.

    Raises CredentialRejected when the Authorization has ended, TargetRejected for a resource that was
    not asked for.
    """
    holder = require_holder(session, origin.authorization_id, issue.catalog, at)
    audience = choose_audience(session, resource, list(origin.resources), issue)
    opened = _row(origin, holder, device, issue.lifetimes, at)
    refresh_token = new_refresh_token(opened.id, opened.seal_key) if with_refresh else None
    opened.refresh_digest = None if refresh_token is None else digest(refresh_token)
    session.add(opened)
    session.flush()
    _record(session, opened, holder, audience, at)
    tokens = mint(
        session,
        opened,
        holder,
        audience,
        refresh_token=refresh_token,
        narrowed_to=None,
        issue=issue,
        at=at,
    )
    return opened.id, tokens


def _record(
    session: Session, opened: ClientSession, holder: Holder, audience: Audience, at: datetime
) -> None:
    audit.record(
        session,
        AuditKind.SESSION_STARTED,
        at=at,
        actor="client",
        subject=opened.authorization_id,
        user_id=holder.authorization.user_id,
        session=opened.id,
        audience=audience.uri,
    )


def _row(
    origin: Origin, holder: Holder, device: Browser, spans: Lifetimes, at: datetime
) -> ClientSession:
    return ClientSession(
        id=new_session_id(),
        authorization_id=origin.authorization_id,
        client_id=origin.client_id,
        resources=list(origin.resources),
        approved=holder.authorization.capabilities,
        user_agent=device.user_agent[:300],
        address=device.address[:80],
        seal_key=random_base62(43),
        created_at=at,
        used_at=at,
        idle_expires_at=after(at, spans.refresh_idle),
        expires_at=after(at, spans.refresh_absolute),
    )
