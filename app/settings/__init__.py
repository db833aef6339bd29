"""Settings: read from MANDATE_* once, validated at start, frozen from then on.

The README describes each; `tests/architecture` compares the two.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.domain.catalog import Catalog, parse
from app.domain.clients.redirect_uris import LOOPBACK_HOSTS
from app.domain.errors import Misconfigured
from app.domain.lifetimes import Lifetimes
from app.domain.resources import as_registered, is_resource_uri
from app.settings import (
    audit_retention,
    brand,
    client_documents,
    database,
    registration,
    secret_files,
)
from app.settings.audit_retention import audit_retention_of
from app.settings.brand import Brand, brand_of
from app.settings.client_documents import ClientDocuments, client_documents_of
from app.settings.database import Database, database_of
from app.settings.leak_keys import read_public_keys
from app.settings.lifetimes import LIFETIMES, read_lifetimes
from app.settings.numbers import whole_number
from app.settings.registration import Registration, registration_of
from app.settings.secret_files import with_secrets
from app.settings.secret_key import read_secret_keys

PACKAGE = Path(__file__).parent.parent
ENVIRON_FILE = "environ.json"
MAX_PROXY_HOPS = 9
ISSUER_PATH = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)*")
NAMES = frozenset(
    {
        "MANDATE_ISSUER",
        "MANDATE_SECRET_KEY",
        "MANDATE_REDIS_URL",
        "MANDATE_CATALOG",
        "MANDATE_DEFAULT_AUDIENCE",
        "MANDATE_PROXY_HOPS",
        "MANDATE_LEAK_REPORT_KEYS",
        "MANDATE_SECURITY_CONTACT",
        "MANDATE_INTROSPECTION_DENIED",
        *database.NAMES,
        *LIFETIMES,
        *registration.NAMES,
        *client_documents.NAMES,
        *brand.NAMES,
        *secret_files.FILES,
        audit_retention.NAME,
    }
)


def unknown_names(environ: Mapping[str, str]) -> list[str]:
    """Return the MANDATE_* variables that mean nothing, for `mandate check`."""
    return sorted(name for name in environ if name.startswith("MANDATE_") and name not in NAMES)


def environ_of(data_dir: Path) -> dict[str, str]:
    """Return the MANDATE_* environment that `mandate demo` keeps in its data directory.

    Raises Misconfigured when the directory holds no demo.
    """
    try:
        kept = json.loads((data_dir / ENVIRON_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise Misconfigured(f"{data_dir} holds no demo; `mandate demo` makes one.") from None
    return {str(name): str(value) for name, value in kept.items()}


def resource_dir(name: str) -> Path:
    """Return `templates` or `migrations`: beside the package in a checkout, inside it in a wheel."""
    inside = PACKAGE / f"_{name}"
    return inside if inside.is_dir() else PACKAGE.parent / name


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a deployment decides. Spans are in seconds."""

    issuer: str
    database: Database
    secret_keys: tuple[str, ...]
    default_audience: str
    catalog: Catalog
    redis_url: str | None = None
    proxy_hops: int = 0
    leak_report_keys: Mapping[str, str] = field(default_factory=dict)
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    registration: Registration = field(default_factory=Registration)
    documents: ClientDocuments = field(default_factory=ClientDocuments)
    security_contact: str = ""
    brand: Brand = field(default_factory=Brand)
    introspection_denied: bool = True
    audit_retention: int | None = None  # days; None: for ever

    @property
    def is_https(self) -> bool:
        """Say whether browsers reach the issuer over TLS."""
        return self.issuer.startswith("https://")

    @property
    def is_development(self) -> bool:
        """Say whether the issuer is on loopback: then documents on loopback may be fetched."""
        return urlsplit(self.issuer).hostname in LOOPBACK_HOSTS

    @property
    def path(self) -> str:
        """Return the path of the issuer without final slash; all addresses lie below it."""
        return urlsplit(self.issuer).path

    @property
    def signing_keys(self) -> list[str]:
        """Return the secret keys as itsdangerous wants them: all verify, the last one signs."""
        return [*reversed(self.secret_keys)]

    def __repr__(self) -> str:
        """Leave out what must not reach a log."""
        shown = [f.name for f in fields(self) if f.name in {"issuer", "default_audience"}]
        return f"Settings({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Read and validate MANDATE_*; raise Misconfigured with the reason of an unsafe start."""
        if environ.get("AUTHLIB_INSECURE_TRANSPORT"):
            raise Misconfigured(
                "AUTHLIB_INSECURE_TRANSPORT is set; Mandate does not start with it."
            )
        environ = {name: value.strip() for name, value in with_secrets(environ).items()}
        return cls(**_all_of({name: partial(read, environ) for name, read in READERS.items()}))


def _all_of(readers: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Return what all readers return; raises Misconfigured with the sentences of all that refuse."""
    found, refusals = {}, []
    for name, read in readers.items():
        try:
            found[name] = read()
        except Misconfigured as error:
            refusals.append(error)
    if refusals:
        refusals[0].others = tuple(one.public for one in refusals[1:])
        raise refusals[0]
    return found


def _issuer(text: str) -> str:
    if not text:
        raise Misconfigured("MANDATE_ISSUER is missing: the https URL that browsers and tools use.")
    if not is_resource_uri(text) or "?" in text or text.endswith("/"):
        raise Misconfigured("MANDATE_ISSUER must be a URL without query, fragment or final slash.")
    parts = urlsplit(text)
    origin = text.removesuffix(parts.path)
    if as_registered(origin) != origin:
        raise Misconfigured(
            "MANDATE_ISSUER must name its host in lower case and leave a default port out: tools "
            "compare it letter by letter."
        )
    if not ISSUER_PATH.fullmatch(parts.path) or parts.path.startswith("/.well-known"):
        raise Misconfigured(
            "MANDATE_ISSUER's path must be plain segments: letters, digits, . _ ~ -"
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise Misconfigured("MANDATE_ISSUER must use https; http is for a loopback address only.")
    return text


def _proxy_hops(text: str | None, issuer: str) -> int:
    if not text and issuer.startswith("https://"):
        raise Misconfigured(
            "MANDATE_PROXY_HOPS is missing: say how many proxies stand in front, 0 for none. Without "
            "it all visitors would share the address of the proxy, and its limits."
        )
    return whole_number("MANDATE_PROXY_HOPS", text or "0", 0, MAX_PROXY_HOPS)


def _is_on(environ: Mapping[str, str], name: str) -> bool:
    said = environ.get(name) or client_documents.ON
    if said not in (client_documents.ON, client_documents.OFF):
        raise Misconfigured(f"{name} must be on or off.")
    return said == client_documents.ON


def _contact(text: str | None, issuer: str) -> str:
    contact = text or f"mailto:security@{urlsplit(issuer).hostname}"  # RFC 2142 section 4
    if not contact.startswith(("mailto:", "https://")) or not contact.isprintable():
        raise Misconfigured("MANDATE_SECURITY_CONTACT must begin with mailto: or https://.")
    return contact


def _redis_url(text: str | None) -> str | None:
    if text and not text.startswith(("redis://", "rediss://", "unix://")):
        raise Misconfigured("MANDATE_REDIS_URL must begin with redis://, rediss:// or unix://.")
    return text or None


def _audience(text: str) -> str:
    if not is_resource_uri(text):
        raise Misconfigured("MANDATE_DEFAULT_AUDIENCE must be an absolute http(s) URI.")
    return as_registered(text)


def read_catalog(path: str | None) -> Catalog:
    """Read a catalog file, or the default one; raise Misconfigured naming the file and the line."""
    file = Path(path) if path else PACKAGE / "catalog.toml"
    try:
        return parse(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        raise Misconfigured(f"The catalog {file} cannot be read: {error}") from None
    except Misconfigured as error:
        raise Misconfigured(f"{file}: {error.public}") from None


def _issuer_of(environ: Mapping[str, str]) -> str:
    """Return the issuer for settings that follow from it; a wrong one is told once, by its reader."""
    try:
        return _issuer(environ.get("MANDATE_ISSUER", ""))
    except Misconfigured:
        return "http://localhost"


READERS: dict[str, Callable[[Mapping[str, str]], Any]] = {
    "issuer": lambda e: _issuer(e.get("MANDATE_ISSUER", "")),
    "database": database_of,
    "secret_keys": lambda e: read_secret_keys(e.get("MANDATE_SECRET_KEY", "")),
    "default_audience": lambda e: _audience(
        e.get("MANDATE_DEFAULT_AUDIENCE") or _issuer_of(e) + "/api"
    ),
    "catalog": lambda e: read_catalog(e.get("MANDATE_CATALOG")),
    "redis_url": lambda e: _redis_url(e.get("MANDATE_REDIS_URL")),
    "proxy_hops": lambda e: _proxy_hops(e.get("MANDATE_PROXY_HOPS"), _issuer_of(e)),
    "leak_report_keys": lambda e: read_public_keys(e.get("MANDATE_LEAK_REPORT_KEYS")),
    "lifetimes": read_lifetimes,
    "registration": registration_of,
    "documents": client_documents_of,
    "security_contact": lambda e: _contact(e.get("MANDATE_SECURITY_CONTACT"), _issuer_of(e)),
    "brand": brand_of,
    "audit_retention": audit_retention_of,
    "introspection_denied": lambda e: _is_on(e, "MANDATE_INTROSPECTION_DENIED"),
}
