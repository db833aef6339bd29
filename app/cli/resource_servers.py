"""`mandate resource-server …`: the secret is printed once."""

from typing import Any

import click

from app.cli.base import (
    ACTOR,
    AUTH_METHOD,
    BASIC,
    Reply,
    command,
)
from app.cli.rotation import OVERLAP, overlap_of, rotated, state_text, state_value
from app.cli.stream import Stream
from app.runtime.clock import now
from app.runtime.current import settings
from app.services.clients import resource_servers, secret_rotation
from app.services.clients.resource_servers import ResourceServerInfo


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


def _value(info: ResourceServerInfo) -> dict[str, Any]:
    return {
        "client_id": info.identifier,
        "audience": info.audience,
        "introspection_endpoint_auth_method": info.auth_method,
        **state_value(info, now()),
    }


@command("list", group=resource_server)
def list_resource_servers() -> Stream:
    """List the resource servers."""
    headings = ("client_id", "audience", "authentication", "")
    return Stream(resource_servers.servers(), _value, headings, _cells)


def _cells(info: ResourceServerInfo) -> tuple[str, ...]:
    return (info.identifier, info.audience, info.auth_method, state_text(info, now()))


@command("rotate", group=resource_server)
@click.argument("identifier")
@OVERLAP
def rotate_resource_server(identifier: str, overlap: str) -> Reply:
    """Give a resource server a new secret and print it once; the old one works for a while longer."""
    made = secret_rotation.rotate_resource_server(
        identifier, overlap=overlap_of(overlap), at=now(), actor=ACTOR
    )
    return rotated(made, now())


@command("disable", group=resource_server)
@click.argument("identifier")
def disable_resource_server(identifier: str) -> Reply:
    """Disable a resource server: its questions about tokens are refused at once."""
    info = resource_servers.disable(identifier, at=now(), actor=ACTOR)
    return Reply(_value(info), f"{identifier} is disabled: its questions about tokens are refused.")


@command("enable", group=resource_server)
@click.argument("identifier")
def enable_resource_server(identifier: str) -> Reply:
    """Enable a resource server again, with the secret that it had."""
    info = resource_servers.enable(identifier, at=now(), actor=ACTOR)
    return Reply(_value(info), f"{identifier} is enabled, with the secret that it had.")


@command("remove", group=resource_server)
@click.argument("identifier")
def remove_resource_server(identifier: str) -> Reply:
    """Remove a resource server for good, and say what becomes of its audience."""
    removed = resource_servers.remove(
        identifier, default=settings().default_audience, at=now(), actor=ACTOR
    )
    value = {
        "client_id": identifier,
        "audience": removed.audience,
        "audience_known": removed.is_still_known,
    }
    tokens = "still get tokens" if removed.is_still_known else "get no more tokens"
    text = (
        f"Removed resource server {identifier}: it can ask about no token any more. "
        f"Tools {tokens} for {removed.audience}."
    )
    return Reply(value, text)
