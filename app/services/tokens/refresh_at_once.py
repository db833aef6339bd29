"""A refresh in two round trips: one reads, one spends.

1. One statement reads the session and all that it rests on, by keys alone. What its Authorization comes
   to is kept; only when that is not known (any more), a further one reads the parts.
2. The rules of the long way decide: which token it is, what it may be narrowed to, which audience.
3. One statement spends the token if it is still the current one, and adds the access token and the
   audit event. Whoever comes second finds nothing to spend.

This serves the current token of a session that stands. For everything else it returns None and
changes nothing: `refresh_tokens` locks the session and judges, whatever happened meanwhile.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, bindparam

from app.database.compiled_select import CompiledSelect, instant, parsed
from app.database.compiled_spend import CompiledSpend
from app.domain.credentials.refresh_rotation import Presented, RotationState, judge
from app.domain.credentials.secrets import digest
from app.models import AccessToken, AuditEvent, ClientSession
from app.models.base import table_of
from app.services.tokens.grounds import Grounds, grounds_of, with_grounds
from app.services.tokens.issuance import Carrier, new_access_token
from app.services.tokens.kept import Issued, Kept
from app.services.tokens.live_authorization import IssuancePolicy, choose_audience
from app.services.tokens.refresh_tokens import Refresh, narrowing, refreshed, rotation

OWN = (
    ClientSession.seal_key,
    ClientSession.refresh_digest,
    ClientSession.resources,
    ClientSession.approved,
    ClientSession.idle_expires_at,
    ClientSession.expires_at,
)
READ = CompiledSelect(
    lambda _rows, _row: with_grounds(ClientSession, *OWN).where(
        ClientSession.id == bindparam("session"), ClientSession.ended_at.is_(None)
    )
)
SPEND = CompiledSpend(
    ClientSession.id == bindparam("session"),
    bindparam("presented") == ClientSession.refresh_digest,
    ClientSession.ended_at.is_(None),
    table=table_of(ClientSession),
    adds=(table_of(AccessToken), table_of(AuditEvent)),
)


@dataclass(frozen=True, slots=True)
class SessionSnapshot:
    """A session that nobody has ended, with its grounds."""

    id: str
    seal_key: str
    refresh_digest: str | None
    resources: tuple[str, ...]
    approved: tuple[str, ...]
    idle_expires_at: datetime
    expires_at: datetime
    grounds: Grounds


def find(session_id: str, engine: Engine) -> SessionSnapshot | None:
    """Return a session, None when somebody has ended it or its grounds. Raises Unavailable."""
    found = READ.rows({"session": session_id}, engine)
    if not found:
        return None
    seal_key, refresh_digest, resources, approved, idle, ends, *grounds = found[0]
    return SessionSnapshot(
        session_id,
        seal_key,
        refresh_digest,
        tuple(parsed(resources)),
        tuple(parsed(approved)),
        instant(idle),
        instant(ends),
        grounds_of(grounds),
    )


def refresh(
    found: SessionSnapshot,
    request: Refresh,
    *,
    kept: Kept,
    policy: IssuancePolicy,
    at: datetime,
    engine: Engine,
) -> Issued | None:
    """Rotate the current refresh token of a session and issue an access token, or return None.

    Raises ScopeRejected, TargetRejected, CredentialRejected or Conflict with nothing changed, and
    Unavailable, after which the token may be spent.
    """
    if not _is_current(found, request.text, at):
        return None
    grounds = found.grounds
    narrowed_to = narrowing(request.scope, found.approved, grounds.authorization.capabilities)
    known = kept.access.now(grounds, narrowed_to, catalog=policy.catalog, at=at, engine=engine)
    if known is None:
        return None
    recognise = kept.recognition(grounds, policy)
    successor, columns = rotation(request.text, found.seal_key, policy.lifetimes, at)
    tokens, token = new_access_token(
        Carrier(found.id, found.expires_at),
        known.live,
        choose_audience(recognise, request.resource, found.resources, known.live),
        refresh_token=successor,
        narrowed_to=narrowed_to,
        policy=policy,
        at=at,
    )
    where = {"session": found.id, "presented": digest(request.text)}
    spent = SPEND.run(where, columns, (token, refreshed(known.live, found.id, at)), engine)
    return Issued(tokens, known.details) if spent else None


def _is_current(found: SessionSnapshot, text: str, at: datetime) -> bool:
    """Say whether the text is the token to be spent; other ends than idleness bound what is issued."""
    if found.idle_expires_at <= at:
        return False
    state = RotationState(found.seal_key, found.refresh_digest, None, None)
    return judge(text, state, grace=0, at=at) is Presented.CURRENT
