"""Fetching JSON from an address that a stranger named: client metadata documents and key sets.

The name is resolved here and every address of it is checked. The connection goes to a checked address,
so no second answer of a resolver can lead elsewhere. No redirect, no proxy, no cookie; TLS is verified
for the name. One deadline covers resolving, connecting, waiting and reading together.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpx
import structlog

from app.domain.clients.metadata_urls import is_https_url, may_connect
from app.domain.errors import DocumentRefused, MetadataRefused, Unavailable
from app.domain.json_values import parsed
from app.services.clients.pinned_transport import Deadline, VettedTransport

log = structlog.get_logger()
MAX_DOCUMENT = 5 * 1024
MAX_KEYS = 64 * 1024
SLOTS = 1  # of the two threads that a process serves with: more threads would slow introspection
PATIENCE = 0.2
FAILURES = (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, MetadataRefused)
UNREACHABLE = (
    "The tool's description could not be fetched from its address. Tell its makers, or try later."
)
BUSY = "Another tool is being looked up right now. This page reloads itself in a moment."

Resolver = Callable[[str, int], list[str]]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A parsed document and the headers it came with, by lower-case name."""

    value: Any
    headers: Mapping[str, str]


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as the system finds them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@cache
def system_trust() -> ssl.SSLContext:
    """Return a context that trusts what the system does (see SSL_CERT_FILE), and Mozilla's list."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


@dataclass(slots=True)
class Fetcher:
    """Fetches for one process; `loopback` lets documents lie on loopback (development only).

    `seconds` is the deadline of a fetch. Every failure takes that long: the time would show what
    the network behind this server looks like.
    """

    loopback: bool
    seconds: float = 4.5  # so that the answer is there within five
    resolver: Resolver = resolve
    trust: Callable[[], ssl.SSLContext] = system_trust
    _slots: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(SLOTS))

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a slot, so that slow documents leave threads for other requests.

        Raises Unavailable when none is free for a moment; the page for it reloads itself.
        """
        if not self._slots.acquire(timeout=PATIENCE):
            raise Unavailable(BUSY)
        try:
            yield
        finally:
            self._slots.release()

    def deadline(self) -> Deadline:
        """Return the deadline of a fetch that begins now, waiting for its turn included."""
        return Deadline(self.seconds)

    def fetch(self, url: str, deadline: Deadline, *, limit: int = MAX_DOCUMENT) -> Fetched:
        """Return the JSON at an https URL, at most `limit` bytes; raises DocumentRefused."""
        try:
            return self._fetch(url, limit, deadline)
        except DocumentRefused as refusal:
            log.info("fetch.refused", url=url[:200], reason=refusal.detail)
            time.sleep(deadline.remaining)
            raise

    def _fetch(self, url: str, limit: int, deadline: Deadline) -> Fetched:
        if not is_https_url(url):
            raise DocumentRefused(UNREACHABLE, detail="not a URL that is fetched")
        parts = urlsplit(url)
        addresses = self._vetted(parts.hostname or "", parts.port or 443, deadline)
        try:
            with (
                VettedTransport(addresses, deadline, self.trust()) as transport,
                httpx.Client(transport=transport, trust_env=False) as http,
                http.stream("GET", url, headers={"Accept": "application/json"}) as response,
            ):
                return _read(response, limit)
        except FAILURES as error:
            raise DocumentRefused(UNREACHABLE, detail=repr(error)[:300]) from None

    def _vetted(self, host: str, port: int, deadline: Deadline) -> list[str]:
        """Return all addresses of the name if each is allowed; raises DocumentRefused otherwise."""
        found = self._resolved(host, port, deadline)
        if not all(may_connect(address, port, loopback=self.loopback) for address in found):
            raise DocumentRefused(UNREACHABLE, detail=f"{host} leads to {found[:4]}")
        return found

    def _resolved(self, host: str, port: int, deadline: Deadline) -> list[str]:
        """Resolve in a thread of its own: the system's resolver knows no deadline."""
        answer: list[str] = []

        def ask() -> None:
            try:
                answer.extend(self.resolver(host, port))
            except (OSError, UnicodeError) as error:
                log.info("fetch.unresolved", host=host[:200], reason=str(error))

        thread = threading.Thread(target=ask, daemon=True, name="resolve")
        thread.start()
        thread.join(deadline.remaining)
        found = list(answer)
        if not found:
            raise DocumentRefused(UNREACHABLE, detail=f"{host} has no address")
        return found


def _read(response: httpx.Response, limit: int) -> Fetched:
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )
    if response.status_code != HTTPStatus.OK or not is_json:
        raise ValueError(f"{response.status_code} {media_type[:80]}")
    if "content-encoding" in response.headers:
        raise ValueError("an encoding that was not asked for")
    body = b""
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > limit:
            raise ValueError("too long")
    return Fetched(parsed(body), {k.lower(): v for k, v in response.headers.items()})
