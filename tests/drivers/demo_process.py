"""`mandate demo` as people run it: a process of its own."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.demo.addresses import Addresses
from tests.drivers.programs import DEMO, Program

READY_WITHIN = 30.0


class Process:
    """One `mandate demo`, with what it wrote and said."""

    def __init__(self, data_dir: Path, addresses: Addresses, *more: str) -> None:
        self.data_dir = data_dir
        self.addresses = addresses
        self.greeting = ""
        place = ["--port", str(addresses.port), "--data-dir", str(data_dir)]
        arguments = ["demo", "--no-browser", *place, *more]
        read, write = os.pipe()
        self.stdout = os.fdopen(read)
        with os.fdopen(write, "wb") as written:
            self.program = Program(arguments, os.environ, loaded=DEMO, stdout=written)

    def ready(self) -> dict[str, Any]:
        """Wait for the last line that it says; returns demo.json."""
        for line in self.stdout:
            self.greeting += line
            if line.startswith(("Open ", "{")):
                break
        else:
            raise AssertionError(self.end())
        found: dict[str, Any] = json.loads((self.data_dir / "demo.json").read_text())
        return found

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal, if it still runs; returns exit code and standard error."""
        self.program.send_signal(number)
        return self.ended()

    def ended(self) -> tuple[int, str]:
        """Wait for its end; returns exit code and standard error."""
        _, said = self.program.communicate(READY_WITHIN)
        return self.program.wait(), said

    def children(self) -> list[int]:
        """Return the process ids of its children."""
        pid = self.program.pid
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(pid) for pid in listed.split()]

    def close(self) -> None:
        """End it, if it still runs, and forget what it said."""
        self.end()
        self.stdout.close()
        self.program.close()


Start = Callable[..., Process]
