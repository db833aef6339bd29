"""Load from wrk: which request is sent, and what came of it."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

SCRIPT = Path(__file__).with_name("load.lua")
RESULT = re.compile(r"^RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$", re.MULTILINE)
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Load:
    """A request that is sent again and again.

    `kind` is `same` (one body), `chain` (each body has the refresh token of the answer before, one chain
    a connection), or `list` (each body is sent once).
    """

    path: str
    kind: str = "same"
    method: str = "POST"
    bodies: list[str] = field(default_factory=lambda: [""])
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """What a round came to; times in milliseconds."""

    requests: int
    per_second: float
    p50: float
    p99: float


def run(load: Load, port: int, *, seconds: int, connections: int) -> Measured:
    """Send a load for some seconds; every answer must be good, and a list must not run out."""
    threads = 1 if load.kind == "same" else connections
    headers = {"Content-Type": FORM, **load.headers} if load.method == "POST" else load.headers
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as bodies:
        bodies.write("\n".join(load.bodies) + "\n")
        bodies.flush()
        environment = {
            **os.environ,
            "LOAD_KIND": load.kind,
            "LOAD_METHOD": load.method,
            "LOAD_PATH": load.path,
            "LOAD_HEADERS": "\n".join(f"{name}: {value}" for name, value in headers.items()),
            "LOAD_BODIES": bodies.name,
            "LOAD_THREADS": str(threads),
        }
        command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "-s", str(SCRIPT)]
        command += ["--timeout", "10s", f"http://127.0.0.1:{port}"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    found = RESULT.search(done.stdout)
    assert found, done.stdout + done.stderr
    requests, duration, p50, p99, bad, used_up = map(int, found.groups())
    assert bad == 0, f"{bad} of {requests} answers of {load.path} were not good"
    assert used_up == 0, f"{len(load.bodies)} bodies for {load.path} are too few"
    return Measured(requests, requests / duration * 1e6, p50 / 1e3, p99 / 1e3)
