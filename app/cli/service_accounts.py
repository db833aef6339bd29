"""`mandate service-account …`: programs that act over others through the management API."""

from pathlib import Path
from typing import Any

import click

from app.cli.base import ACTOR, Reply, command
from app.cli.clients import FILE, MAX_KEY_FILE, bytes_of
from app.cli.rotation import state_text, state_value
from app.cli.stream import Stream
from app.domain.clients.auth_methods import BASIC, PRIVATE_KEY_JWT
from app.domain.json_values import parsed
from app.domain.management import SENTENCES, in_order
from app.runtime.clock import now
from app.services.clients import service_accounts
from app.services.clients.clients import ClientInfo

SCOPES = "; ".join(f"{scope}: {sentence}" for scope, sentence in SENTENCES.items())


def _value(info: ClientInfo) -> dict[str, Any]:
    return {
        "client_id": info.identifier,
        "name": info.name,
        "scopes": list(in_order(info.admin_scopes or ())),
        "token_endpoint_auth_method": info.auth_method,
        **state_value(info, now()),
    }


@click.group("service-account")
def service_account() -> None:
    """Programs that act over others; disable and rotate them as a client."""


@command("add", group=service_account)
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, help=SCOPES)
@click.option("--jwks", type=FILE, help="A file with its public keys, instead of a secret.")
def add_service_account(*, name: str, scopes: tuple[str, ...], jwks: Path | None) -> Reply:
    """Add a service account and print its client_id, and its secret once."""
    info, secret = service_accounts.add_service_account(
        name,
        scopes=scopes,
        auth_method=PRIVATE_KEY_JWT if jwks else BASIC,
        keys={"jwks": parsed(bytes_of(jwks, MAX_KEY_FILE))} if jwks else None,
        at=now(),
        actor=ACTOR,
    )
    value, text = _value(info), f"client_id      {info.identifier}"
    if secret is not None:
        value["client_secret"] = secret
        text += f"\nclient_secret  {secret}\nThe secret is not shown again."
    return Reply(value, text)


@command("list", group=service_account)
def list_service_accounts() -> Stream:
    """List the service accounts."""
    headings = ("client_id", "name", "scopes", "authentication", "")
    return Stream(service_accounts.accounts(), _value, headings, _cells)


def _cells(info: ClientInfo) -> tuple[str, ...]:
    scopes = ", ".join(in_order(info.admin_scopes or ()))
    return (info.identifier, info.name, scopes, info.auth_method, state_text(info, now()))
