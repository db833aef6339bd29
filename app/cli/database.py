"""`mandate db upgrade` and `mandate check`."""

import logging
from collections.abc import Callable
from pathlib import Path

import click
from flask import Flask

from app.cli.base import (
    DATA_DIR,
    JSON,
    Reply,
    command,
    environment,
    quiet,
    show,
)
from app.database import files, schema
from app.domain.errors import DomainError
from app.services.directory import users
from app.settings import Settings, secret_files, unknown_names


@click.group()
def db() -> None:
    """The database."""


@command("upgrade", group=db, needs_schema=False)
def upgrade() -> Reply:
    """Bring the database to the current schema."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    revision = schema.upgrade()
    return Reply({"revision": revision}, f"The database has schema {revision}.")


@click.command("check")
@DATA_DIR
@JSON
@click.pass_context
def check(context: click.Context, data_dir: Path | None, as_json: bool) -> int:  # noqa: FBT001 - click's
    """Say what is wrong with the settings and the database, and what to know; exit 0 if all is well."""
    problems, notes = _problems(context.obj, data_dir)
    text = "\n".join([*(problems or ["Everything is in order."]), *notes])
    value = {"ok": not problems, "problems": problems, "notes": notes}
    reply = Reply(value, text, 1 if problems else 0)
    if problems:
        noun = "problem" if len(problems) == 1 else "problems"
        click.echo(f"mandate: {len(problems)} {noun} found", err=True)
    return show(reply, as_json=as_json)


def _problems(
    create_app: Callable[[Settings], Flask], data_dir: Path | None
) -> tuple[list[str], list[str]]:
    """Return a sentence for each thing that is wrong, and one for each that is worth knowing."""
    problems, notes = [], []
    try:
        environ = environment(data_dir)
        problems += [f"{name} is not a setting of Mandate." for name in unknown_names(environ)]
        settings = Settings.from_environ(environ)
        notes += [*settings.documents.notes(), *secret_files.notes(environ)]
        notes += files.notes(settings.database_url)
        with quiet(create_app, settings).app_context():
            schema.require_current()
            if not users.everyone():
                problems.append("There is no user yet: run `mandate user add`.")
    except DomainError as error:
        problems.append(error.public)
    return problems, notes
