"""An Authorization as a whole: its kind, and the state that lists show."""

from datetime import datetime
from enum import StrEnum

from app.domain.delegation.access import Terms


class AuthorizationKind(StrEnum):
    """What carries the delegation: a client with tokens, or an API key."""

    OAUTH2 = "oauth2"
    API_KEY = "api_key"


class AuthorizationState(StrEnum):
    """How an Authorization stands; `no effect` means that nothing of it is possible now."""

    ACTIVE = "active"
    PAUSED = "paused"
    EXPIRED = "expired"
    NO_EFFECT = "no effect"
    REVOKED = "revoked"


def state_of(terms: Terms, *, is_useful: bool, at: datetime) -> AuthorizationState:
    """Return the state of Terms; `is_useful` says whether anything would be possible while they run."""
    if terms.revoked:
        return AuthorizationState.REVOKED
    if terms.expires_at is not None and terms.expires_at <= at:
        return AuthorizationState.EXPIRED
    if terms.paused:
        return AuthorizationState.PAUSED
    return AuthorizationState.ACTIVE if is_useful else AuthorizationState.NO_EFFECT
