"""The scopes that a client names: capabilities, what means nothing here, and what is unknown.

One rule holds at registration, in documents and in every request: what is taken at one place can be
asked for at the others.
"""

from collections.abc import Collection, Iterable

from app.domain.errors import ScopeRejected

# Clients ask every server for them: those of OpenID Connect Core section 5.4, and its section 11.
IGNORED = frozenset({"openid", "profile", "email", "address", "phone", "offline_access"})
MAX_LISTED = 5
MAX_SHOWN = 80


def meant(scope: str, known: Collection[str]) -> frozenset[str]:
    """Return the names in a scope, without those that mean nothing here; a capability never does."""
    return frozenset(scope.split()) - (IGNORED - frozenset(known))


def capabilities_of(scope: str, known: Collection[str]) -> frozenset[str]:
    """Return the capabilities that a scope names; raises ScopeRejected with the names of others."""
    names = meant(scope, known)
    if unknown := names - frozenset(known):
        raise ScopeRejected(f"Unknown scope: {listed(unknown)}.")
    return names


def listed(names: Iterable[str]) -> str:
    """Return names for an error_description, in the characters of RFC 6749 section 5.2."""
    return ", ".join(_shown(name) for name in sorted(names)[:MAX_LISTED])


def _shown(name: str) -> str:
    return "".join(c if "!" <= c <= "~" and c not in '"\\' else "?" for c in name[:MAX_SHOWN])
