"""`mandate db upgrade`."""

import logging

import click

from app.cli.base import Reply, command
from app.database import schema


@click.group()
def db() -> None:
    """The database."""


@command("upgrade", group=db, needs_schema=False)
def upgrade() -> Reply:
    """Bring the database to the current schema."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    revision = schema.upgrade()
    return Reply({"revision": revision}, f"The database has schema {revision}.")
