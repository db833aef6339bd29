"""`mandate client …`: the secret is printed once."""

from typing import Any

import click

from app.cli.base import (
    ACTOR,
    AUTH_METHOD,
    BASIC,
    Reply,
    command,
    table,
)
from app.domain.clients.auth_methods import USUAL_GRANT_TYPES
from app.domain.errors import Invalid
from app.runtime.clock import now
from app.runtime.current import catalog, settings
from app.services.clients import clients
from app.services.clients.clients import ClientInfo


def _value(info: ClientInfo) -> dict[str, Any]:
    return {
        "client_id": info.identifier,
        "name": info.name,
        "redirect_uris": list(info.redirect_uris),
        "grant_types": list(info.grant_types),
        "token_endpoint_auth_method": info.auth_method,
        "registered_by": info.registered_by,
        "disabled": info.disabled,
    }


@click.group()
def client() -> None:
    """Tools that get tokens."""


@command("add", group=client)
@click.option("--name", required=True, help="The name that the consent page shows.")
@click.option("--redirect-uri", "redirect_uris", multiple=True, required=True)
@click.option("--public", is_flag=True, help="Without a secret: a native or browser tool.")
@click.option(
    "--grant",
    "grants",
    multiple=True,
    help="A grant type; authorization_code and refresh_token if none is named.",
)
@click.option("--capability", "capabilities", multiple=True, help="May ask for these only.")
@AUTH_METHOD
def add_client(
    *,
    name: str,
    redirect_uris: tuple[str, ...],
    public: bool,
    grants: tuple[str, ...],
    capabilities: tuple[str, ...],
    auth_method: str | None,
) -> Reply:
    """Register a tool and print its client_id, and its secret once."""
    if public and auth_method:
        raise Invalid("A public tool has no secret: leave out --public or --auth-method.")
    info, secret = clients.add_client(
        name,
        redirect_uris=redirect_uris,
        auth_method="none" if public else auth_method or BASIC,
        grant_types=grants or USUAL_GRANT_TYPES,
        capabilities=capabilities or None,
        schemes=settings().registration.schemes,
        catalog=catalog(),
        at=now(),
        actor=ACTOR,
    )
    value, text = _value(info), f"client_id      {info.identifier}"
    if secret is not None:
        value["client_secret"] = secret
        text += f"\nclient_secret  {secret}\nThe secret is not shown again."
    return Reply(value, text)


@command("list", group=client)
def list_clients() -> Reply:
    """List the tools."""
    tools = clients.clients()
    rows = [
        (
            t.identifier,
            t.name,
            t.auth_method,
            t.registered_by,
            ", ".join(t.redirect_uris),
            "disabled" if t.disabled else "",
        )
        for t in tools
    ]
    headings = ("client_id", "name", "authentication", "registered by", "redirect URIs", "")
    return Reply([_value(t) for t in tools], table(headings, rows))


@command("disable", group=client)
@click.argument("client_id")
def disable_client(client_id: str) -> Reply:
    """Disable a tool: its tokens stop at once."""
    info = clients.disable_client(client_id, at=now(), actor=ACTOR)
    return Reply(_value(info), f"{info.name} is disabled.")
