"""`mandate` in a process of its own, forked off one that has loaded it already.

Loading takes longer than most of what is then tried. What proves the start itself runs `COMMAND`
of `tests.drivers.command_line` instead.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from tests.drivers.repository import ROOT

CODE = "from tests.drivers.forks import main; main(); from app import main; main()"
COMMANDS = ("app", "app.cli", "app.demo.command", "granian")
DEMO = (*COMMANDS, "app.demo.lifecycle", "app.demo.api.mcp_servers", "app.demo.api.site")


class Program:
    """One `mandate`, in a session of its own; what it writes goes to files."""

    def __init__(
        self,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        *,
        directory: Path | None = None,
        loaded: tuple[str, ...] = COMMANDS,
        stdin: bytes = b"",
        stdout: IO[bytes] | None = None,
        stderr: IO[bytes] | None = None,
    ) -> None:
        self.returncode: int | None = None
        self._files = [tempfile.TemporaryFile() for _ in range(3)]  # noqa: SIM115 - closed at its end
        self._files[0].write(stdin)
        self._files[0].seek(0)
        standard = [self._files[0], stdout or self._files[1], stderr or self._files[2]]
        self._heard, told = socket.socketpair()
        self._words = self._heard.makefile("rb")
        asked = {
            "arguments": arguments,
            "environ": dict(environ),
            "directory": str(directory or Path.cwd()),
        }
        with told:
            descriptors = [told.fileno(), *(each.fileno() for each in standard)]
            socket.send_fds(_forks(loaded), [b"."], descriptors)
        self._heard.sendall(json.dumps(asked).encode())
        self._heard.shutdown(socket.SHUT_WR)
        self.pid = int(self._words.readline())

    def poll(self) -> int | None:
        """Return the exit code once it has ended, as `subprocess` has it."""
        with suppress(BlockingIOError):
            self.wait(0.0)
        return self.returncode

    def wait(self, seconds: float | None = None) -> int:
        """Return the exit code when it ends; raises TimeoutError when that takes longer."""
        if self.returncode is None:
            self._heard.settimeout(seconds)
            self.returncode = int(self._heard.recv(16))
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Return what it said and complained of, when it has ended."""
        self.wait(timeout)
        return self._said(1), self._said(2)

    def _said(self, number: int) -> str:
        self._files[number].seek(0)
        return self._files[number].read().decode()

    def send_signal(self, number: int) -> None:
        """Send it a signal if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """End whatever still runs of it, and forget what it said."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._words.close()
        self._heard.close()
        for file in self._files:
            file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@functools.cache
def _forks(modules: tuple[str, ...]) -> socket.socket:
    """Return the socket of a process that has loaded modules; both end with this process."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-c", CODE, str(theirs.fileno()), *modules],
            cwd=ROOT,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    atexit.register(process.wait)
    atexit.register(ours.close)
    return ours
