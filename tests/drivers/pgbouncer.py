"""A PgBouncer of the tests' own, in front of their PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tests.drivers.live_server import free_port
from tests.drivers.postgres import Postgres

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
PGBOUNCER = pytest.mark.skipif(PROGRAM is None, reason="optional: .ci/run installs pgbouncer")
SETTINGS = """
[databases]
* = host={host} port={port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
max_client_conn = 500
logfile = {log}
pidfile = {pid}
"""


@dataclass
class Pgbouncer:
    """A PgBouncer at a port of its own, which can be killed and started again."""

    port: int
    command: list[str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the URL before the name of a database."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _wait(self.port)

    def kill(self) -> None:
        """Kill it and all the connections that it holds."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)


@contextmanager
def running_pgbouncer(server: Postgres, mode: str, *, size: int = 4) -> Iterator[str]:
    """Run PgBouncer in `session` or `transaction` mode; gives the URL before the name of a database."""
    with mortal_pgbouncer(server, mode, size=size) as made:
        yield made.url


@contextmanager
def mortal_pgbouncer(server: Postgres, mode: str, *, size: int = 4) -> Iterator[Pgbouncer]:
    """Run one that may be killed in between."""
    assert PROGRAM is not None
    own = free_port()
    with tempfile.TemporaryDirectory() as directory:
        at = Path(directory)
        where = parse_qs(urlsplit(server.uri("postgres")).query)
        host, port = where["host"][0], where.get("port", ["5432"])[0]
        settings = at / "pgbouncer.ini"
        text = SETTINGS.format(
            host=host, port=port, own=own, mode=mode, size=size, log=at / "log", pid=at / "pid"
        )
        settings.write_text(text)
        command = [PROGRAM, str(settings)]
        if os.getuid() == 0:  # it refuses to be root
            owner = at.stat() if not Path(host).is_dir() else Path(host).stat()
            os.chown(at, owner.st_uid, owner.st_gid)
            command = [PROGRAM, "-u", Path(host).owner(), str(settings)]
        made = Pgbouncer(own, command)
        try:
            made.start()
            yield made
        finally:
            made.kill()


def _wait(port: int) -> None:
    for _ in range(100):
        try:
            with psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres"):
                return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise AssertionError("PgBouncer did not start")
