"""Authorizations as lists and pages show them: who, what in one line, since when, in which state."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.database.pages import Found
from app.database.repetition import repeated
from app.database.transactions import reading
from app.domain.catalog import Catalog
from app.domain.clients.logos import Logo
from app.domain.clients.redirect_uris import host_of
from app.domain.delegation.access import Terms, effective_access
from app.domain.delegation.authorization import AuthorizationKind, AuthorizationState, state_of
from app.domain.delegation.limits import UserRights
from app.domain.sentences.access import Heading, counted, heading
from app.domain.user_agents import device_name
from app.models import ApiKey, Authorization, Client, ClientSession, User
from app.services.authorizations.delegation_form import FormContext
from app.services.authorizations.rows import terms_of_rows
from app.services.clients.clients import ClientInfo, client_info
from app.services.directory.permissions import rights_of_all

A_MOMENT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class AuthorizationSummary:
    """One Authorization; `summary` says what it may do now, or would if it were not stopped.

    `heading` says the same in words. `identity` is the host of an OAuth2 client or the hint of an API
    key. `vouched` says whose word a tool's name is, `device` where it was signed in last, `connected`
    that a sign-in of it is still open (an API key always is). `is_strong` says that it can do something
    sensitive. `logo` is the picture that is kept of a tool.
    """

    id: str
    kind: AuthorizationKind
    version: int
    name: str
    client_name: str
    identity: str
    vouched: str
    user_id: str
    username: str
    summary: str
    heading: Heading
    is_strong: bool
    is_verified: bool
    state: AuthorizationState
    capabilities: frozenset[str]
    projects: frozenset[str]
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None
    connected: bool = True
    device: str = ""
    logo: Logo | None = None


@repeated
def of_user(
    user_id: str, kind: AuthorizationKind, *, catalog: Catalog, at: datetime
) -> list[AuthorizationSummary]:
    """Return a user's Authorizations of one kind, the newest first."""
    with reading() as session:
        found = session.execute(
            everything()
            .where(Authorization.user_id == user_id, Authorization.kind == kind)
            .order_by(Authorization.revoked_at.is_not(None), Authorization.created_at.desc())
        ).all()
        return summaries(session, found, catalog=catalog, at=at)


def summary_of_row(
    session: Session, row: Authorization, context: FormContext, *, catalog: Catalog, at: datetime
) -> AuthorizationSummary:
    """Return one Authorization as the lists show it, within a running transaction."""
    return _one(
        row,
        session.get_one(User, row.user_id),
        context.client,
        terms=context.terms or Terms(),
        rights=context.rights,
        hint=hints(session, [row.id]).get(row.id, ""),
        catalog=catalog,
        at=at,
    )


def hints(session: Session, authorization_ids: Sequence[str]) -> dict[str, str]:
    """Return the hint of the newest API key under each Authorization: its last four characters."""
    rows = session.execute(
        select(ApiKey.authorization_id, ApiKey.last_four)
        .where(ApiKey.authorization_id.in_(authorization_ids))
        .order_by(ApiKey.created_at, ApiKey.id)
    )
    return {authorization_id: f"mdtk_…{last_four}" for authorization_id, last_four in rows}


def everything() -> Select[Authorization, User, Client]:
    """Return the statement of all Authorizations with their users and clients, in no order."""
    return (
        select(Authorization, User, Client)
        .join(User, User.id == Authorization.user_id)
        .outerjoin(Client, Client.id == Authorization.client_id)
    )


def summaries(
    session: Session, found: Sequence[Found], *, catalog: Catalog, at: datetime
) -> list[AuthorizationSummary]:
    """Return the rows of `everything` as the lists show them, within a running transaction."""
    terms = terms_of_rows(session, [row[0] for row in found])
    keys = [row[0].id for row in found if row[0].kind == AuthorizationKind.API_KEY]
    shown = hints(session, keys)
    rights = rights_of_all(session, {row[1].id for row in found})
    listed = [
        _one(
            row,
            user,
            _client_info(client_row),
            terms=terms[row.id],
            rights=rights[user.id],
            hint=shown.get(row.id, ""),
            catalog=catalog,
            at=at,
        )
        for row, user, client_row in (tuple(each)[:3] for each in found)
    ]
    tools = [row for row in listed if row.kind is AuthorizationKind.OAUTH2]
    live, devices = _connected(session, tools, at)
    return [
        replace(
            row,
            connected=row.kind is AuthorizationKind.API_KEY or row.id in live,
            device=devices.get(row.id, ""),
        )
        for row in listed
    ]


def _connected(
    session: Session, rows: Sequence[AuthorizationSummary], at: datetime
) -> tuple[frozenset[str], dict[str, str]]:
    """Return the ids that have an open session, or were approved a moment ago and have none yet.

    Beside them the device of the latest session of each.
    """
    sessions = session.execute(
        select(
            ClientSession.authorization_id,
            ClientSession.ended_at,
            ClientSession.expires_at,
            ClientSession.idle_expires_at,
            ClientSession.user_agent,
        )
        .where(ClientSession.authorization_id.in_([row.id for row in rows]))
        .order_by(ClientSession.used_at, ClientSession.id)
    ).all()
    devices = {authorization_id: device_name(agent) for authorization_id, *_, agent in sessions}
    live = {
        authorization_id
        for authorization_id, ended_at, expires_at, idle_expires_at, _ in sessions
        if ended_at is None and min(expires_at, idle_expires_at) > at
    }
    begun = {row.id for row in rows if row.id not in devices and row.created_at > at - A_MOMENT}
    return frozenset(live | begun), devices


def _client_info(client_row: Client | None) -> ClientInfo | None:
    return None if client_row is None else client_info(client_row)


def _one(
    row: Authorization,
    user: User,
    client: ClientInfo | None,
    *,
    terms: Terms,
    rights: UserRights,
    hint: str,
    catalog: Catalog,
    at: datetime,
) -> AuthorizationSummary:
    running = replace(terms, paused=False, revoked=False, expires_at=None)
    access = effective_access(running, rights.permissions, catalog=catalog, at=at)
    disabled = user.disabled_at is not None or (client is not None and client.disabled)
    return AuthorizationSummary(
        id=row.id,
        kind=AuthorizationKind(row.kind),
        version=row.version,
        name=row.name,
        client_name=client.name if client else "",
        identity=hint if client is None else _host(client),
        vouched=client.vouched if client else "",
        user_id=user.id,
        username=user.username,
        summary=counted(access, catalog),
        heading=heading(access, catalog, rights),
        is_strong=any(catalog.capabilities[name].sensitive for name in access.capabilities),
        is_verified=client is None or client.is_verified,
        state=state_of(terms, is_useful=access.is_useful and not disabled, at=at),
        capabilities=terms.capabilities,
        projects=frozenset(terms.projects),
        created_at=row.created_at,
        used_at=row.used_at,
        expires_at=row.expires_at,
        logo=client.logo if client else None,
    )


def _host(client: ClientInfo) -> str:
    return host_of(client.redirect_uris[0]) if client.redirect_uris else "no redirect URI"
