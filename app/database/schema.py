"""Which schema the database has, which one this version of Mandate needs, and getting there."""

from alembic import command
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from app.database import files, patience
from app.database.repetition import repeated
from app.database.transactions import reading, unavailable
from app.domain.errors import Misconfigured
from app.extensions import db, migrate
from app.settings import resource_dir


def required_revision() -> str | None:
    """Return the newest revision that this version brings along."""
    return ScriptDirectory(str(resource_dir("migrations"))).get_current_head()


@repeated
def current_revision() -> str | None:
    """Return the database's revision, or None for an empty one; raises Unavailable."""
    with reading() as session:
        if not inspect(session.connection()).has_table("alembic_version"):
            return None
        revision: str | None = session.execute(
            text("SELECT version_num FROM alembic_version")
        ).scalar()
        return revision


def require_current() -> None:
    """Raise Misconfigured unless the schema is the one that this version needs."""
    found, needed = current_revision(), required_revision()
    if found != needed:
        raise Misconfigured(
            f"The database has schema {found or 'none'} and needs {needed}: run `mandate db upgrade`."
        )


def upgrade() -> str | None:
    """Bring the database to the current schema and return its revision; SQLite's files become private.

    Raises Misconfigured for a schema that this version does not know, or Unavailable.
    """
    try:
        with patience.each(patience.FOREVER):
            command.upgrade(migrate.get_config(str(resource_dir("migrations"))), "head")
    except CommandError as error:
        raise Misconfigured(f"The schema cannot be upgraded: {error}") from None
    except DBAPIError as error:
        raise unavailable(error) from error
    files.narrow(db.engine.url.render_as_string(hide_password=False))
    return current_revision()
