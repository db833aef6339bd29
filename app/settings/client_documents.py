"""What a deployment decides about metadata documents: from which hosts, and by which way out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from app.domain.clients.metadata_urls import is_loopback_host
from app.domain.errors import Misconfigured

ON, OFF = "on", "off"
DOCUMENTS_NAME = "MANDATE_CLIENT_DOCUMENTS"
PROXY_NAME = "MANDATE_OUTBOUND_PROXY"
NAMES = (DOCUMENTS_NAME, PROXY_NAME)
# A host without a dot is refused: it would rather be a misspelt `on` than a name.
HOST = re.compile(r"localhost|[a-z0-9_-]+(\.[a-z0-9_-]+)+|\[[0-9a-f:.]+\]")
PROXY = re.compile(
    r"https?://([^\s@/?#]+@)?([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?/?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ClientDocuments:
    """Which metadata documents are taken, and how they are fetched.

    `hosts` are the only ones whose documents are taken; None is every host, none of them is `off`.
    `proxy` is the URL of a proxy for fetching documents and key sets; it may hold a password.
    """

    hosts: frozenset[str] | None = None
    proxy: str | None = field(default=None, repr=False)

    @property
    def are_on(self) -> bool:
        """Say whether the documents of any host are taken."""
        return self.hosts is None or bool(self.hosts)

    @property
    def are_advertised(self) -> bool:
        """Say whether tools are told to come with a document.

        Tools that are told so do not fall back. A list of loopback hosts alone is for trying a document
        by hand: no tool publishes its own there.
        """
        return self.hosts is None or not all(is_loopback_host(host) for host in self.hosts)

    @property
    def said(self) -> str:
        """Return the switch as an operator writes it."""
        return ON if self.hosts is None else ",".join(sorted(self.hosts)) or OFF

    @property
    def named(self) -> frozenset[str]:
        """Return the hosts that the operator named, and so vouches for; `on` names none."""
        return self.hosts or frozenset()

    def include(self, host: str) -> bool:
        """Say whether the documents of a host are taken."""
        return self.hosts is None or host.lower() in self.hosts

    def notes(self) -> list[str]:
        """Return what the operator has to know of these settings, in sentences."""
        notes = []
        if self.are_advertised:
            notes.append(
                "Tools are told that they may come with a metadata document, which this server then "
                f"fetches from the internet. Where it cannot, set {DOCUMENTS_NAME}={OFF}: they "
                f"register instead. {PROXY_NAME} names a proxy for these fetches."
            )
        if self.proxy is not None:
            notes.append(
                f"Documents and key sets are fetched by the proxy of {PROXY_NAME}. Mandate cannot see "
                "which addresses it connects to: the proxy must refuse those of your own network."
            )
        return notes


def client_documents_of(environ: Mapping[str, str]) -> ClientDocuments:
    """Return what the environment says; raises Misconfigured."""
    return ClientDocuments(
        _hosts(environ.get(DOCUMENTS_NAME, "")), _proxy(environ.get(PROXY_NAME, ""))
    )


def _hosts(text: str) -> frozenset[str] | None:
    said = text.strip().lower()
    if said in ("", ON):
        return None
    if said == OFF:
        return frozenset()
    hosts = [part.strip() for part in said.split(",")]
    for host in hosts:
        if not HOST.fullmatch(host):
            raise Misconfigured(
                f"{DOCUMENTS_NAME} must be {ON}, {OFF} or hosts such as "
                f"claude.ai,vscode.dev; {host[:40]!r} is none of them."
            )
    return frozenset(host.strip("[]") for host in hosts)


def _proxy(text: str) -> str | None:
    url = text.strip()
    if url and not (PROXY.fullmatch(url) and _has_good_port(url)):
        # The value is not shown: it may hold a password.
        raise Misconfigured(
            f"{PROXY_NAME} must be an http or https URL of a host and a port, without a path, "
            "such as http://proxy.example.com:3128."
        )
    return url.rstrip("/") or None


def _has_good_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False
