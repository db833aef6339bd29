"""`mandate client …`: the secret is printed once."""

from pathlib import Path
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
from app.domain.clients.asked_metadata import REASONS, REQUIRED, TYPES
from app.domain.clients.auth_methods import PRIVATE_KEY_JWT, PUBLIC, USUAL_GRANT_TYPES
from app.domain.clients.logos import MAX_FILE as MAX_LOGO_FILE
from app.domain.errors import Invalid
from app.domain.json_values import parsed
from app.domain.sentences.lists import count_text
from app.runtime.clock import now
from app.runtime.current import catalog, settings
from app.services.clients import clients, logos, secret_rotation, suspension
from app.services.clients.clients import ClientInfo

MAX_KEY_FILE = 65_536
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _value(info: ClientInfo) -> dict[str, Any]:
    return {
        "client_id": info.identifier,
        "name": info.name,
        "redirect_uris": list(info.redirect_uris),
        "grant_types": list(info.grant_types),
        "token_endpoint_auth_method": info.auth_method,
        "registered_by": info.registered_by,
        "required": sorted(info.required),
        "reasons": dict(info.reasons),
        "logo": info.logo.digest if info.logo else None,
        **state_value(info, now()),
    }


@click.group()
def client() -> None:
    """Tools that get tokens."""


@command("add", group=client)
@click.option("--name", required=True, help="The name that the consent page shows.")
@click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    help="Where the answer goes; a tool with authorization_code needs one at least.",
)
@click.option("--public", is_flag=True, help="Without a secret: a native or browser tool.")
@click.option(
    "--grant",
    "grants",
    multiple=True,
    help="A grant type; authorization_code and refresh_token if none is named.",
)
@click.option("--capability", "capabilities", multiple=True, help="May ask for these only.")
@click.option("--required", multiple=True, help="A capability that it cannot do without.")
@click.option("--reason", "reasons", multiple=True, help="Why it asks, as CAPABILITY=TEXT.")
@click.option(
    "--details-type",
    "details_types",
    multiple=True,
    help="May send authorization_details of these types only.",
)
@click.option(
    "--jwks",
    type=FILE,
    help="A file with its public keys: it authenticates by private_key_jwt, without a secret.",
)
@click.option("--logo", type=FILE, help="A picture for the pages: PNG, JPEG, WebP or GIF.")
@click.option("--jwks-uri", help="The same, with the https URL at which it keeps its public keys.")
@AUTH_METHOD
def add_client(
    *,
    name: str,
    redirect_uris: tuple[str, ...],
    public: bool,
    grants: tuple[str, ...],
    capabilities: tuple[str, ...],
    required: tuple[str, ...],
    reasons: tuple[str, ...],
    details_types: tuple[str, ...],
    logo: Path | None,
    jwks: Path | None,
    jwks_uri: str | None,
    auth_method: str | None,
) -> Reply:
    """Register a tool and print its client_id, and its secret once."""
    info, secret = clients.add_client(
        name,
        redirect_uris=redirect_uris,
        auth_method=_method(auth_method, is_public=public, has_keys=bool(jwks or jwks_uri)),
        grant_types=grants or USUAL_GRANT_TYPES,
        capabilities=capabilities or None,
        keys={"jwks": jwks and parsed(bytes_of(jwks, MAX_KEY_FILE)), "jwks_uri": jwks_uri},
        requests={
            REQUIRED: " ".join(required),
            REASONS: dict(map(_reason, reasons)),
            TYPES: list(details_types) or None,
        },
        logo=bytes_of(logo, MAX_LOGO_FILE) if logo else None,
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


def _reason(text: str) -> tuple[str, str]:
    capability, equals, reason = text.partition("=")
    if not equals:
        raise Invalid(f"{text[:80]!r} is not CAPABILITY=TEXT.")
    return capability.strip(), reason


def _method(auth_method: str | None, *, is_public: bool, has_keys: bool) -> str:
    if is_public and auth_method:
        raise Invalid("A public tool has no secret: leave out --public or --auth-method.")
    if has_keys and (is_public or auth_method):
        raise Invalid("A tool with keys has no secret: leave out --public and --auth-method.")
    if has_keys:
        return PRIVATE_KEY_JWT
    return PUBLIC if is_public else auth_method or BASIC


def bytes_of(file: Path, most: int) -> bytes:
    """Return what a file holds; raises Invalid when it cannot be read or has more than `most` bytes."""
    try:
        with file.open("rb") as opened:
            found = opened.read(most + 1)
    except OSError as error:
        raise Invalid(f"{str(file)!r} cannot be read: {error.strerror}.") from None
    if len(found) > most:
        raise Invalid(f"{str(file)!r} has more than {most} bytes.")
    return found


@command("logo", group=client)
@click.argument("client_id")
@click.argument("file", type=FILE)
def give_logo(client_id: str, file: Path) -> Reply:
    """Give a tool that an administrator added another logo: PNG, JPEG, WebP or GIF."""
    picture = bytes_of(file, MAX_LOGO_FILE)
    info = logos.give_logo(client_id, picture, at=now(), actor=ACTOR)
    return Reply(_value(info), f"{info.name} has a new logo.")


@command("list", group=client)
def list_clients() -> Stream:
    """List the tools."""
    headings = ("client_id", "name", "authentication", "registered by", "redirect URIs", "")
    return Stream(clients.clients(), _value, headings, _cells)


def _cells(info: ClientInfo) -> tuple[str, ...]:
    return (
        info.identifier,
        info.name,
        info.auth_method,
        info.registered_by,
        ", ".join(info.redirect_uris),
        state_text(info, now()),
    )


@command("disable", group=client)
@click.argument("client_id")
def disable_client(client_id: str) -> Reply:
    """Disable a tool: its tokens and sessions end at once."""
    info, ended = suspension.disable_client(client_id, at=now(), actor=ACTOR)
    text = f"{info.name} is disabled. {count_text(ended, 'session')} ended."
    return Reply({**_value(info), "client_sessions_ended": ended}, text)


@command("enable", group=client)
@click.argument("client_id")
def enable_client(client_id: str) -> Reply:
    """Enable a tool again: people sign in to it again, and find what they had given it."""
    info = suspension.enable_client(client_id, at=now(), actor=ACTOR)
    text = f"{info.name} is enabled. It has to ask its people again; what they gave it stands."
    return Reply(_value(info), text)


@command("rotate", group=client)
@click.argument("client_id")
@OVERLAP
def rotate_client(client_id: str, overlap: str) -> Reply:
    """Give a tool a new secret and print it once; the old one works for a while longer."""
    made = secret_rotation.rotate_client(
        client_id, overlap=overlap_of(overlap), at=now(), actor=ACTOR
    )
    return rotated(made, now())
