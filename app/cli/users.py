"""`mandate user …`."""

import sys
from typing import Any

import click

from app.cli.base import (
    ACTOR,
    Reply,
    command,
    table,
)
from app.domain.credentials.secrets import random_base62
from app.domain.errors import Invalid
from app.runtime.clock import now
from app.services.directory import users
from app.services.directory.users import UserInfo

MADE_LENGTH = 24


def _value(info: UserInfo) -> dict[str, Any]:
    return {
        "id": info.id,
        "username": info.username,
        "email": info.email,
        "admin": info.is_admin,
        "disabled": info.disabled,
    }


@click.group()
def user() -> None:
    """People who can sign in."""


@command("add", group=user)
@click.argument("name")
@click.option("--email", required=True, help="The address that introspection shows as username.")
@click.option("--admin", is_flag=True, help="An administrator of this deployment.")
@click.option("--password-stdin", is_flag=True, help="Read the password from one line of input.")
def add(name: str, email: str, admin: bool, password_stdin: bool) -> Reply:  # noqa: FBT001 - click's
    """Add a user; without --password-stdin a password is made and printed once."""
    password = _read_password() if password_stdin else random_base62(MADE_LENGTH)
    info = users.add(name, email=email, password=password, is_admin=admin, at=now(), actor=ACTOR)
    text, value = f"Added {info.username} ({info.email}).", _value(info)
    if not password_stdin:
        text += f"\nPassword, shown once: {password}"
        value["password"] = password
    return Reply(value, text)


def _read_password() -> str:
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError:
        raise Invalid("The password on standard input is not UTF-8 text.") from None
    if not line.strip():
        raise Invalid("There was no password on standard input.")
    return line.rstrip("\r\n")


@command("list", group=user)
def list_() -> Reply:
    """List the users."""
    everyone = users.everyone()
    rows = [
        (p.username, p.email, "admin" if p.is_admin else "", "disabled" if p.disabled else "")
        for p in everyone
    ]
    return Reply([_value(p) for p in everyone], table(("name", "e-mail", "", ""), rows))


@command("disable", group=user)
@click.argument("name")
def disable(name: str) -> Reply:
    """Disable a user: signing in and every token stop at once."""
    info = users.disable(name, at=now(), actor=ACTOR)
    return Reply(_value(info), f"{info.username} is disabled.")


@command("enable", group=user)
@click.argument("name")
def enable(name: str) -> Reply:
    """Enable a user again."""
    info = users.enable(name, at=now(), actor=ACTOR)
    return Reply(_value(info), f"{info.username} is enabled.")
