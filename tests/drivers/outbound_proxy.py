"""A proxy that makes tunnels, as an organisation has one between its servers and the internet."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.drivers.sites import authority


@dataclass
class OutboundProxy:
    """A proxy that leads every tunnel to one port of this machine, or answers with a `refusal`."""

    port: int
    target: int
    refusal: str = ""
    requests: list[str] = field(default_factory=list)

    @property
    def asked(self) -> list[str]:
        """Return the hosts and ports that it was asked for."""
        return [request.split()[1] for request in self.requests]

    def url(self, scheme: str = "http", secret: str = "") -> str:
        return f"{scheme}://{secret}127.0.0.1:{self.port}"

    def serve(self, near: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += near.recv(4096)
        self.requests.append(head.decode())
        if self.refusal == "hang":
            near.recv(1)
        elif self.refusal:
            near.sendall(f"HTTP/1.1 {self.refusal}\r\nContent-Length: 0\r\n\r\n".encode())
        else:
            with socket.create_connection(("127.0.0.1", self.target)) as far:
                near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=pump, args=(far, near), daemon=True)
                back.start()
                pump(near, far)
                back.join()


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Carry bytes on until there are no more."""
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def outbound_proxy(target: int, *, tls: bool = False) -> Iterator[OutboundProxy]:
    """Serve until the block ends."""
    context = authority().serving() if tls else None
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = OutboundProxy(listener.getsockname()[1], target)
        over = threading.Event()

        def serve(raw: socket.socket) -> None:
            with suppress(OSError), raw:
                raw.settimeout(20)
                near = context.wrap_socket(raw, server_side=True) if context else raw
                with near:
                    made.serve(near)

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
