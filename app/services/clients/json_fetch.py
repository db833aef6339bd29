"""Fetching from an address that a stranger named: client metadata documents, key sets and logos.

The name is resolved here and every address of it is checked. The connection goes to a checked address,
so no second answer of a resolver can lead elsewhere. No redirect, no cookie, no proxy of the
environment; TLS is verified for the name. One deadline covers resolving, connecting, waiting and
reading together.

A proxy that the operator names resolves the names itself, so checking addresses is its task then.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpx
import structlog

from app.domain.clients.logos import MAX_FILE as MAX_PICTURE
from app.domain.clients.logos import TYPES as PICTURES
from app.domain.clients.metadata_urls import (
    is_https_url,
    is_loopback_host,
    may_ask_for,
    may_connect,
)
from app.domain.errors import DocumentRefused, MetadataRefused
from app.services.clients.fetch_jobs import FetchJobs
from app.services.clients.json_body import json_of, picture_of
from app.services.clients.pinned_transport import Deadline, VettedTransport
from app.settings.client_documents import DOCUMENTS_NAME, OFF, PROXY_NAME

log = structlog.get_logger()
MAX_DOCUMENT = 5 * 1024
MAX_KEYS = 64 * 1024
QUICK = 1.0  # what fails sooner is told then
HEADERS = {"Accept-Encoding": "identity", "User-Agent": "Mandate"}
JSON = "application/json"
UNREACHED = (httpx.ConnectError, socket.gaierror)
FAILURES = (
    httpx.HTTPError,
    httpx.InvalidURL,
    OSError,
    ValueError,
    DocumentRefused,
    MetadataRefused,
)
SWITCH = (
    f"If this server has no way to the internet, {DOCUMENTS_NAME}={OFF} lets tools register instead, "
    f"or {PROXY_NAME} names a proxy for these fetches."
)

NO_URL = "This is not an address that descriptions of tools are fetched from."

Resolver = Callable[[str, int], list[str]]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A parsed document, or a picture, and the headers it came with, by lower-case name."""

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


def could_not_fetch(url: str) -> str:
    """Return the sentence for everything that fails at the address of a document."""
    host = urlsplit(url).hostname or "its address"
    return (
        f"This server could not get the tool's description from {host}. Either it cannot reach that "
        "address, also if your computer can, or there is no description of a tool. Try later, or tell "
        "the administrator of this server: its log has the reason."
    )


@dataclass(slots=True)
class Fetcher:
    """Fetches for one process; `loopback` lets documents lie on loopback (development only).

    `seconds` is the deadline of a fetch, `proxy` the URL of a proxy to fetch by.

    The time of a failure would show what the network behind this server looks like. So a failure is
    told after `quick` seconds, or after all of the deadline when it took longer than that: what is
    blocked, has no address or refuses at once looks the same. From loopback and by the proxy, which may
    reach inner hosts, each failure takes all of the deadline.
    """

    loopback: bool
    seconds: float = 4.5
    resolver: Resolver = resolve
    trust: Callable[[], ssl.SSLContext] = system_trust
    proxy: str | None = None
    quick: float = QUICK
    jobs: FetchJobs = field(default_factory=FetchJobs)

    def deadline(self) -> Deadline:
        """Return the deadline of a fetch that begins now, waiting for its turn included."""
        return Deadline(self.seconds)

    def fetch(self, url: str, deadline: Deadline, *, limit: int = MAX_DOCUMENT) -> Fetched:
        """Return the JSON at an https URL, at most `limit` bytes; raises DocumentRefused.

        The deadline then knows when the failure may be told.
        """
        return self._read(url, deadline, JSON, lambda response: json_of(response, limit))

    def picture(self, url: str, deadline: Deadline) -> bytes:
        """Return the bytes of the picture at an https URL, as they are; raises DocumentRefused."""
        accept = ", ".join(PICTURES)
        fetched = self._read(url, deadline, accept, lambda found: picture_of(found, MAX_PICTURE))
        return bytes(fetched.value)

    def _read(
        self, url: str, deadline: Deadline, accept: str, read: Callable[[httpx.Response], Any]
    ) -> Fetched:
        if not is_https_url(url):
            raise DocumentRefused(NO_URL, detail="not a URL that is fetched")
        facts = {"url": url[:200], "proxied": self._is_proxied(url)}
        deadline.tell_after(self.quick)
        try:
            with self._answer(url, deadline, accept) as response:
                fetched = Fetched(
                    read(response), {k.lower(): v for k, v in response.headers.items()}
                )
        except FAILURES as error:
            if deadline.spent > self.quick:
                deadline.tell_after(self.seconds)
            reason = getattr(error, "detail", "") or repr(error)[:300]
            if isinstance(error, UNREACHED):
                log.warning("fetch.unreachable", **facts, reason=reason, hint=SWITCH)
            else:
                log.info("fetch.refused", **facts, reason=reason)
            raise DocumentRefused(could_not_fetch(url), detail=reason) from None
        log.info("fetch.done", **facts)
        deadline.tell_after(0.0)
        return fetched

    def reaches(self, url: str) -> bool:
        """Say whether a web server answers at an https URL, whatever it answers."""
        try:
            with self._answer(url, self.deadline(), JSON):
                return True
        except FAILURES:
            return False

    def _is_proxied(self, url: str) -> bool:
        """Say whether the proxy is asked: never for this machine, which it would take for itself."""
        return self.proxy is not None and not is_loopback_host(urlsplit(url).hostname or "")

    @contextmanager
    def _answer(self, url: str, deadline: Deadline, accept: str) -> Iterator[httpx.Response]:
        """Give the answer to a GET, its body unread; raises one of FAILURES."""
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
        proxy = self.proxy if self._is_proxied(url) else None
        if proxy is None:
            addresses = self._vetted(host, port, deadline)
        else:
            addresses = self._addresses_of_proxy(proxy, host, port, deadline)
        transport = VettedTransport(addresses, deadline, self.trust(), proxy=proxy)
        try:
            with (
                httpx.Client(transport=transport, trust_env=False) as http,
                http.stream("GET", url, headers={"Accept": accept, **HEADERS}) as response,
            ):
                yield response
        finally:
            if proxy is not None and transport.is_connected:
                deadline.tell_after(self.seconds)

    def _addresses_of_proxy(
        self, proxy: str, host: str, port: int, deadline: Deadline
    ) -> list[str]:
        if not may_ask_for(host, port):
            raise DocumentRefused(NO_URL, detail=f"the proxy is not asked for {host}:{port}")
        parts = urlsplit(proxy)
        default = 443 if parts.scheme == "https" else 80
        return self._resolved(parts.hostname or "", parts.port or default, deadline)

    def _vetted(self, host: str, port: int, deadline: Deadline) -> list[str]:
        """Return all addresses of the name if each is allowed; raises DocumentRefused otherwise."""
        found = self._resolved(host, port, deadline)
        if not all(may_connect(address, port, loopback=self.loopback) for address in found):
            raise DocumentRefused(NO_URL, detail=f"{host} leads to {found[:4]}")
        if any(is_loopback_host(address) for address in found):
            deadline.tell_after(self.seconds)
        return found

    def _resolved(self, host: str, port: int, deadline: Deadline) -> list[str]:
        """Resolve in a thread of its own: the system's resolver knows no deadline."""
        answer: list[str] = []
        reasons = ["the resolver takes too long"]

        def ask() -> None:
            try:
                answer.extend(self.resolver(host, port))
            except (OSError, UnicodeError) as error:
                reasons[:] = [str(error)]

        thread = threading.Thread(target=ask, daemon=True, name="resolve")
        thread.start()
        thread.join(deadline.remaining)
        found = list(answer)
        if not found:
            raise socket.gaierror(f"{host[:200]} has no address: {reasons[0]}")
        return found
