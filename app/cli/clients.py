"""`mandate client …` and `mandate resource-server …`: secrets are printed once."""

from typing import Any

import click

from app.cli.base import (
    ACTOR,
    Reply,
    leaf,
    table,
)
from app.domain.clients.redirect_uris import USUAL_GRANT_TYPES
from app.domain.errors import Invalid
from app.runtime.current import catalog, now
from app.services.clients import clients
from app.services.clients.clients import Tool

SECRET_METHODS = click.Choice(["client_secret_basic", "client_secret_post"])
BASIC = "client_secret_basic"
AUTH_METHOD = click.option(
    "--auth-method",
    type=SECRET_METHODS,
    help=f"How it authenticates, at every endpoint; {BASIC} if not given.",
)


def _value(tool: Tool) -> dict[str, Any]:
    return {
        "client_id": tool.identifier,
        "name": tool.name,
        "redirect_uris": list(tool.redirect_uris),
        "grant_types": list(tool.grant_types),
        "token_endpoint_auth_method": tool.auth_method,
        "registered_by": tool.registered_by,
        "disabled": tool.disabled,
    }


@click.group()
def client() -> None:
    """Tools that get tokens."""


@click.group("resource-server")
def resource_server() -> None:
    """Servers that check tokens by introspection."""


@leaf("add")
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
    tool, secret = clients.add_client(
        name,
        redirect_uris=redirect_uris,
        auth_method="none" if public else auth_method or BASIC,
        grant_types=grants or USUAL_GRANT_TYPES,
        capabilities=capabilities or None,
        catalog=catalog(),
        at=now(),
        actor=ACTOR,
    )
    value, text = _value(tool), f"client_id      {tool.identifier}"
    if secret is not None:
        value["client_secret"] = secret
        text += f"\nclient_secret  {secret}\nThe secret is not shown again."
    return Reply(value, text)


@leaf("list")
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


@leaf("disable")
@click.argument("client_id")
def disable_client(client_id: str) -> Reply:
    """Disable a tool: its tokens stop at once."""
    tool = clients.disable_client(client_id, at=now(), actor=ACTOR)
    return Reply(_value(tool), f"{tool.name} is disabled.")


@leaf("add")
@click.argument("identifier")
@click.option("--audience", required=True, help="The URI at or above the resources it serves.")
@AUTH_METHOD
def add_resource_server(identifier: str, audience: str, auth_method: str | None) -> Reply:
    """Register a resource server and print its secret once."""
    method = auth_method or BASIC
    secret = clients.add_resource_server(
        identifier, audience=audience, auth_method=method, at=now(), actor=ACTOR
    )
    value = {
        "client_id": identifier,
        "client_secret": secret,
        "audience": audience,
        "introspection_endpoint_auth_method": method,
    }
    text = f"client_id      {identifier}\nclient_secret  {secret}\nThe secret is not shown again."
    return Reply(value, text)


for command in (add_client, list_clients, disable_client):
    client.add_command(command)
resource_server.add_command(add_resource_server)
COMMANDS = (client, resource_server)
