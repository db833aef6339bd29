"""Clients: register by an administrator, find, list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.database.pages import Found, Order, in_pages
from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.catalog import Catalog
from app.domain.clients import addition
from app.domain.clients.asked_metadata import REASONS, REQUIRED, TYPES
from app.domain.clients.auth_methods import SECRET_METHODS, USUAL_GRANT_TYPES
from app.domain.clients.logos import Logo, host
from app.domain.clients.metadata import ClientMetadata
from app.domain.clients.redirect_uris import host_of
from app.domain.credentials.rotated_secrets import KeptSecret
from app.domain.credentials.secrets import (
    Prefix,
    digest,
    new_id,
    new_secret,
    random_base62,
)
from app.domain.errors import NotFound
from app.domain.management import AdminScope
from app.domain.names import check_name
from app.models import Client, ResourceServer
from app.services import audit
from app.services.clients import kept_logos
from app.services.clients.pictures import drawn_logo

ADMINISTRATOR = "administrator"
ITSELF = "itself"
DOCUMENT = "document"
# Who removed its own registration has no token for it any more.
IS_SWITCHED_OFF = and_(
    Client.disabled_at.is_not(None),
    or_(Client.registered_by != ITSELF, Client.registration_digest.is_not(None)),
)


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """A client as the faces see one; `identifier` is the wire's client_id."""

    id: str
    identifier: str
    name: str
    auth_method: str
    redirect_uris: tuple[str, ...]
    grant_types: tuple[str, ...]
    capabilities: frozenset[str] | None
    registered_by: str
    disabled: bool
    secret: KeptSecret
    extra_metadata: Mapping[str, Any]
    logo_digest: str | None
    admin_scopes: frozenset[AdminScope] | None = None

    @property
    def is_verified(self) -> bool:
        """Say whether somebody other than the tool vouches for its name."""
        return self.registered_by == ADMINISTRATOR

    @property
    def publisher(self) -> str:
        """Return the host that publishes the client's metadata document; empty for other clients."""
        return host_of(self.identifier) if self.registered_by == DOCUMENT else ""

    @property
    def logo(self) -> Logo | None:
        """Return the picture that is kept of the client; one that registered itself has none."""
        if self.logo_digest is None or self.registered_by == ITSELF:
            return None
        return Logo(self.logo_digest, host(self.identifier) if self.publisher else "")

    @property
    def vouched(self) -> str:
        """Return whose word the client's name is, for lists."""
        if self.publisher:
            return f"published by {self.publisher}"
        return "verified" if self.is_verified else "registered itself, not verified"

    @property
    def details_types(self) -> frozenset[str] | None:
        """Return the types of authorization_details it registered for; None: all (RFC 9396)."""
        listed = self.extra_metadata.get(TYPES)
        return None if listed is None else frozenset(listed)

    @property
    def required(self) -> frozenset[str]:
        """Return the capabilities that the tool cannot do without, in its developer's word."""
        return frozenset(self.extra_metadata.get(REQUIRED, "").split())

    @property
    def reasons(self) -> Mapping[str, str]:
        """Return its developer's reasons, one line each, by capability."""
        return dict(self.extra_metadata.get(REASONS, {}))

    def may_ask(self, catalog: Catalog) -> frozenset[str]:
        """Return the capabilities that the client may ask for."""
        everything = frozenset(catalog.capabilities)
        return everything if self.capabilities is None else everything & self.capabilities


def client_info(row: Client) -> ClientInfo:
    """Return the row as a value."""
    return ClientInfo(
        id=row.id,
        identifier=row.identifier,
        name=row.name,
        auth_method=row.auth_method,
        redirect_uris=tuple(row.redirect_uris),
        grant_types=tuple(row.grant_types),
        capabilities=None if row.capabilities is None else frozenset(row.capabilities),
        registered_by=row.registered_by,
        disabled=row.disabled_at is not None,
        secret=kept_secret(row),
        extra_metadata=row.extra_metadata,
        logo_digest=row.logo_digest,
        admin_scopes=_admin_scopes(row),
    )


def _admin_scopes(row: Client) -> frozenset[AdminScope] | None:
    return None if row.admin_scopes is None else frozenset(map(AdminScope, row.admin_scopes))


def kept_secret(row: Client | ResourceServer) -> KeptSecret:
    """Return what is kept of a secret and of the one before it."""
    return KeptSecret(row.secret_digest, row.previous_secret_digest, row.previous_secret_ends_at)


def add_client(
    name: str,
    *,
    redirect_uris: Sequence[str],
    auth_method: str,
    grant_types: Sequence[str] = USUAL_GRANT_TYPES,
    capabilities: Sequence[str] | None = None,
    keys: Mapping[str, Any] | None = None,
    requests: Mapping[str, Any] | None = None,
    logo: bytes | None = None,
    schemes: frozenset[str] = frozenset(),
    catalog: Catalog,
    at: datetime,
    actor: str,
) -> tuple[ClientInfo, str | None]:
    """Register a client; returns it and its secret's text (None when it has none). Raises Invalid.

    A public client may have `schemes` without a dot; `keys` and `requests` are optional metadata, `logo`
    is a picture as it came.
    """
    addition.check_client(auth_method, grant_types, capabilities or (), catalog)
    addition.check_redirect_uris(redirect_uris, grant_types, auth_method, schemes)
    secret = new_secret(Prefix.CLIENT_SECRET) if auth_method in SECRET_METHODS else None
    row = Client(
        id=new_id("cli"),
        identifier=random_base62(22),
        name=check_name(name),
        secret_digest=None if secret is None else digest(secret),
        auth_method=auth_method,
        redirect_uris=list(dict.fromkeys(redirect_uris)),
        grant_types=list(dict.fromkeys(grant_types)),
        capabilities=None if capabilities is None else sorted(set(capabilities)),
        extra_metadata=addition.extra_metadata_of(auth_method, keys or {}, requests or {}, catalog),
        registered_by=ADMINISTRATOR,
        created_at=at,
    )
    png = None if logo is None else drawn_logo(logo)
    _add(row, name, png, at=at, actor=actor)
    return client_info(row), secret


@repeated
def _add(row: Client, name: str, png: bytes | None, *, at: datetime, actor: str) -> None:
    with writing() as session:
        session.add(row)
        if png is not None:
            kept_logos.keep(session, row, png)
        audit.record(
            session, AuditKind.CLIENT_ADDED, at=at, actor=actor, subject=row.identifier, name=name
        )


def describe(row: Client, metadata: ClientMetadata) -> set[str]:
    """Make a row say what a client says about itself; returns the names of the columns that changed."""
    values: dict[str, Any] = {
        "name": metadata.name,
        "auth_method": metadata.auth_method,
        "redirect_uris": list(metadata.redirect_uris),
        "grant_types": list(metadata.grant_types),
        "extra_metadata": dict(metadata.extra_metadata),
    }
    changed = {name for name, value in values.items() if getattr(row, name) != value}
    for name in changed:
        setattr(row, name, values[name])
    if "extra_metadata" in changed:
        row.fetched_keys = row.keys_read_at = None  # the new metadata may name other keys
    return changed


@repeated
def find_client(identifier: str) -> ClientInfo | None:
    """Return the enabled client of a client_id, or None."""
    with reading() as session:
        row = session.scalar(select(Client).where(Client.identifier == identifier))
        return None if row is None or row.disabled_at is not None else client_info(row)


@repeated
def is_switched_off(identifier: str) -> bool:
    """Say whether an administrator has disabled the client of a client_id."""
    known = select(Client.id).where(Client.identifier == identifier, IS_SWITCHED_OFF)
    with reading() as session:
        return session.scalar(known) is not None


def clients(
    *, after: tuple[str, str] | None = None, limit: int | None = None
) -> Iterator[ClientInfo]:
    """Give clients by name, those after a name and client_id, read a page at a time.

    Raises Unavailable on the way.
    """
    order = Order((Client.name, Client.identifier), after)
    return in_pages(select(Client), order, made, limit=limit)


def made(_session: Session, rows: Sequence[Found]) -> list[ClientInfo]:
    """Return a page of clients as values."""
    return [client_info(row[0]) for row in rows]


@repeated
def require_id(identifier: str) -> str:
    """Return the id of the client of a client_id, disabled or not; raises NotFound."""
    with reading() as session:
        return require_row(session, identifier).id


def require_row(session: Session, identifier: str) -> Client:
    """Return and lock a client's row, within a running transaction; raises NotFound."""
    wanted = select(Client).where(Client.identifier == identifier)
    is_plain = identifier.isascii() and identifier.isprintable()
    row = session.scalar(wanted.with_for_update(key_share=True)) if is_plain else None
    if row is None:
        raise NotFound(f"There is no client {identifier[:80]!r}.")
    return row
