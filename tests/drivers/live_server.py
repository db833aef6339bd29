"""The app at a real address: served from a thread, or as shipped by `mandate serve`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from tests.drivers.programs import Program

LOOK_EVERY = 0.02  # seconds; a server of a thread ends after one more look


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def threaded(app: Flask, port: int) -> Iterator[str]:
    """Serve an app from a thread of this process and give its URL."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(LOOK_EVERY,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def shipped(
    environment: dict[str, str], *, port: int, workers: int, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `mandate serve` until the block ends; its log goes to a file."""
    command = [sys.executable, "-c", "from app import main; main()"]
    command += ["serve", "--port", str(port), "--workers", str(workers)]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MANDATE_")}
    with log.open("ab") as sink:
        process = subprocess.Popen(
            command, env={**clean, **environment}, stdout=sink, stderr=sink, start_new_session=True
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz", process.poll)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            finally:
                # A server that was killed leaves its workers behind; the group is ours alone.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def forked(environment: dict[str, str], *, port: int, workers: int, log: Path) -> Iterator[Program]:
    """Run `mandate serve` as `shipped` does, forked off a process that has loaded it already."""
    arguments = ["serve", "--port", str(port), "--workers", str(workers)]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MANDATE_")}
    with (
        log.open("ab") as sink,
        Program(arguments, {**clean, **environment}, stdout=sink, stderr=sink) as program,
    ):
        wait_for(f"http://127.0.0.1:{port}/readyz", program.poll)
        try:
            yield program
        finally:
            program.send_signal(signal.SIGTERM)
            program.wait(15)


def wait_for(url: str, ended: Callable[[], int | None], seconds: float = 20) -> None:
    """Wait until an address answers with 200; fail when the process ends before."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert ended() is None, f"the server ended with {ended()}"
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{url} does not answer")
