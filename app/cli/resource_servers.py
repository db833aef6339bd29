"""`mandate resource-server …`: the secret is printed once."""

import click

from app.cli.base import (
    ACTOR,
    AUTH_METHOD,
    BASIC,
    Reply,
    command,
)
from app.runtime.clock import now
from app.services.clients import resource_servers


@click.group("resource-server")
def resource_server() -> None:
    """Servers that check tokens by introspection."""


@command("add", group=resource_server)
@click.argument("identifier")
@click.option("--audience", required=True, help="The URI at or above the resources it serves.")
@AUTH_METHOD
def add_resource_server(identifier: str, audience: str, auth_method: str | None) -> Reply:
    """Register a resource server and print its secret once."""
    method = auth_method or BASIC
    secret = resource_servers.add_resource_server(
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
