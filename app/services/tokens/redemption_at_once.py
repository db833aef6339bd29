"""Redeeming a code in two round trips: one reads, one spends.

1. One statement reads the code and all that it rests on, by keys alone. What its Authorization comes
   to is kept; only when that is not known (any more), a further one reads the parts.
2. The rules of the long way decide: verifier, redirect URI, which audience.
3. One statement spends the code if nobody has, and adds the session, its access token and the audit
   events. Whoever comes second finds nothing to spend.

This serves a good redemption. For everything else it returns None and changes nothing:
`code_redemption` counts wrong verifiers and ends what a replayed code gave.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, bindparam, select

from app.database.compiled_select import CompiledSelect, instant, parsed
from app.database.compiled_spend import CompiledSpend
from app.domain.credentials import pkce
from app.domain.credentials.secrets import Prefix, digest, is_well_formed
from app.domain.user_agents import Peer
from app.models import AccessToken, AuditEvent, Authorization, AuthorizationCode, ClientSession
from app.models.base import table_of
from app.services.tokens.code_redemption import MAX_FAILED_VERIFIERS
from app.services.tokens.grounds import Grounds, grounds_of, with_grounds
from app.services.tokens.issuance import Origin, new_session
from app.services.tokens.kept import Issued, Kept
from app.services.tokens.live_authorization import IssuancePolicy, choose_audience

OWN = (
    AuthorizationCode.redirect_uri,
    AuthorizationCode.code_challenge,
    AuthorizationCode.resources,
    AuthorizationCode.expires_at,
)
READ = CompiledSelect(
    lambda _rows, _row: with_grounds(AuthorizationCode, *OWN).where(
        AuthorizationCode.digest == bindparam("code"), AuthorizationCode.redeemed_at.is_(None)
    )
)
SPEND = CompiledSpend(
    AuthorizationCode.digest == bindparam("code"),
    AuthorizationCode.redeemed_at.is_(None),
    AuthorizationCode.failed_verifiers < bindparam("most_failed"),
    select(Authorization.id)
    .where(
        Authorization.id == AuthorizationCode.authorization_id, Authorization.revoked_at.is_(None)
    )
    .exists(),
    table=table_of(AuthorizationCode),
    adds=(table_of(ClientSession), table_of(AccessToken), table_of(AuditEvent)),
)


@dataclass(frozen=True, slots=True)
class CodeSnapshot:
    """A code that nobody has spent, with its grounds."""

    digest: str
    redirect_uri: str
    code_challenge: str
    resources: tuple[str, ...]
    expires_at: datetime
    grounds: Grounds


@dataclass(frozen=True, slots=True)
class Redemption:
    """What a client sends with a code, and from where."""

    redirect_uri: str
    verifier: str
    resource: str | None
    peer: Peer


def find(text: str, engine: Engine) -> CodeSnapshot | None:
    """Return a code, None when it is spent or something that it rests on has been ended.

    Raises Unavailable.
    """
    if not is_well_formed(text, Prefix.AUTHORIZATION_CODE):
        return None
    found = READ.rows({"code": digest(text)}, engine)
    if not found:
        return None
    redirect_uri, challenge, resources, ends, *grounds = found[0]
    return CodeSnapshot(
        digest(text),
        redirect_uri,
        challenge,
        tuple(parsed(resources)),
        instant(ends),
        grounds_of(grounds),
    )


def redeem(
    found: CodeSnapshot,
    request: Redemption,
    *,
    with_refresh: bool,
    kept: Kept,
    policy: IssuancePolicy,
    at: datetime,
    engine: Engine,
) -> Issued | None:
    """Spend a code and open a session under its Authorization, or return None.

    Raises TargetRejected, CredentialRejected or Conflict with nothing changed, and Unavailable, after
    which the code may be spent.
    """
    if not _is_good(found, request, at):
        return None
    grounds = found.grounds
    known = kept.access.now(grounds, None, catalog=policy.catalog, at=at, engine=engine)
    if known is None:
        return None
    recognise = kept.recognition(grounds, policy)
    opened = new_session(
        Origin(grounds.authorization.id, grounds.client.id, found.resources),
        known.live,
        choose_audience(recognise, request.resource, found.resources, known.live),
        with_refresh=with_refresh,
        peer=request.peer,
        policy=policy,
        at=at,
    )
    spent = SPEND.run(
        {"code": found.digest, "most_failed": MAX_FAILED_VERIFIERS},
        {"redeemed_at": at, "session_id": opened.id},
        (opened.session, opened.token, opened.event),
        engine,
    )
    return Issued(opened.tokens, known.details) if spent else None


def _is_good(found: CodeSnapshot, request: Redemption, at: datetime) -> bool:
    return (
        found.expires_at > at
        and request.redirect_uri == found.redirect_uri
        and pkce.is_verifier(request.verifier)
        and pkce.proves(request.verifier, found.code_challenge)
    )
