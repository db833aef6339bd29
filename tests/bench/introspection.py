"""Introspection beside a bare Flask view, on the same server, in one run: the ratios are the result.

Run: `python -m tests.bench.introspection [--seconds 5] [--connections 16] [--json]`

Server: as shipped (`mandate serve`, Granian, 2 workers) on SQLite and on PostgreSQL, and the bare view
under the same Granian settings. Load: wrk when it is installed, else a loop of Python threads. Each
round measures all servers one after the other, and the median of the rounds counts.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from tests.drivers.clock import Clock
from tests.drivers.deployment import Prepared, environment, prepared, running_world
from tests.drivers.live_server import free_port, shipped, wait_for
from tests.drivers.postgres import running_postgres
from tests.drivers.tool import Tool

BARE = """
from flask import Flask, jsonify, request
app = Flask(__name__)

@app.post("/oauth/introspect")
def introspect():
    return jsonify(active=bool(request.form.get("token")))

@app.get("/readyz")
def readyz():
    return jsonify(status="ok")
"""
RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
FAILED = re.compile(r"Non-2xx or 3xx responses: (\d+)")


@contextmanager
def bare(directory: Path, port: int) -> Iterator[None]:
    """The bare view on Granian with the settings of `mandate serve`."""
    (directory / "bare.py").write_text(BARE)
    command = [
        sys.executable,
        "-m",
        "granian",
        "bare:app",
        "--interface",
        "wsgi",
        "--port",
        str(port),
        "--workers",
        "2",
        "--blocking-threads",
        "2",
        "--no-ws",
        "--log-level",
        "warning",
    ]
    process = subprocess.Popen(command, cwd=directory)
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", process.poll)
        yield
    finally:
        process.terminate()
        process.wait(15)


def issued(database: Prepared) -> tuple[str, str]:
    """Return a fresh token and the Authorization header of its resource server."""
    clock = Clock()
    clock.at = datetime.now(UTC)
    with running_world(database, clock) as world:
        tool = Tool(world, world.native)
        choice = {
            "capabilities": ["api", "mcp", "flows:edit"],
            "project-payments": "editor",
            "project-website": "viewer",
            "mcp_servers": ["ledger"],
            "expires_in": "",
        }
        token = tool.tokens(choice, scope="api mcp flows:edit")["access_token"]
        secret = world.secrets["api"]
    return token, "Basic " + base64.b64encode(f"api:{secret}".encode()).decode()


def with_wrk(
    url: str, body: str, header: str, *, seconds: int, connections: int, directory: Path
) -> float:
    """Return requests per second as wrk measures them; every answer must be good."""
    script = directory / "post.lua"
    script.write_text(
        f'wrk.method = "POST"\nwrk.body = "{body}"\n'
        'wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\n'
        f'wrk.headers["Authorization"] = "{header}"\n'
    )
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), url]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert not FAILED.search(output), output
    found = RATE.search(output)
    assert found, output
    return float(found[1])


def with_threads(port: int, body: str, header: str, seconds: int, connections: int) -> float:
    """Return requests per second of Python threads; the ratios are flatter than wrk's."""
    counts = [0] * connections
    end = time.monotonic() + seconds
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": header}

    def run(number: int) -> None:
        connection = HTTPConnection("127.0.0.1", port)
        while time.monotonic() < end:
            connection.request("POST", "/oauth/introspect", body, headers)
            assert json.loads(connection.getresponse().read())["active"]
            counts[number] += 1

    threads = [threading.Thread(target=run, args=(n,)) for n in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def measure(seconds: int, connections: int, rounds: int) -> dict[str, float]:
    """Return the median requests per second of each server."""
    use_wrk = shutil.which("wrk") is not None
    rates: dict[str, list[float]] = {}
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers: dict[str, tuple[int, str, str]] = {}
        port = free_port()
        stack.enter_context(bare(directory, port))
        servers["bare Flask view"] = (port, urlencode({"token": "x"}), "Basic eDp5")
        postgres = stack.enter_context(running_postgres())
        postgres.create("bench")
        databases = {
            "SQLite": f"sqlite:///{directory}/mandate.db",
            "PostgreSQL": postgres.url("bench"),
        }
        for name, url in databases.items():
            database = Prepared(url, prepared(url))
            token, header = issued(database)
            port = free_port()
            settings = environment(url, MANDATE_ISSUER=f"http://127.0.0.1:{port}")
            log = directory / f"{name}.log"
            stack.enter_context(shipped(settings, port=port, workers=2, log=log))
            servers[f"Mandate on {name}"] = (port, urlencode({"token": token}), header)
        for _ in range(rounds):
            for name, (port, body, header) in servers.items():
                if use_wrk:
                    url = f"http://127.0.0.1:{port}/oauth/introspect"
                    rate = with_wrk(
                        url,
                        body,
                        header,
                        seconds=seconds,
                        connections=connections,
                        directory=directory,
                    )
                else:
                    rate = with_threads(port, body, header, seconds, connections)
                rates.setdefault(name, []).append(rate)
    return {name: statistics.median(values) for name, values in rates.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rates = measure(options.seconds, options.connections, options.rounds)
    base = rates["bare Flask view"]
    if options.json:
        print(
            json.dumps(
                {name: {"per_second": rate, "ratio": rate / base} for name, rate in rates.items()}
            )
        )
        return
    load = "wrk" if shutil.which("wrk") else "Python threads"
    print(
        f"{options.connections} connections, {load}, {os.cpu_count()} cores, "
        f"median of {options.rounds} rounds"
    )
    for name, rate in rates.items():
        print(f"  {name:24} {rate:8.0f} requests/s   {rate / base:5.2f} of the bare view")


if __name__ == "__main__":
    main()
