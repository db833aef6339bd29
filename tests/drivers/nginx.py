"""Debian's nginx with the file that Mandate brings along, at addresses of the test."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app import deploy
from tests.drivers.live_server import free_port
from tests.drivers.sites import authority

HOST = "auth.example.com"
# What nginx itself needs to run without root's directories; the shipped file stands below it.
FRAME = """
user root;
worker_processes 1;
pid {directory}/pid;
error_log {directory}/error.log info;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/mandate.conf;
}}
"""


@dataclass(frozen=True)
class Nginx:
    """A running nginx: its ports for http and https, and the file it runs with."""

    directory: Path
    port: int
    secure_port: int

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.secure_port}"


def program() -> str | None:
    """Return the path of nginx, or None where it is not installed."""
    return shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")


def shipped_file(directory: Path, upstreams: list[int], port: int, secure_port: int) -> str:
    """Return the shipped file with the addresses and the certificate of a test; all else stays."""
    text = deploy.text("nginx.conf")
    server = "server 127.0.0.1:8000 max_fails=3 fail_timeout=5s;"
    changes = {
        "    listen 80;": f"    listen 127.0.0.1:{port};",
        "    listen 443 ssl": f"    listen 127.0.0.1:{secure_port} ssl",
        "/etc/ssl/mandate.pem": f"{directory}/chain.pem",
        "/etc/ssl/mandate.key": f"{directory}/key.pem",
        server: "\n".join(server.replace("8000", str(number)) for number in upstreams),
    }
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@contextmanager
def running_nginx(directory: Path, *upstreams: int) -> Iterator[Nginx]:
    """Run nginx in front of servers at these ports until the block ends."""
    found = Nginx(directory, free_port(), free_port())
    (directory / "chain.pem").write_bytes(authority().chain)
    (directory / "key.pem").write_bytes(authority().key)
    (directory / "mandate.conf").write_text(
        shipped_file(directory, list(upstreams), found.port, found.secure_port)
    )
    (directory / "nginx.conf").write_text(FRAME.format(directory=directory))
    command = [str(program()), "-p", str(directory), "-c", str(directory / "nginx.conf")]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    assert "[warn]" not in tried.stderr, tried.stderr
    process = subprocess.Popen([*command, "-g", "daemon off;"], stderr=subprocess.DEVNULL)
    try:
        _wait(found.secure_port, process)
        yield found
    finally:
        process.send_signal(signal.SIGQUIT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        assert process.poll() is None, "nginx ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("nginx does not listen")
