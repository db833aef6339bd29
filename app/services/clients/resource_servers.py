"""Resource servers: what introspects, with the audience that it answers for."""

from datetime import datetime

from sqlalchemy import select

from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.domain.credentials.secrets import (
    Prefix,
    digest,
    new_id,
    new_secret,
)
from app.domain.errors import Conflict, Invalid
from app.domain.names import check_slug
from app.domain.resources import as_registered, canonical, is_resource_uri
from app.models import ResourceServer
from app.services import audit


def add_resource_server(
    identifier: str, *, audience: str, auth_method: str, at: datetime, actor: str
) -> str:
    """Register a resource server and return its secret's text; raises Invalid or Conflict."""
    if not is_resource_uri(audience):
        raise Invalid(f"{audience[:200]!r} is not an absolute http(s) URI without fragment.")
    if auth_method not in ("client_secret_basic", "client_secret_post"):
        raise Invalid("A resource server uses client_secret_basic or client_secret_post.")
    # MCP servers below an audience are found by comparing text: one spelling for one address.
    audience = as_registered(audience)
    secret = new_secret(Prefix.CLIENT_SECRET)
    row = ResourceServer(
        id=new_id("rsv"),
        identifier=check_slug(identifier),
        audience=audience,
        audience_key=canonical(audience),
        secret_digest=digest(secret),
        auth_method=auth_method,
        created_at=at,
    )
    with writing() as session:
        twin = select(ResourceServer.id).where(ResourceServer.identifier == identifier)
        if session.scalar(twin) is not None:
            raise Conflict(f"There is a resource server {identifier!r} already.")
        session.add(row)
        audit.record(
            session,
            AuditKind.RESOURCE_SERVER_ADDED,
            at=at,
            actor=actor,
            subject=identifier,
            audience=audience,
        )
    return secret
