"""What proxies make of a request on its way: asked by `mandate check`, told by the server.

Only who knows the secret key is told. The question carries an address that nobody has in a header that
anybody can send, so that the answer shows whether the server believes strangers.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from flask import Request
from itsdangerous import BadSignature, TimestampSigner

from app.settings import Settings

HEADER = "X-Mandate-Check"
IN_ENVIRON = "HTTP_X_MANDATE_CHECK"
PURPOSE = "proxy probe"
VALID = 60  # seconds
TIMEOUT = 5.0  # seconds
STRANGER = "192.0.2.77"  # RFC 5737 section 3: an address of documentation


@dataclass(frozen=True, slots=True)
class Seen:
    """What is wrong with the way through the proxies, and what is worth knowing."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def is_asked_by_us(request: Request, settings: Settings) -> bool:
    """Say whether a request carries a fresh question of somebody who has the secret key."""
    try:
        _signer(settings).unsign(request.headers.get(HEADER, ""), max_age=VALID)
    except BadSignature:
        return False
    return True


def told(request: Request) -> dict[str, Any]:
    """Return what the server sees of a request: its sender, its host, what proxies say of it."""
    said = request.headers.get("X-Forwarded-For", "")
    return {
        "address": request.remote_addr,
        "host": request.host,
        "forwarded": [part.strip() for part in said.split(",") if part.strip()],
    }


def ask(settings: Settings) -> Seen:
    """Ask the running server at its issuer, from outside, what it sees; none is expected on loopback."""
    if settings.is_development:
        return Seen()
    question = _signer(settings).sign("ask").decode()
    headers = {HEADER: question, "X-Forwarded-For": STRANGER}
    try:
        answer = httpx.get(f"{settings.issuer}/readyz", headers=headers, timeout=TIMEOUT)
        seen = answer.json()["seen"]
    except httpx.HTTPError as error:
        why = " ".join(str(error).split()) or type(error).__name__
        return Seen(notes=[f"The proxy was not tried: {settings.issuer} does not answer ({why})."])
    except (ValueError, KeyError, TypeError):
        return Seen(notes=[f"The proxy was not tried: another program answers {settings.issuer}."])
    return Seen(problems=_problems(seen, settings))


def _problems(seen: dict[str, Any], settings: Settings) -> list[str]:
    problems, hops = [], settings.proxy_hops
    host = urlsplit(settings.issuer).netloc
    if seen["host"] != host:
        problems.append(
            f"The proxy passes on the Host {seen['host']!r} and not {host!r}: let it pass on the one "
            "that was asked for."
        )
    if hops and seen["address"] == STRANGER:
        problems.append(
            f"MANDATE_PROXY_HOPS is {hops}, and a stranger's X-Forwarded-For is believed: there are "
            "fewer proxies, or they pass it on as it came."
        )
    added = len(seen["forwarded"]) - (STRANGER in seen["forwarded"])
    if added > hops:
        problems.append(
            f"MANDATE_PROXY_HOPS is {hops}, and {added} proxies say whom they speak for: all visitors "
            "share the address of a proxy, and its limits."
        )
    return problems


def _signer(settings: Settings) -> TimestampSigner:
    return TimestampSigner(settings.signing_keys, salt=PURPOSE)
