"""The three programs of a demo: one child process, two threads, and waiting until all answer."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from app.demo.addresses import HOST, Addresses
from app.demo.data_dir import LOG_FILE
from app.domain.errors import Conflict, Unavailable

WORKERS = 2
READY_WITHIN = 60.0
STOPS_WITHIN = 10.0
POLL_EVERY = 0.02
STOP_POLL = 0.1
MAX_SHOWN = 300
CODE = "from app.demo.server_process import main; main()"


def check_ports(addresses: Addresses) -> None:
    """Raise Conflict when one of the ports is in use."""
    for port in addresses.ports:
        with socket.socket() as probe:
            # As servers do: ports of connections that have just ended are free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                reason = error.strerror or "it cannot be used"
                raise Conflict(
                    f"Port {port} is not free ({reason}): choose another --port."
                ) from None


class AuthorizationServer:
    """`mandate serve` as a child process, in a session of its own; its log goes to a file."""

    def __init__(self, addresses: Addresses, data_dir: Path) -> None:
        self._log = data_dir / LOG_FILE
        command = [sys.executable, "-c", CODE, "serve", "--port", str(addresses.port)]
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("MANDATE_")}
        descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                [*command, "--data-dir", str(data_dir), "--workers", str(WORKERS)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the demo, which then ends the server
                env=inherited,
            )

    def check(self) -> None:
        """Raise Unavailable when the process has ended."""
        code = self._process.poll()
        if code is not None:
            raise Unavailable(f"The authorization server ended ({code}): {self._last_line()}")

    def _last_line(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return said[-1][:MAX_SHOWN] if said else f"see {self._log}."

    def stop(self) -> None:
        """End the process and its workers."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOPS_WITHIN)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class _Quiet(WSGIRequestHandler):
    """A handler without a request log: it would show query strings, and codes in them."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing."""


@contextmanager
def serving(app: Flask, port: int) -> Iterator[None]:
    """Serve an example program from a thread of this process."""
    server: BaseWSGIServer = make_server(HOST, port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(STOP_POLL,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def wait_until_ready(addresses: Addresses, server: AuthorizationServer) -> None:
    """Return when /healthz of all three answers; raises Unavailable when one does not."""
    deadline = time.monotonic() + READY_WITHIN
    for port in addresses.ports:
        while not _is_well(port):
            server.check()
            if time.monotonic() > deadline:
                raise Unavailable(f"Nothing answers on port {port} after {READY_WITHIN:.0f} s.")
            time.sleep(POLL_EVERY)


def _is_well(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
