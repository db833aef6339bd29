"""Refresh token rotation: what a presented token is, seen from its session (RFC 9700 section 4.14)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from app.domain.credentials.secrets import is_sealed, matches


class Presented(Enum):
    """What a presented refresh token is."""

    CURRENT = auto()
    PREVIOUS_WITHIN_GRACE = auto()
    REPLAY = auto()
    FORGED = auto()


@dataclass(frozen=True, slots=True)
class RotationState:
    """The rotation columns of a Session; None means that it was never rotated."""

    seal_key: str
    refresh_digest: str | None
    previous_digest: str | None
    rotated_at: datetime | None


def judge(text: str, state: RotationState, *, grace: int, at: datetime) -> Presented:
    """Say what a refresh token is; `grace` in seconds, 0 = strict.

    Only the immediately previous token is accepted, and only while the grace lasts. So two processes of
    one tool may refresh together, and a thief's later replay ends the session. A text that was never
    issued is no replay and changes nothing.
    """
    if not is_sealed(text, state.seal_key):
        return Presented.FORGED
    if matches(text, state.refresh_digest):
        return Presented.CURRENT
    if (
        state.rotated_at is not None
        and matches(text, state.previous_digest)
        and at < state.rotated_at + timedelta(seconds=grace)
    ):
        return Presented.PREVIOUS_WITHIN_GRACE
    return Presented.REPLAY
