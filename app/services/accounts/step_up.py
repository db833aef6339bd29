"""Asking for the password again before a step that a borrowed browser must not take."""

from datetime import datetime, timedelta

from sqlalchemy import update

from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.domain.credentials.secrets import digest
from app.domain.errors import ConfirmationRequired, SignInRefused
from app.domain.user_agents import Peer
from app.models import BrowserSession
from app.services import audit
from app.services.accounts.sign_in import (
    SignedInUser,
    password_subject_of_id,
    prove,
    settle,
)

RECENT = timedelta(minutes=10)
ASKED = "Enter your password to go on: your sign-in is older than 10 minutes."
WRONG = "This is not your password."
ENDED = "This session has ended. Sign in again."


def is_recent(person: SignedInUser, *, at: datetime) -> bool:
    """Say whether the password was given in this browser session within the last 10 minutes."""
    return at - person.confirmed_at <= RECENT


def require_recent(person: SignedInUser, password: str, *, peer: Peer, at: datetime) -> None:
    """Let a recent sign-in pass, and confirm an older one with the password.

    Raises ConfirmationRequired without a password, SignInRefused for a wrong one, or Throttled.
    """
    if is_recent(person, at=at):
        return
    if not password:
        raise ConfirmationRequired(ASKED)
    confirm(person, password, peer=peer, at=at)


def confirm(person: SignedInUser, password: str, *, peer: Peer, at: datetime) -> None:
    """Note that the password was given again in this browser session.

    Raises SignInRefused for a wrong one, or Throttled. It shares its counters with the sign-in, so it is
    no better place to guess.
    """
    account = password_subject_of_id(person.user_id)
    prove(account, password, peer=peer, at=at, refused=WRONG)
    with writing() as session:
        user = settle(session, account, password, refused=WRONG)
        confirmed = session.scalar(
            update(BrowserSession)
            .where(
                BrowserSession.digest == digest(person.session_text),
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
            actor=user.id,
            subject=user.id,
            user_id=user.id,
            address=peer.address,
        )
