"""The files of an SQLite database: they hold names and addresses, and are their owner's alone."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from sqlalchemy import make_url

PRIVATE = 0o600
OTHERS = 0o077
BESIDE = ("", "-wal", "-shm", "-journal")  # SQLite gives the others the rights of the first


def make_private(dialect: Any, _record: Any, where: Sequence[Any], _options: Any) -> None:
    """Make a missing file before SQLite's driver does, which would let everybody read it.

    The arguments are those of SQLAlchemy's event `do_connect`.
    """
    if dialect.name != "sqlite":
        return
    path = _path(str(where[0]), makes=True)
    if path is not None:
        with suppress(OSError):  # it is there, or the driver says what is wrong
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE))


def narrow(database_url: str) -> None:
    """Take the rights of others away from the files of a database, where this user may do so."""
    for file in _open_files(database_url):
        with suppress(OSError):
            file.chmod(PRIVATE)


def notes(database_url: str) -> list[str]:
    """Return a sentence for each file of a database that its owner shares with others."""
    return [
        f"{file} is open to other users of this machine: run `mandate db upgrade` as its owner."
        for file in _open_files(database_url)
    ]


def _open_files(database_url: str) -> Iterator[Path]:
    url = make_url(database_url)
    main = _path(url.database or "") if url.get_backend_name() == "sqlite" else None
    for end in BESIDE if main else ():
        file = Path(f"{main}{end}")
        with suppress(OSError):
            if file.stat().st_mode & OTHERS:
                yield file


def _path(database: str, *, makes: bool = False) -> Path | None:
    """Return the file that SQLite means, or None for memory; `makes`: and if it would make it."""
    if not database.startswith("file:"):
        return None if database in ("", ":memory:") else Path(database)
    parts = urlsplit(database)
    [mode] = parse_qs(parts.query).get("mode", ["rwc"])[-1:]
    is_none = mode == "memory" or parts.path in ("", ":memory:") or (makes and mode != "rwc")
    return None if is_none else Path(unquote(parts.path))
