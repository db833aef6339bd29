"""`mandate user …`."""

import sys
from dataclasses import asdict
from typing import Any

import click

from app.cli.base import (
    ACTOR,
    Reply,
    command,
    instant_value,
)
from app.cli.stream import Stream
from app.domain.credentials.secrets import random_base62
from app.domain.errors import Invalid
from app.domain.sentences.instants import until_text
from app.domain.sentences.lists import count_text
from app.runtime.clock import now
from app.runtime.current import settings
from app.services.accounts import password_reset
from app.services.directory import suspension, users
from app.services.directory.users import UserInfo

MADE_LENGTH = 24


def ended_text(ended: suspension.Ended) -> str:
    """Return what ended, in a sentence."""
    browsers = count_text(ended.sessions_ended, "browser session")
    return f"{browsers} and {count_text(ended.client_sessions_ended, 'session')} of tools ended."


def resting_text(kept: suspension.Kept) -> str:
    """Return what a disabled user keeps, in a sentence."""
    keys = count_text(kept.api_keys, "API key")
    return f"At rest until the user is enabled: {_tools(kept)} and {keys}."


def returning_text(kept: suspension.Kept) -> str:
    """Return what an enabled user gets back, in a sentence."""
    keys = count_text(kept.api_keys, "API key")
    return f"To be signed in again: {_tools(kept)}. Working again: {keys}."


def _tools(kept: suspension.Kept) -> str:
    return count_text(kept.tools, "tool")


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
def list_() -> Stream:
    """List the users."""
    return Stream(users.each(), _value, ("name", "e-mail", "", ""), _cells)


def _cells(info: UserInfo) -> tuple[str, ...]:
    admin, disabled = "admin" if info.is_admin else "", "disabled" if info.disabled else ""
    return (info.username, info.email, admin, disabled)


@command("disable", group=user)
@click.argument("name")
def disable(name: str) -> Reply:
    """Disable a user: every sign-in, in browsers and of tools, ends at once; API keys rest."""
    info, ended, kept = suspension.disable(
        name, lifetimes=settings().lifetimes, at=now(), actor=ACTOR
    )
    text = f"{info.username} is disabled. {ended_text(ended)} {resting_text(kept)}"
    return Reply({**_value(info), **asdict(ended)}, text)


@command("enable", group=user)
@click.argument("name")
def enable(name: str) -> Reply:
    """Enable a user again and say what comes back: tools sign in again, API keys work."""
    info, kept = suspension.enable(name, lifetimes=settings().lifetimes, at=now(), actor=ACTOR)
    value = {
        **_value(info),
        "tools_to_sign_in_again": kept.tools if kept else 0,
        "api_keys_working_again": kept.api_keys if kept else 0,
    }
    back = returning_text(kept) if kept else "Nothing has changed."
    return Reply(value, f"{info.username} is enabled. {back}")


@command("password", group=user)
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Set it now, from one line of input.")
def password(name: str, password_stdin: bool) -> Reply:  # noqa: FBT001 - click's
    """Print a link with which the person sets a new password, once and within an hour."""
    if password_stdin:
        return _set_password(name, _read_password())
    made = password_reset.issue_link(name, at=now(), actor=ACTOR)
    link = f"{settings().issuer}/password/{made.text}"
    value = {
        "username": made.username,
        "link": link,
        "expires_at": instant_value(made.expires_at),
    }
    text = (
        f"Hand this link to {made.username}. It sets a new password once, "
        f"{until_text(made.expires_at)}, and is not shown again.\n{link}"
    )
    return Reply(value, text)


def _set_password(name: str, new: str) -> Reply:
    info, ended = password_reset.set_by_operator(
        name, new, lifetimes=settings().lifetimes, at=now(), actor=ACTOR
    )
    text = f"The password of {info.username} is set."
    value = {"username": info.username, "sessions_ended": ended}
    return Reply(value, f"{text} {count_text(ended, 'browser session')} ended.")


@command("sign-out", group=user)
@click.argument("name")
@click.option("--tools", is_flag=True, help="End the sessions of the user's tools as well.")
def sign_out(name: str, tools: bool) -> Reply:  # noqa: FBT001 - click's
    """Sign a user out of every browser; the password stays."""
    info, ended = suspension.sign_out(
        name, with_tools=tools, lifetimes=settings().lifetimes, at=now(), actor=ACTOR
    )
    value = {"username": info.username, **asdict(ended)}
    return Reply(value, f"{info.username} is signed out. {ended_text(ended)}")
