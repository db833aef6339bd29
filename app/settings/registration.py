"""What a deployment decides about clients that register themselves (RFC 7591)."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.clients.redirect_schemes import EDITORS, SCHEME, is_never
from app.domain.credentials.secrets import digest
from app.domain.errors import Misconfigured
from app.settings.numbers import whole_number

OPEN, TOKEN, OFF = "open", "token", "off"
MODE_NAME = "MANDATE_REGISTRATION"
TOKEN_NAME = "MANDATE_REGISTRATION_TOKEN"  # noqa: S105 - the name of a setting
SCHEMES_NAME = "MANDATE_REDIRECT_SCHEMES"
NUMBERS = {
    "MANDATE_REGISTRATIONS_PER_HOUR": ("per_hour", 1_000_000),
    "MANDATE_REGISTRATION_CEILING": ("ceiling", 10_000_000),
    "MANDATE_UNUSED_REGISTRATION_LIFETIME": ("unused_lifetime", 10 * 366 * 86_400),
}
NAMES = (MODE_NAME, TOKEN_NAME, SCHEMES_NAME, *NUMBERS)
MIN_TOKEN = 32
NO_EDITORS = "none"


@dataclass(frozen=True, slots=True)
class Registration:
    """Who may register, and how many.

    `token_digest` is the digest of the initial access token, if one is needed. `per_hour` holds for one
    address, `ceiling` for all unused registrations; an unused one is removed after `unused_lifetime`
    seconds. `schemes` are private-use schemes without a dot that the redirect URIs of public clients
    may have.
    """

    mode: str = OPEN
    token_digest: str | None = None
    per_hour: int = 120
    ceiling: int = 10_000
    unused_lifetime: int = 30 * 86_400
    schemes: frozenset[str] = EDITORS


def registration_of(environ: Mapping[str, str]) -> Registration:
    """Return what the environment says; raises Misconfigured."""
    mode, token = environ.get(MODE_NAME) or OPEN, environ.get(TOKEN_NAME, "")
    if mode not in (OPEN, TOKEN, OFF):
        raise Misconfigured(f"{MODE_NAME} must be {OPEN}, {TOKEN} or {OFF}.")
    if mode == TOKEN and len(token) < MIN_TOKEN:
        raise Misconfigured(f"{TOKEN_NAME} needs at least {MIN_TOKEN} unpredictable characters.")
    if mode != TOKEN and token:
        raise Misconfigured(f"{TOKEN_NAME} is for {MODE_NAME}={TOKEN} only.")
    numbers = {
        field: whole_number(name, environ[name], 1, most)
        for name, (field, most) in NUMBERS.items()
        if environ.get(name)
    }
    return Registration(
        mode=mode,
        token_digest=digest(token) if token else None,
        schemes=_schemes(environ.get(SCHEMES_NAME, "")),
        **numbers,
    )


def _schemes(text: str) -> frozenset[str]:
    """Return those of editors and the named ones; `none` takes those of editors away."""
    named = frozenset(part.strip() for part in text.split(",") if part.strip())
    own = named - {NO_EDITORS}
    for scheme in sorted(own):
        if is_never(scheme):
            raise Misconfigured(
                f"{SCHEMES_NAME}: {scheme[:40]!r} cannot be allowed: browsers and systems open it "
                "themselves, so it belongs to no tool."
            )
        if not SCHEME.fullmatch(scheme):
            raise Misconfigured(
                f"{SCHEMES_NAME}: {scheme[:40]!r} cannot be allowed: a scheme here has lower-case "
                "letters, digits, + and -, and no colon."
            )
    return own if NO_EDITORS in named else own | EDITORS
