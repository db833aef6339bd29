"""An httpx transport that connects to given addresses only, under one deadline."""

import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import httpcore
import httpx


class Deadline:
    """An instant that each step must keep, and what a failure has to wait for before it is told."""

    def __init__(self, seconds: float) -> None:
        self._began = time.monotonic()
        self._ends = self._began + seconds
        self._told_at = self._began

    @property
    def spent(self) -> float:
        """Return the seconds since the beginning."""
        return time.monotonic() - self._began

    def tell_after(self, seconds: float) -> None:
        """Let a failure be told so many seconds after the beginning, or at the end if that is sooner."""
        self._told_at = min(self._began + seconds, self._ends)

    def await_telling(self) -> None:
        """Sleep until a failure may be told."""
        time.sleep(max(0.0, self._told_at - time.monotonic()))

    @property
    def remaining(self) -> float:
        """Return the seconds that are left, never less than 0."""
        return max(0.0, self._ends - time.monotonic())

    def check(self) -> float:
        """Return the seconds that are left; raises ReadTimeout when none are."""
        left = self.remaining
        if left == 0.0:
            raise httpcore.ReadTimeout("the deadline has passed")
        return left


class _Timed(httpcore.NetworkStream):
    """A stream whose every step ends with the deadline: one byte a second gains nothing."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - httpcore's
        return self._stream.read(max_bytes, self._deadline.check())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - httpcore's
        self._stream.write(buffer, self._deadline.check())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - httpcore's
    ) -> httpcore.NetworkStream:
        left = self._deadline.check()
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Connects to the vetted addresses, whatever host is asked for: nothing is resolved again."""

    def __init__(self, addresses: Sequence[str], deadline: Deadline) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._plain = httpcore.SyncBackend()
        self.is_connected = False

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - already resolved
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("no address")
        for address in self._addresses:
            try:
                stream = self._plain.connect_tcp(
                    address, port, self._deadline.check(), local_address, socket_options
                )
                self.is_connected = True
                return _Timed(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        """Pass the chunks on, with httpcore's errors as httpx has them."""
        try:
            yield from self._answer.iter_stream()
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise httpx.ReadError(repr(error)) from error

    def close(self) -> None:
        self._answer.close()


class VettedTransport(httpx.BaseTransport):
    """HTTP/1.1 over connections to `addresses`; TLS is verified for the host of the URL.

    With the URL of a `proxy`, the addresses are those of the proxy, and it is asked for a tunnel.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        deadline: Deadline,
        trust: ssl.SSLContext,
        *,
        proxy: str | None = None,
    ) -> None:
        self._backend = _Backend(addresses, deadline)
        self._pool: httpcore.ConnectionPool
        if proxy is None:
            self._pool = httpcore.ConnectionPool(ssl_context=trust, network_backend=self._backend)
        else:
            self._pool = _tunnels(proxy, self._backend, trust)

    @property
    def is_connected(self) -> bool:
        """Say whether a connection to one of the addresses came about."""
        return self._backend.is_connected

    def __enter__(self) -> Self:
        return self

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the head of the answer; the body is read as it is asked for."""
        url = request.url
        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
        )
        try:
            answer = self._pool.handle_request(asked)
        except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError) as error:
            raise httpx.ConnectError(repr(error)) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise httpx.ReadError(repr(error)) from error
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


def _tunnels(proxy: str, backend: _Backend, trust: ssl.SSLContext) -> httpcore.HTTPProxy:
    parts = urlsplit(proxy)
    secret = (unquote(parts.username or ""), unquote(parts.password or ""))
    return httpcore.HTTPProxy(
        f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
        proxy_auth=secret if parts.username else None,
        ssl_context=trust,
        proxy_ssl_context=trust if parts.scheme == "https" else None,
        network_backend=backend,
    )
