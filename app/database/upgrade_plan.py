"""What an upgrade of the schema will do: its steps, the locks that they take, and about how long."""

from dataclasses import dataclass

from alembic.script import Script, ScriptDirectory
from sqlalchemy import Integer, func, literal_column, select, text
from sqlalchemy import table as table_named

from app.database.repetition import repeated
from app.database.schema import current_revision, known_revisions
from app.database.transactions import reading
from app.domain.errors import Misconfigured
from app.extensions import db
from app.settings import resource_dir

WAITS = {
    "ACCESS EXCLUSIVE": "reads and writes wait",
    "SHARE ROW EXCLUSIVE": "writes wait",
    "SHARE": "writes wait",
    "SHARE UPDATE EXCLUSIVE": "nobody waits",
}
WHOLE_FILE = "the file"
ONE_WRITER = "WRITE"
ESTIMATED = "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE relname = :table"


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock on a table: what waits for it, how many rows it has now, and about how many seconds."""

    table: str
    mode: str
    waits: str
    rows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Step:
    """A revision that will be applied, and what it is for."""

    revision: str
    title: str
    locks: tuple[Lock, ...]


def plan() -> list[Step]:
    """Return the steps to the schema of this version, in order; raises Misconfigured, Unavailable."""
    found, known = current_revision(), known_revisions()
    if found is not None and found not in known:
        raise Misconfigured(f"The database has schema {found}, which this version does not know.")
    ahead = known if found is None else known[known.index(found) + 1 :]
    script = ScriptDirectory(str(resource_dir("migrations")))
    return [_step(script.get_revision(revision), is_new=found is None) for revision in ahead]


def _step(script: Script, *, is_new: bool) -> Step:
    title = (script.doc or "").split(".")[0]
    declared = () if is_new else script.module.LOCKS
    locks = tuple(_lock(table, mode, speed) for table, mode, speed in declared)
    if db.engine.dialect.name == "sqlite":
        seconds = sum(lock.seconds for lock in locks)
        rows = sum(lock.rows for lock in locks)
        locks = (Lock(WHOLE_FILE, ONE_WRITER, "writes wait", rows, seconds),) if locks else ()
    return Step(script.revision, title, locks)


def _lock(table: str, mode: str, speed: int) -> Lock:
    rows = _rows(table)
    return Lock(table, mode, WAITS[mode], rows, round(rows / speed, 1) if speed else 0.0)


@repeated
def _rows(table: str) -> int:
    """Return about how many rows a table has; 0 when an earlier step makes it."""
    with reading() as session:
        if db.engine.dialect.name == "postgresql":
            return int(session.scalar(text(ESTIMATED), {"table": table}) or 0)
        is_there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :table"
        if session.scalar(text(is_there), {"table": table}) is None:
            return 0
        newest = func.max(literal_column("rowid", Integer))
        return session.scalar(select(newest).select_from(table_named(table))) or 0
