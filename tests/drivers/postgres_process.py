"""The processes of a PostgreSQL: stopped, killed, and started again on the same data."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from tests.bench.processes import family
from tests.drivers.postgres import Postgres

ENDS_WITHIN, ANSWERS_WITHIN = 10, 20  # seconds


class PostgresProcess:
    """The postmaster and its children; the command by which it runs is read when this is made."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._pid = server.pid()
        at = Path(f"/proc/{self._pid}")
        self._command = (at / "cmdline").read_text().split("\0")[:-1]
        self._directory = str((at / "cwd").readlink())
        self._owner = at.stat()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let none of the processes run until the block ends."""
        pids = family(self._pid)
        try:
            for pid in pids:
                with suppress(ProcessLookupError):  # a connection may just have ended
                    os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def kill(self) -> None:
        """Kill all processes at once, as a machine that loses its power; the data stays."""
        pids = family(self._pid)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        ends = time.monotonic() + ENDS_WITHIN
        while any(_lives(pid) for pid in pids):
            assert time.monotonic() < ends, "PostgreSQL does not end"
            time.sleep(0.02)

    def start(self) -> subprocess.Popen[bytes]:
        """Start it again and wait until it answers; whoever starts it waits for its end."""
        process = subprocess.Popen(
            self._command,
            cwd=self._directory,
            user=self._owner.st_uid,
            group=self._owner.st_gid,
            extra_groups=[],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._pid = process.pid
        ends = time.monotonic() + ANSWERS_WITHIN
        while not self._answers():
            assert process.poll() is None, "PostgreSQL ended"
            assert time.monotonic() < ends, "PostgreSQL does not answer"
            time.sleep(0.02)
        return process

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._server.uri("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def _lives(pid: int) -> bool:
    """Say whether a process runs; one that waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
