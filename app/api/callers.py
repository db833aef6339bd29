"""Who calls the management API, and what they may do.

A person's API key or access token with the capability `api` reaches what is that person's own, an
administrator's too: a tool never inherits an administration. Power over others has a service account,
within its scopes.
"""

from dataclasses import dataclass
from typing import cast

from flask import g, request

from app.domain.errors import CredentialRejected, Forbidden
from app.domain.management import AdminScope
from app.http.paths import MANAGEMENT
from app.runtime import activity_writer
from app.runtime.clock import now
from app.runtime.current import settings
from app.services.directory import users
from app.services.tokens import management
from app.services.tokens.own_calls import NEEDED, own_call

OPEN_VIEWS = frozenset({"api.openapi", "api.operations"})
NAME = "management API"
MISSING = "Send an access token or an API key: Authorization: Bearer …"
REFUSED = "The token is unknown, has ended, or is not for this API."


@dataclass(frozen=True, slots=True)
class Caller:
    """A service account with its scopes, or the person of a credential."""

    actor: str
    user_id: str | None = None
    scopes: frozenset[AdminScope] = frozenset()


def authenticate() -> None:
    """Find out who calls, unless the address is open; raises CredentialRejected or Forbidden."""
    if request.endpoint not in OPEN_VIEWS:
        g.caller = _caller()


def _caller() -> Caller:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise CredentialRejected(MISSING)
    found = management.account_of(text.strip(), at=now())
    if found is not None:
        return Caller(f"account:{found.client_id}", scopes=found.scopes)
    own = settings()
    call = own_call(
        text.strip(),
        audience=own.issuer + MANAGEMENT,
        default=own.default_audience,
        catalog=own.catalog,
        at=now(),
    )
    if call is None:
        raise CredentialRejected(REFUSED, detail="invalid_token")
    address = request.remote_addr or ""
    activity_writer.note(call.resolution, resource_server=NAME, address=address, at=now())
    if not call.may_call:
        raise Forbidden(f"This credential does not have the capability {NEEDED}.", detail=NEEDED)
    return Caller(call.user_id, user_id=call.user_id)


def caller() -> Caller:
    """Return who calls."""
    return cast(Caller, g.caller)


def acting(scope: AdminScope) -> str:
    """Return the actor of a call that needs a scope; raises Forbidden."""
    if scope not in caller().scopes:
        raise Forbidden(f"This needs a service account with the scope {scope}.", detail=scope)
    return caller().actor


def owner(scope: AdminScope) -> str | None:
    """Return whose things a call reaches: None, everybody's, with the scope; raises Forbidden."""
    if scope in caller().scopes:
        return None
    if caller().user_id is None:
        raise Forbidden(f"This needs a service account with the scope {scope}.", detail=scope)
    return caller().user_id


def owner_name(scope: AdminScope) -> str | None:
    """Return the name of the person whose things a call reaches, None for everybody's."""
    user_id = owner(scope)
    return None if user_id is None else users.one(user_id).username
