"""The servers that are measured beside each other: a bare view and Mandate as shipped."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from tests.bench.load import Load
from tests.bench.seeds import Seeds
from tests.drivers.clock import Clock
from tests.drivers.deployment import environment, make_app, prepared
from tests.drivers.live_server import free_port, shipped, wait_for

BARE = """
from flask import Flask, jsonify, request
app = Flask(__name__)

@app.post("/bare")
def bare():
    return jsonify(active=bool(request.form.get("token")))

@app.get("/readyz")
def readyz():
    return jsonify(status="ok")
"""
Maker = Callable[[str, int, int], Load | None]


@dataclass(frozen=True)
class Server:
    """A running server; `load` makes the load of an operation, None when it knows no such thing."""

    name: str
    port: int
    pid: int
    load: Maker
    is_on_postgresql: bool = False


@contextmanager
def bare(directory: Path, workers: int) -> Iterator[Server]:
    """A view that reads a form and answers with JSON, on Granian as `mandate serve` sets it."""
    (directory / "bare.py").write_text(BARE)
    port = free_port()
    command = [sys.executable, "-m", "granian", "bare:app", "--interface", "wsgi", "--no-ws"]
    command += ["--port", str(port), "--workers", str(workers), "--blocking-threads", "2"]
    command += ["--log-level", "warning"]
    process = subprocess.Popen(command, cwd=directory)
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", process.poll)
        load = Load("/bare", bodies=[urlencode({"token": "x"})])
        yield Server(f"bare Flask view, {workers} workers", port, process.pid, lambda *_: load)
    finally:
        process.terminate()
        process.wait(15)


@contextmanager
def mandate(kind: str, url: str, directory: Path, workers: int) -> Iterator[Server]:
    """Mandate as shipped on a database of its own."""
    clock, port = Clock(), free_port()
    clock.at = datetime.now(UTC)
    more = {"MANDATE_ISSUER": f"http://127.0.0.1:{port}"}
    world = replace(prepared(url), app=make_app(url, clock, **more), clock=clock)
    seeds = Seeds(world)
    log = directory / f"{kind}-{workers}.log"
    with shipped(environment(url, **more), port=port, workers=workers, log=log) as process:
        name = f"Mandate on {kind}, {workers} workers"
        yield Server(name, port, process.pid, seeds.load, kind == "PostgreSQL")
