"""Service accounts: clients that act over others, within scopes of administration."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.database.pages import Order, in_pages
from app.database.repetition import repeated
from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.domain.clients.auth_methods import (
    BASIC,
    CLIENT_CREDENTIALS,
    POST,
    PRIVATE_KEY_JWT,
    SECRET_METHODS,
)
from app.domain.clients.metadata import key_members
from app.domain.credentials.secrets import Prefix, digest, new_id, new_secret, random_base62
from app.domain.errors import Invalid, MetadataRefused
from app.domain.json_values import Members
from app.domain.management import account_scopes, in_order
from app.domain.names import check_name
from app.models import Client
from app.services import audit
from app.services.clients.clients import ADMINISTRATOR, ClientInfo, client_info, made

METHODS = (BASIC, POST, PRIVATE_KEY_JWT)


def add_service_account(
    name: str,
    *,
    scopes: Collection[str],
    auth_method: str = BASIC,
    keys: Mapping[str, Any] | None = None,
    at: datetime,
    actor: str,
) -> tuple[ClientInfo, str | None]:
    """Add an account; returns it and its secret's text (None with keys). Raises Invalid."""
    allowed = account_scopes(scopes)
    if auth_method not in METHODS:
        raise Invalid(f"{auth_method[:40]!r} is not one of {', '.join(METHODS)}.")
    try:
        members = key_members(Members.of(dict(keys or {})), auth_method)
    except MetadataRefused as refusal:
        raise Invalid(refusal.public) from None
    secret = new_secret(Prefix.CLIENT_SECRET) if auth_method in SECRET_METHODS else None
    row = Client(
        id=new_id("cli"),
        identifier=random_base62(22),
        name=check_name(name),
        secret_digest=None if secret is None else digest(secret),
        auth_method=auth_method,
        redirect_uris=[],
        grant_types=[CLIENT_CREDENTIALS],
        capabilities=[],
        admin_scopes=[*in_order(allowed)],
        extra_metadata=members,
        registered_by=ADMINISTRATOR,
        created_at=at,
    )
    return _added(row, at=at, actor=actor), secret


@repeated
def _added(row: Client, *, at: datetime, actor: str) -> ClientInfo:
    with writing() as session:
        session.add(row)
        audit.record(
            session,
            AuditKind.SERVICE_ACCOUNT_ADDED,
            at=at,
            actor=actor,
            subject=row.identifier,
            name=row.name,
            scopes=row.admin_scopes,
        )
        return client_info(row)


def accounts() -> Iterator[ClientInfo]:
    """Give all service accounts by name, read a page at a time; raises Unavailable on the way."""
    found = select(Client).where(Client.admin_scopes.is_not(None))
    return in_pages(found, Order((Client.name, Client.identifier)), made)
