"""A refresh in two round trips: one reads, one spends.

1. One statement reads the session and all that stands behind it.
2. The rules of the long way decide: which token it is, what it may be narrowed to, which audience.
3. One statement spends the token if it is still the current one, and adds the access token and the
   audit event. Whoever comes second finds nothing to spend.

This serves the current token of a session that stands. For everything else it returns None and
changes nothing: `refresh_tokens` locks the session and judges, whatever happened meanwhile.
"""

from datetime import datetime
from functools import partial

from sqlalchemy import Engine, bindparam

from app.database.compiled_spend import CompiledSpend
from app.domain.credentials.refresh_rotation import Presented, RotationState, judge
from app.models import AccessToken, AuditEvent, ClientSession
from app.models.base import table_of
from app.services.directory.kept_audiences import KeptAudiences
from app.services.tokens.issuance import Carrier, TokenSet, new_access_token
from app.services.tokens.live_authorization import IssuancePolicy, choose_audience, live_access
from app.services.tokens.refresh_tokens import Refresh, narrowing, refreshed, rotation
from app.services.tokens.session_snapshot import SessionSnapshot

SPEND = CompiledSpend(
    ClientSession.id == bindparam("session"),
    ClientSession.refresh_digest == bindparam("presented"),
    ClientSession.ended_at.is_(None),
    table=table_of(ClientSession),
    adds=(table_of(AccessToken), table_of(AuditEvent)),
)


def refresh(
    found: SessionSnapshot,
    request: Refresh,
    *,
    audiences: KeptAudiences,
    policy: IssuancePolicy,
    at: datetime,
    engine: Engine,
) -> TokenSet | None:
    """Rotate the current refresh token of a session and issue an access token, or return None.

    Raises what the long way raises, with nothing changed: ScopeRejected, TargetRejected,
    CredentialRejected, Unavailable.
    """
    ends = found.authorization.expires_at
    is_over = min(found.idle_expires_at, found.expires_at, ends or found.expires_at) <= at
    if is_over or not _is_current(found, request.text, at):
        return None
    narrowed_to = narrowing(request.scope, found.approved, found.authorization.capabilities)
    live = live_access(found.authorization, found.live, policy.catalog, at, narrowed_to)
    recognise = partial(
        audiences.recognise, default=policy.default_audience, directory=found.directory
    )
    successor, columns = rotation(request.text, found.seal_key, policy.lifetimes, at)
    tokens, token = new_access_token(
        Carrier(found.id, found.expires_at),
        live,
        choose_audience(recognise, request.resource, found.resources, live),
        refresh_token=successor,
        narrowed_to=narrowed_to,
        policy=policy,
        at=at,
    )
    spent = SPEND.run(
        {"session": found.id, "presented": found.refresh_digest},
        columns,
        (token, refreshed(live, found.id, at)),
        engine,
    )
    return tokens if spent else None


def _is_current(found: SessionSnapshot, text: str, at: datetime) -> bool:
    state = RotationState(found.seal_key, found.refresh_digest, None, None)
    return judge(text, state, grace=0, at=at) is Presented.CURRENT
