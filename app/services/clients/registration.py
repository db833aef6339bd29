"""Clients that register themselves (RFC 7591) and manage their registration (RFC 7592).

Anybody may call this, so nothing grows without bound. There is a limit for each address, a ceiling for
all unused registrations, and a lifetime for each of them. An approved client is never removed here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.clients.auth_methods import SECRET_METHODS
from app.domain.clients.metadata import ClientMetadata, MetadataPolicy, read_registration
from app.domain.credentials.secrets import (
    Prefix,
    digest,
    is_well_formed,
    matches,
    new_id,
    new_secret,
    random_base62,
)
from app.domain.errors import MetadataRefused, RegistrationRefused, Unavailable
from app.domain.lifetimes import after
from app.models import Client
from app.services import audit, throttle
from app.services.clients.clients import ITSELF, describe, kept_secret
from app.services.clients.likenesses import require_own_name
from app.services.clients.suspension import disable_within
from app.services.clients.unused import forget_unused, purge_clients
from app.settings.registration import Registration

UNKNOWN = "The registration access token is missing or does not fit."
NOT_INITIAL = "Registration asks for the initial access token that the operator gave out."
FULL = "Too many tools have registered and were never used. Try again later."
SERVER_MEMBERS = (
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
)


@dataclass(frozen=True, slots=True)
class Registered:
    """A registration as its client sees it; a secret or token only when it is new or was sent."""

    identifier: str
    issued_at: datetime
    metadata: ClientMetadata
    secret: str | None
    access_token: str


def register(
    value: object,
    rules: Registration,
    policy: MetadataPolicy,
    *,
    initial_token: str,
    address: str,
    at: datetime,
) -> Registered:
    """Register a client; `value` is parsed JSON, `initial_token` empty when none was sent.

    Raises MetadataRefused, RedirectUriRefused, StatementRefused; RegistrationRefused without the
    initial access token that is asked for; Throttled; Unavailable at the ceiling.
    """
    is_open = rules.token_digest is None
    if not is_open and not matches(initial_token, rules.token_digest):
        raise RegistrationRefused(NOT_INITIAL)
    metadata = read_registration(value, policy)
    if is_open:  # a client that still learns what to send is told so before the limit counts it
        near, wide = throttle.registrations(rules.per_hour)
        throttle.spend(near, throttle.network_of(address), at=at)
        throttle.spend(wide, throttle.neighbourhood_of(address), at=at)
    secret = _new_secret(metadata.auth_method)
    token = new_secret(Prefix.REGISTRATION_TOKEN)
    row = Client(
        id=new_id("cli"),
        identifier=random_base62(22),
        registered_by=ITSELF,
        registration_digest=digest(token),
        created_at=at,
        removable_at=after(at, rules.unused_lifetime),
    )
    describe(row, metadata)
    row.secret_digest = None if secret is None else digest(secret)
    _keep(row, metadata, rules, at)
    return Registered(row.identifier, at, metadata, secret, token)


@repeated
def _keep(row: Client, metadata: ClientMetadata, rules: Registration, at: datetime) -> None:
    with writing() as session:
        require_own_name(session, metadata)
        _make_room(session, rules, at)
        session.add(row)
        _audit(session, AuditKind.CLIENT_REGISTERED, row, at)


def _make_room(session: Session, rules: Registration, at: datetime) -> None:
    """Remove expired registrations; at the ceiling also the oldest unused ones over an hour old."""
    purge_clients(session, before=at, at=at)
    unused = select(func.count()).where(Client.removable_at.is_not(None))  # the index alone
    if (session.scalar(unused) or 0) < rules.ceiling:
        return
    hour_old = after(at, rules.unused_lifetime - 3_600)
    if not purge_clients(session, before=hour_old, at=at):
        raise Unavailable(FULL, detail="the ceiling of registrations")


@repeated
def read(identifier: str, token: str) -> Registered:
    """Return a registration to its client (RFC 7592 section 2.1); raises RegistrationRefused."""
    with reading() as session:
        row = _require(session, identifier, token)
        return Registered(row.identifier, row.created_at, _metadata(row), None, token)


@repeated
def replace(
    identifier: str, token: str, value: object, policy: MetadataPolicy, *, at: datetime
) -> Registered:
    """Replace a registration's metadata (RFC 7592 section 2.2); raises as `register`.

    A client that now authenticates by a secret, and did not before, gets one.
    """
    with reading() as session:
        _require(session, identifier, token)
    throttle.spend(throttle.REGISTRATION_CHANGES, identifier, at=at)
    metadata = read_registration(value, policy)
    with writing() as session:
        row = _require(session, identifier, token, lock=True)
        _check_own_members(row, value, at)
        if metadata.name != row.name:
            require_own_name(session, metadata)
        secret = None if row.secret_digest else _new_secret(metadata.auth_method)
        kept = digest(secret) if secret else row.secret_digest
        row.secret_digest = kept if metadata.auth_method in SECRET_METHODS else None
        if row.secret_digest is None:
            row.previous_secret_digest = row.previous_secret_ends_at = None
        if describe(row, metadata):
            _audit(session, AuditKind.CLIENT_UPDATED, row, at)
        return Registered(row.identifier, row.created_at, metadata, secret, token)


@repeated
def remove(identifier: str, token: str, *, at: datetime) -> None:
    """End a registration (RFC 7592 section 2.3): its tokens stop; raises RegistrationRefused.

    An approved client stays as a disabled row, because the user's history refers to it.
    """
    with writing() as session:
        row = _require(session, identifier, token, lock=True)
        _audit(session, AuditKind.CLIENT_REMOVED, row, at)
        session.flush()
        if forget_unused(session, row.id):
            return
        row.registration_digest = None
        disable_within(session, row, at=at)


def _require(session: Session, identifier: str, token: str, *, lock: bool = False) -> Client:
    row: Client | None = None
    if is_well_formed(token, Prefix.REGISTRATION_TOKEN):
        wanted = select(Client).where(Client.registration_digest == digest(token))
        # No key is changed: tokens may be issued meanwhile, or the two would wait for each other.
        locked = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
        row = session.scalar(locked if lock else wanted)
    # Compared after the look-up: another client's token must not even say that this one exists.
    if row is None or row.identifier != identifier or row.disabled_at is not None:
        raise RegistrationRefused(UNKNOWN)
    return row


def _check_own_members(row: Client, value: object, at: datetime) -> None:
    sent: dict[str, Any] = value if isinstance(value, dict) else {}
    if sent.get("client_id") != row.identifier:
        raise MetadataRefused("client_id must be the one of this registration.")
    if named := [name for name in SERVER_MEMBERS if sent.get(name) is not None]:
        raise MetadataRefused(f"{named[0]} is for the server to say.")
    secret = sent.get("client_secret")
    if secret is not None and not (isinstance(secret, str) and kept_secret(row).fits(secret, at)):
        raise MetadataRefused("client_secret must be the present one, or left out.")


def _metadata(row: Client) -> ClientMetadata:
    return ClientMetadata(
        row.name,
        tuple(row.redirect_uris),
        row.auth_method,
        tuple(row.grant_types),
        row.extra_metadata,
    )


def _new_secret(method: str) -> str | None:
    return new_secret(Prefix.CLIENT_SECRET) if method in SECRET_METHODS else None


def _audit(session: Session, kind: AuditKind, row: Client, at: datetime) -> None:
    audit.record(session, kind, at=at, actor="client", subject=row.identifier, name=row.name)
