"""The scopes of administration: what a service account may do over others.

They lie outside the catalog: no consent, registration or API key can give one.
"""

from collections.abc import Collection
from enum import StrEnum

from app.domain.errors import Invalid, ScopeRejected


class AdminScope(StrEnum):
    """One kind of power over others."""

    DIRECTORY_READ = "directory:read"
    DIRECTORY_WRITE = "directory:write"
    AUTHORIZATIONS_READ = "authorizations:read"
    AUTHORIZATIONS_STOP = "authorizations:stop"
    AUDIT_READ = "audit:read"


SENTENCES = {
    AdminScope.DIRECTORY_READ: "See users, projects, members, servers and tools.",
    AdminScope.DIRECTORY_WRITE: "Add, change and remove them.",
    AdminScope.AUTHORIZATIONS_READ: "See what everybody has delegated.",
    AdminScope.AUTHORIZATIONS_STOP: "Pause and revoke what anybody has delegated.",
    AdminScope.AUDIT_READ: "Read the audit log.",
}


def account_scopes(names: Collection[str]) -> frozenset[AdminScope]:
    """Return the scopes that an account is to have; raises Invalid for none or an unknown one."""
    known = {scope.value for scope in AdminScope}
    if unknown := set(names) - known:
        raise Invalid(f"{min(unknown)[:40]!r} is not one of {', '.join(AdminScope)}.")
    if not names:
        raise Invalid("A service account needs at least one scope.")
    return frozenset(map(AdminScope, names))


def token_scopes(asked: str, allowed: Collection[AdminScope]) -> frozenset[AdminScope]:
    """Return the scopes of a token: those asked for, all of the account when none is.

    Raises ScopeRejected for one that the account does not have (RFC 6749 section 3.3).
    """
    names = frozenset(asked.split())
    if excess := names - {scope.value for scope in allowed}:
        raise ScopeRejected(f"The service account does not have the scope {min(excess)[:40]!r}.")
    return frozenset(map(AdminScope, names)) or frozenset(allowed)


def in_order(scopes: Collection[AdminScope]) -> tuple[str, ...]:
    """Return scopes in the order in which they are listed here."""
    return tuple(scope.value for scope in AdminScope if scope in scopes)
