"""Copies of an SQLite database: made while it is used, checked, and put in its place.

SQLite's own backup copies one state of it, whoever writes meanwhile. A copy is written under another
name and renamed, so that there is never half of one.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from app.domain.errors import Conflict, Invalid, Unavailable
from app.extensions import db

OURS = {"alembic_version", "audit_events", "authorizations", "users"}  # of every schema
BESIDE = ("-wal", "-shm", "-journal")
SECONDS = 5  # that a lock of somebody else is waited for
BROKEN = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}


def sqlite_file() -> Path | None:
    """Return the file of the app's database, None for PostgreSQL and for one in memory."""
    url = db.engine.url
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if is_file else None


def back_up(source: Path, target: Path, *, overwrite: bool) -> int:
    """Copy a database to a file of mode 0600 and check the copy; returns its bytes.

    Raises Conflict for a file that exists unless `overwrite`, Invalid for the database itself and for
    what cannot be written, and Unavailable when the database cannot be read.
    """
    if target.exists() and _is_part_of(target, source):
        raise Invalid(f"{str(target)!r} is the database itself.")
    if target.exists() and not overwrite:
        raise Conflict(f"{str(target)!r} exists already.")
    with made_beside(target) as made:
        _copy(_used(source), made)
        revision_of(made)
        _publish(made, target, overwrite=overwrite)
        return target.stat().st_size


def _is_part_of(target: Path, source: Path) -> bool:
    parts = [source, *(Path(f"{source}{end}") for end in BESIDE)]
    return any(part.exists() and part.samefile(target) for part in parts)


@contextmanager
def made_beside(target: Path) -> Iterator[Path]:
    """Give an empty file of mode 0600 in a file's directory, and remove it when the block ends.

    Raises Invalid when it cannot be made.
    """
    try:
        opened, name = tempfile.mkstemp(dir=target.absolute().parent, prefix=f".{target.name}-")
        os.close(opened)
    except OSError as error:
        raise Invalid(f"{str(target)!r} cannot be written: {error.strerror}.") from None
    made = Path(name)
    try:
        yield made
    finally:
        for path in (made, *(Path(f"{made}{end}") for end in BESIDE)):
            path.unlink(missing_ok=True)


def take_over(backup: Path, target: Path) -> None:
    """Copy a backup, which nobody changes, into an empty file; raises Unavailable."""
    _copy(_at_rest(backup), target)


def _copy(source: str, target: Path) -> None:
    try:
        with closing(_opened(source)) as read, closing(sqlite3.connect(target)) as written:
            read.backup(written)
            written.execute("PRAGMA journal_mode=DELETE")  # one file, without a log
    except sqlite3.Error as error:
        raise Unavailable(f"The database cannot be copied: {error}.") from None


def revision_of(path: Path) -> str:
    """Return the schema of a Mandate database that is whole; raises Invalid for any other file."""
    broken = Invalid(f"{str(path)!r} is not a whole database of Mandate.")
    try:
        with closing(_opened(_at_rest(path))) as opened:
            tables = {name for (name,) in opened.execute("SELECT name FROM sqlite_master")}
            if not tables >= OURS or opened.execute("PRAGMA integrity_check(1)").fetchone() != (
                "ok",
            ):
                raise broken
            [revision] = opened.execute("SELECT version_num FROM alembic_version").fetchone()
            return str(revision)
    except (sqlite3.Error, TypeError):
        raise broken from None


def _used(path: Path) -> str:
    return f"file:{quote(str(path.absolute()))}?mode=rw"


def _at_rest(path: Path) -> str:
    """Return the URI of a file that nobody writes to; it may lie where we cannot write either."""
    has_log = Path(f"{path}-wal").exists()
    return f"file:{quote(str(path.absolute()))}?mode=ro{'' if has_log else '&immutable=1'}"


def _opened(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=SECONDS)


def _publish(made: Path, target: Path, *, overwrite: bool) -> None:
    try:
        if overwrite:
            made.replace(target)
        else:
            target.hardlink_to(made)  # unlike a rename, it refuses a file that came meanwhile
        _sync(target.absolute().parent)
    except FileExistsError:
        raise Conflict(f"{str(target)!r} exists already.") from None
    except OSError as error:
        raise Invalid(f"{str(target)!r} cannot be written: {error.strerror}.") from None


def _sync(directory: Path) -> None:
    opened = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _settle(path: Path) -> None:
    """Write the log of a database back into its one file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


class Place:
    """The file of a database that nobody else has open; what it held is kept beside it."""

    def __init__(self, path: Path, connection: sqlite3.Connection | None, kept: Path) -> None:
        self.path = path
        self.kept: Path | None = kept if path.exists() else None
        self._connection = connection

    def put(self, made: Path) -> None:
        """Keep what is there, and put the database of a file there, in one transaction of SQLite.

        The file stays the same one: who opens it meanwhile waits, and finds the new database.
        """
        if self._connection is None:
            if self.kept is not None:
                for end in ("", *BESIDE):
                    with suppress(FileNotFoundError):
                        Path(f"{self.path}{end}").rename(f"{self.kept}{end}")
            _settle(made)
            _publish(made, self.path, overwrite=False)
            return
        if self.kept is not None:
            with made_beside(self.kept) as old, closing(sqlite3.connect(old)) as written:
                self._connection.backup(written)
                _publish(old, self.kept, overwrite=False)
        with closing(_opened(_at_rest(made))) as read:
            read.backup(self._connection)


@contextmanager
def taken(path: Path, kept: Path) -> Iterator[Place]:
    """Give the place of a database, which nobody else can use until the block ends.

    Raises Conflict when somebody has it open. What is no database is put aside as it is.
    """
    if not path.exists():
        yield Place(path, None, kept)
        return
    with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("PRAGMA journal_mode=DELETE")  # refused while anybody has a log open
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")  # the lock stays
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in BROKEN:
                raise Conflict(
                    f"{str(path)!r} is open in another process: stop the server first."
                ) from None
            connection.close()
            yield Place(path, None, kept)
            return
        yield Place(path, connection, kept)
