"""`mandate demo` as people run it: a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.demo.addresses import Addresses

MANDATE = [sys.executable, "-c", "from app import main; main()"]
READY_WITHIN = 30.0


class Process:
    """One `mandate demo`, with what it wrote and said."""

    def __init__(self, data_dir: Path, addresses: Addresses, *more: str) -> None:
        self.data_dir = data_dir
        self.addresses = addresses
        self.greeting = ""
        place = ["--port", str(addresses.port), "--data-dir", str(data_dir)]
        self.popen = subprocess.Popen(
            [*MANDATE, "demo", "--no-browser", *place, *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> dict[str, Any]:
        """Wait for the last line that it says; returns demo.json."""
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            self.greeting += line
            if line.startswith(("Open ", "{")):
                break
        else:
            raise AssertionError(self.end())
        found: dict[str, Any] = json.loads((self.data_dir / "demo.json").read_text())
        return found

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal, if it still runs; returns exit code and standard error."""
        self.popen.send_signal(number)
        _, said = self.popen.communicate(timeout=READY_WITHIN)
        return self.popen.returncode, said

    def children(self) -> list[int]:
        """Return the process ids of its children."""
        listed = Path(f"/proc/{self.popen.pid}/task/{self.popen.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]


Start = Callable[..., Process]
