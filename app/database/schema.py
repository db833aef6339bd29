"""Which schema the database has, which one this version of Mandate needs, and getting there."""

import structlog
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

SUPPORTED = """
    SELECT 1 FROM schema_support WHERE schema_revision = :found AND code_revision = :needed
"""
log = structlog.get_logger("mandate.database")


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


def require_usable() -> None:
    """Raise Misconfigured unless this version can work with the schema: its own, or a newer one.

    A newer schema says itself which older versions can serve it still.
    """
    found, needed = current_revision(), required_revision()
    if found == needed:
        return
    if found is None or found in known_revisions():
        raise Misconfigured(
            f"The database has schema {found or 'none'} and needs {needed}: run `mandate db upgrade`."
        )
    if not _is_supported(found, needed or ""):
        raise Misconfigured(
            f"The database has schema {found}, which this version of Mandate ({needed}) does not know: "
            "a newer version has upgraded it. Start that version, or restore a backup from before."
        )
    log.info("schema.newer", schema=found, needed=needed)


def known_revisions() -> list[str]:
    """Return the revisions that this version brings along, the oldest first."""
    script = ScriptDirectory(str(resource_dir("migrations")))
    return [each.revision for each in script.walk_revisions()][::-1]


@repeated
def _is_supported(found: str, needed: str) -> bool:
    """Say whether a newer schema still serves the code that needs an older one."""
    with reading() as session:
        if not inspect(session.connection()).has_table("schema_support"):
            return False
        pair = {"found": found, "needed": needed}
        return session.scalar(text(SUPPORTED), pair) is not None


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
