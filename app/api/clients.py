"""Clients, which pages call tools: list, disable for everybody, enable."""

from http import HTTPMethod

from pydantic import Field

from app.api.callers import acting
from app.api.contract import Answer, operation
from app.api.cursors import Key, Paging, page
from app.domain.errors import Invalid
from app.domain.management import AdminScope, in_order
from app.runtime.clock import now
from app.services.clients import clients, suspension
from app.services.clients.clients import ClientInfo

READ, WRITE = AdminScope.DIRECTORY_READ, AdminScope.DIRECTORY_WRITE
TAG = "clients"
PARTS = 2  # of a cursor: name and client_id


class Client(Answer):
    """Something that gets tokens."""

    client_id: str
    name: str
    redirect_uris: list[str]
    grant_types: list[str]
    token_endpoint_auth_method: str
    registered_by: str = Field(description="administrator, itself or document: whose word it is.")
    scopes: list[str] | None = Field(description="Of a service account; null for other clients.")
    disabled: bool


class ClientPage(Answer):
    """A page of clients, by name."""

    items: list[Client]
    next: str | None


def _shown(info: ClientInfo) -> Client:
    return Client(
        client_id=info.identifier,
        name=info.name,
        redirect_uris=list(info.redirect_uris),
        grant_types=list(info.grant_types),
        token_endpoint_auth_method=info.auth_method,
        registered_by=info.registered_by,
        scopes=None if info.admin_scopes is None else list(in_order(info.admin_scopes)),
        disabled=info.disabled,
    )


def _pair(after: Key | None) -> tuple[str, str] | None:
    if after is None:
        return None
    if len(after) != PARTS:
        raise Invalid("cursor: it is none of this list.")
    return after[0], after[1]


@operation(HTTPMethod.GET, "/clients", tag=TAG, name="listClients", answer=ClientPage)
def list_clients(query: Paging) -> ClientPage:
    """List clients by name."""
    acting(READ)
    found, following = page(
        query,
        lambda after, limit: clients.clients(after=_pair(after), limit=limit),
        lambda one: (one.name, one.identifier),
    )
    return ClientPage(items=list(map(_shown, found)), next=following)


@operation(
    HTTPMethod.POST, "/clients/<client_id>/disable", tag=TAG, name="disableClient", answer=Client
)
def disable_client(client_id: str) -> Client:
    """Disable a client for everybody: its tokens and sessions end at once."""
    info, _ = suspension.disable_client(client_id, at=now(), actor=acting(WRITE))
    return _shown(info)


@operation(
    HTTPMethod.POST, "/clients/<client_id>/enable", tag=TAG, name="enableClient", answer=Client
)
def enable_client(client_id: str) -> Client:
    """Enable a client again: it has to ask its people again."""
    return _shown(suspension.enable_client(client_id, at=now(), actor=acting(WRITE)))
