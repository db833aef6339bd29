"""The servers that are measured beside each other: a bare view, Mandate as shipped, and a peer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from tests.bench.load import Load
from tests.bench.seeds import Seeds, basic
from tests.drivers.clock import Clock
from tests.drivers.deployment import environment, make_app, prepared
from tests.drivers.live_server import free_port, shipped, wait_for
from tests.drivers.postgres import Postgres

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
PEER = Path(__file__).parent / "peers" / "oidc_provider.mjs"
VERIFIER = "a-verifier-of-the-benchmark-that-is-long-enough-0123456789"
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


@contextmanager
def oidc_provider(modules: Path, server: Postgres, workers: int) -> Iterator[Server]:
    """node-oidc-provider on a database of its own; `modules` is where npm has installed it."""
    server.create(f"peer_{workers}")
    port = free_port()
    settings = {
        "PORT": str(port),
        "PGURL": server.uri(f"peer_{workers}"),
        "WORKERS": str(workers),
        "VERIFIER": VERIFIER,
    }
    # A module is looked for beside the program, so the program goes where its modules are.
    program = modules.parent / PEER.name
    program.write_text(PEER.read_text())
    process = subprocess.Popen(["node", program], env={**os.environ, **settings})
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", process.poll)
        name = f"node-oidc-provider, {workers} workers"
        yield Server(name, port, process.pid, _peer_loads(port), is_on_postgresql=True)
    finally:
        process.terminate()
        process.wait(15)


def _peer_loads(port: int) -> Maker:
    own, asking = basic("app", "app-secret-0123456789"), basic("rs", "rs-secret-0123456789")

    def seeded(kind: str, count: int) -> list[str]:
        address = f"http://127.0.0.1:{port}/_seed?kind={kind}&n={count}"
        with urllib.request.urlopen(address, timeout=300) as answer:
            return list(json.loads(answer.read()))

    def load(operation: str, count: int, connections: int) -> Load | None:
        if operation == "introspection":
            # The quickest kind that it has: no grant stands behind it.
            body = urlencode({"token": seeded("ClientCredentials", 1)[0]})
            return Load("/token/introspection", bodies=[body], headers=asking)
        if operation == "refresh":
            chains = seeded("RefreshToken", connections)
            return Load("/token", "chain", bodies=chains, headers=own)
        if operation == "code_exchange":
            forms = [_code_form(code) for code in seeded("AuthorizationCode", count)]
            return Load("/token", "list", bodies=forms, headers=own)
        if operation == "revocation":
            forms = [urlencode({"token": token}) for token in seeded("AccessToken", count)]
            return Load("/token/revocation", "list", bodies=forms, headers=own)
        return None

    return load


def _code_form(code: str) -> str:
    return urlencode(
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": "https://a.example/cb",
            "code_verifier": VERIFIER,
        }
    )
