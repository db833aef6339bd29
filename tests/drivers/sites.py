"""Web sites of strangers on loopback: TLS with an authority of the test's own, and any manners."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOSTS = ("tool.example", "other.example", "localhost", "claude.ai")
Handler = Callable[[socket.socket], None]


@dataclass(frozen=True)
class Authority:
    """A certificate authority, and one certificate of it for every host here, as PEM."""

    root: bytes
    chain: bytes
    key: bytes

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.root.decode())

    def serving(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with TemporaryDirectory() as directory:
            path = Path(directory) / "chain.pem"
            path.write_bytes(self.chain + self.key)
            context.load_cert_chain(path)
        return context


@cache
def authority() -> Authority:
    """Make the authority of this test run."""
    now = dt.datetime.now(dt.UTC)

    def certificate(
        name: str, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, *, is_root: bool
    ) -> bytes:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A test's authority")])
        names: list[x509.GeneralName] = [x509.DNSName(host) for host in HOSTS]
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        )
        if not is_root:
            made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return made.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    return Authority(
        root=certificate("A test's authority", root_key, root_key, is_root=True),
        chain=certificate("tool.example", key, root_key, is_root=False),
        key=key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


@dataclass
class Site:
    """A site that answers every request alike; `connections` counts what reached it at all."""

    port: int
    handler: Handler
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, path: str = "/client.json", host: str = "tool.example") -> str:
        return f"https://{host}:{self.port}{path}"


def answer(
    body: object, *, status: str = "200 OK", kind: str = "application/json", **headers: str
) -> Handler:
    """Return a handler that sends one answer; `headers` with underscores for dashes."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(raw)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = "\r\n".join([*lines, "Connection: close", "", ""]).encode()

    def send(connection: socket.socket) -> None:
        connection.sendall(head + raw)

    return send


def document(url: str, **changes: Any) -> dict[str, Any]:
    """Return the metadata document of a public client; a change of None leaves a member out."""
    good = {
        "client_id": url,
        "client_name": "Claude Code",
        "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


@contextmanager
def site(handler: Handler | None = None, *, tls: bool = True) -> Iterator[Site]:
    """Serve until the block ends; set `handler` at any time."""
    context = authority().serving() if tls else None
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Site(listener.getsockname()[1], handler or answer({}))
        over = threading.Event()

        def serve(raw: socket.socket) -> None:
            with made.lock:
                made.connections += 1
                made.at_once += 1
                made.most_at_once = max(made.most_at_once, made.at_once)
            with suppress(OSError), raw:
                raw.settimeout(20)
                plain = context.wrap_socket(raw, server_side=True) if context else raw
                with plain:
                    made.requests.append(plain.recv(65_536))
                    made.handler(plain)
            with made.lock:
                made.at_once -= 1

        def accept() -> None:
            while not over.is_set():
                with suppress(OSError):
                    connection, _ = listener.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        listener.settimeout(0.05)
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            over.set()
            thread.join()


def hang(connection: socket.socket) -> None:
    connection.recv(1)  # until the other side goes


def held(let_go: threading.Event, then: Handler) -> Handler:
    """Return a handler that hangs until the other side goes, or answers when it is let go."""

    def wait(connection: socket.socket) -> None:
        connection.settimeout(0.02)
        while not let_go.is_set():
            with suppress(TimeoutError):
                connection.recv(1)
                return
        then(connection)

    return wait


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    for _ in range(60):
        connection.sendall(b" ")
        time.sleep(0.05)


def endless_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(60):
        connection.sendall(f"X-{number}: y\r\n".encode())
        time.sleep(0.05)


def stream(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    for _ in range(100_000):
        connection.sendall(b" " * 65_536)
