"""Asking for the password again before a step that a borrowed browser must not take."""

from datetime import datetime, timedelta

from sqlalchemy import update

from app.database.repetition import repeated
from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.domain.credentials.secrets import digest
from app.domain.errors import ConfirmationRequired, SignInRefused
from app.domain.user_agents import Peer
from app.models import BrowserSession
from app.services import audit
from app.services.accounts.password_check import (
    lock_verified,
    password_subject_in_session,
    verify_password,
)
from app.services.accounts.sign_in import SignedInUser

RECENT = timedelta(minutes=10)
ASKED = "Enter your password to go on: your sign-in is older than 10 minutes."
WRONG = "This is not your password."
ENDED = "This session has ended. Sign in again."


def is_recent(user: SignedInUser, *, at: datetime) -> bool:
    """Say whether the password was given in this browser session within the last 10 minutes."""
    return at - user.confirmed_at <= RECENT


def require_recent(user: SignedInUser, password: str, *, peer: Peer, at: datetime) -> None:
    """Let a recent sign-in pass, and confirm an older one with the password.

    Raises ConfirmationRequired without a password, SignInRefused for a wrong one, or Throttled.
    """
    if is_recent(user, at=at):
        return
    if not password:
        raise ConfirmationRequired(ASKED)
    confirm(user, password, peer=peer, at=at)


@repeated
def confirm(user: SignedInUser, password: str, *, peer: Peer, at: datetime) -> None:
    """Note that the password was given again in this browser session.

    Raises SignInRefused for a wrong one, or Throttled. Wrong ones count for this browser session alone,
    so strangers at the sign-in shut nobody out here.
    """
    subject = password_subject_in_session(user.user_id, user.session_text)
    verify_password(subject, password, peer=peer, at=at, refused=WRONG)
    with writing() as session:
        row = lock_verified(session, subject, password, refused=WRONG)
        confirmed = session.scalar(
            update(BrowserSession)
            .where(
                BrowserSession.digest == digest(user.session_text),
                BrowserSession.ended_at.is_(None),
            )
            .values(confirmed_at=at)
            .returning(BrowserSession.user_id)
        )
        if confirmed is None:
            raise SignInRefused(ENDED)
        audit.record(
            session,
            AuditKind.USER_CONFIRMED,
            at=at,
            actor=row.id,
            subject=row.id,
            user_id=row.id,
            address=peer.address,
        )
