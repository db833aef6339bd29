"""`mandate backup` and `mandate restore`, for SQLite; PostgreSQL has programs of its own."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import click
from flask import Flask

from app.cli.base import ACTOR, Reply, command, instant_value, quiet
from app.cli.sessions import KEEP_KEYS, restored
from app.database import copies, schema, transactions
from app.domain.errors import Invalid
from app.domain.sentences.instants import instant_text
from app.runtime.clock import now
from app.runtime.current import settings
from app.services import recall
from app.services.bulk_ends import Ended
from app.services.recall import Paused
from app.settings import Settings

FILE = click.Path(path_type=Path, dir_okay=False)


@command("backup", needs_schema=False)
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Write over a file that exists.")
def backup(file: Path, force: bool) -> Reply:  # noqa: FBT001 - click's
    """Copy the SQLite database to a file, while the server runs, and check the copy."""
    source = _sqlite_file("use pg_dump")
    size = copies.back_up(source, file, overwrite=force)
    return Reply({"file": str(file), "bytes": size}, f"{file} holds the database ({size:,} bytes).")


@command("restore", needs_schema=False)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@KEEP_KEYS
def restore(file: Path, keep_keys: bool) -> Reply:  # noqa: FBT001 - click's
    """Put a backup in the place of the SQLite database, and end what may have been revoked since."""
    path = _sqlite_file("use pg_restore, and `mandate sessions end --after-restore` afterwards")
    found, needed = copies.revision_of(file), schema.required_revision()
    if found != needed:
        raise Invalid(
            f"{str(file)!r} has schema {found} and this version needs {needed}: restore it with the "
            "version that made it, and upgrade then."
        )
    kept = path.with_name(f"{path.name}.before-{now():%Y%m%dT%H%M%S.%fZ}")
    with copies.taken(path, kept) as place, copies.made_beside(path) as made:
        copies.take_over(file, made)
        done = _finished(made, keep_keys=keep_keys, file=file.name)
        place.put(made)
    return _reply(done, path, place.kept)


def _sqlite_file(otherwise: str) -> Path:
    path = copies.sqlite_file()
    if path is None:
        raise Invalid(f"This is for an SQLite file. For PostgreSQL {otherwise}.")
    return path


@dataclass(frozen=True, slots=True)
class _Done:
    """What a restore ended and paused, and when the backup was made at the earliest."""

    ended: Ended
    paused: Paused
    newest: datetime | None


def _finished(made: Path, *, keep_keys: bool, file: str) -> _Done:
    """End what may have been revoked since, in a copy that nobody uses yet."""
    create_app: Callable[[Settings], Flask] = click.get_current_context().obj
    own = settings()
    there = replace(own, database=replace(own.database, url=f"sqlite:///{made}"))
    with quiet(create_app, there).app_context():
        try:
            newest = recall.newest_event_at()
            ended, paused = recall.end_after_restore(
                keep_keys=keep_keys,
                at=now(),
                actor=ACTOR,
                backup={"file": file, "newest_event_at": instant_value(newest)},
            )
        finally:
            transactions.disconnect()
    return _Done(ended, paused, newest)


def _reply(done: _Done, path: Path, kept: Path | None) -> Reply:
    value = {
        "database": str(path),
        "kept": None if kept is None else str(kept),
        "newest_event_at": instant_value(done.newest),
    }
    newest = "none" if done.newest is None else instant_text(done.newest, with_seconds=True)
    lines = [f"{path} is restored. The newest event of the backup: {newest}."]
    if kept is not None:
        lines.append(f"What it was before is kept as {kept}.")
    return restored(done.ended, done.paused, lines, **value)
