"""A disk without room: a small file system in memory of our own, which a ballast fills."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from app.runtime.pulse import FULL
from tests.bench.faults.fault import Fault, Run
from tests.bench.faults.skip import Skipped
from tests.bench.faults.stage import POSTGRESQL, SQLITE, Stage, stage
from tests.drivers.postgres import running_postgres

SIZE = {SQLITE: "24m", POSTGRESQL: "64m"}
BLOCK = 4_096
FULL_WITHIN = 20  # seconds until a write needs room that is not there
WRITES = {200, 503}


class Disks:
    """The small file system of the stage that runs."""

    ballast: Path

    @contextmanager
    def small(self, kind: str, directory: Path) -> Iterator[Stage]:
        """A deployment whose database lies on the small file system."""
        with _mounted(SIZE[kind]) as disk:
            self.ballast = disk / "ballast"
            if kind == SQLITE:
                with stage(f"sqlite:///{disk}/mandate.db", directory) as made:
                    yield made
                return
            with running_postgres() as server:
                # The log of PostgreSQL has a disk of its own: without room for it the server ends.
                _have_table_space(disk, server.uri("postgres"), server.pid())
                with stage(server.url("mandate"), directory, postgres=server) as made:
                    yield made

    def fill(self) -> None:
        """Take all the room there is; what others have freed since is taken by the next call."""
        with self.ballast.open("ab", buffering=0) as file:
            try:
                while file.write(bytes(BLOCK)):
                    pass
            except OSError:
                return

    def make_room(self) -> None:
        self.ballast.unlink()


DISKS = Disks()


@contextmanager
def _mounted(size: str) -> Iterator[Path]:
    """Mount a file system in memory; needs root."""
    with tempfile.TemporaryDirectory(prefix="mandate-disk-") as name:
        command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Skipped(f"needs root to mount a file system: {done.stderr.strip()}")
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


def _have_table_space(disk: Path, uri: str, pid: int) -> None:
    own = disk / "space"
    own.mkdir()
    owner = Path(f"/proc/{pid}").stat()
    os.chown(own, owner.st_uid, owner.st_gid)
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{own}'".encode())
        connection.execute(b"CREATE DATABASE mandate TABLESPACE small")


def _fill(run: Run) -> None:
    """Fill the disk: reads go on, writes are refused, /readyz says why; then make room."""
    DISKS.fill()
    try:
        ends = time.monotonic() + FULL_WITHIN
        while FULL not in run.readiness((0, float("inf"))) and time.monotonic() < ends:
            time.sleep(0.2)
            DISKS.fill()
        window = run.hold()
    finally:
        DISKS.make_room()
    said, reads = run.readiness(window), run.statuses(window, "/oauth/introspect")
    run.expect(said == {FULL}, f"/readyz said {said}")
    run.expect(reads == {200}, f"reads were answered with {reads}")
    writes = run.statuses(window, "/oauth/token")
    run.expect(503 in writes and writes <= WRITES, f"writes were answered with {writes}")
    freed = time.monotonic()
    run.stage.until_ready()
    time.sleep(1)
    late = run.statuses((freed + 1, time.monotonic()), "/oauth/token")
    run.expect(200 in late, f"after room was made writes were answered with {late}")


FAULTS = [Fault("full-disk", _fill, place=DISKS.small, paced=0.3)]
