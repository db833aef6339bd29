"""A password, checked against an account: counted, compared, and still valid when it counts."""

import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.credentials.passwords import canonical_name
from app.domain.credentials.secrets import (
    digest,
)
from app.domain.errors import SignInRefused
from app.domain.user_agents import Peer
from app.models import User
from app.services import audit, password_hashes, throttle


@dataclass(frozen=True, slots=True)
class PasswordSubject:
    """Whose password is checked, as read before the check; `key` is what wrong ones count against.

    An unknown name and a disabled user have no hash, so no password fits. A browser that is known to
    belong to the user (`is_known`) counts for itself: strangers cannot shut it out.
    """

    key: str
    user_id: str | None = None
    password_hash: str | None = None
    is_known: bool = False


def typed_key(name: str) -> str:
    """Return what wrong passwords for a name count against; a name has one key in all spellings."""
    return f"name\0{canonical_name(name)}"


def password_subject(user: User, *, key: str, is_known: bool = False) -> PasswordSubject:
    """Return what a password of this user is checked against."""
    kept = None if user.disabled_at else user.password_hash
    return PasswordSubject(key, user.id, kept, is_known)


@repeated
def password_subject_in_session(user_id: str, session_text: str) -> PasswordSubject:
    """Return what a password of the signed-in user is checked against, in one browser session."""
    key = f"{user_id}\0session\0{digest(session_text)}"
    with reading() as session:
        user = session.scalar(select(User).where(User.id == user_id))
        return password_subject(user, key=key, is_known=True) if user else PasswordSubject(key)


def verify_password(
    account: PasswordSubject, password: str, *, peer: Peer, at: datetime, refused: str
) -> None:
    """Raise SignInRefused unless the password fits, or Throttled after too many wrong ones.

    A try is counted before it is looked at, so that many at once are not more than the limit.
    """
    network = throttle.network_of(peer.address)
    if not account.is_known:
        throttle.check(throttle.PASSWORD_PER_ADDRESS, network, at=at)
    throttle.spend(throttle.PASSWORD_PER_ACCOUNT, account.key, at=at)
    if not password_hashes.verify(account.password_hash, password):
        _note_refusal(account, peer, at)
        if not account.is_known:
            throttle.spend(throttle.PASSWORD_PER_ADDRESS, network, at=at)
        raise SignInRefused(refused)


def lock_verified(
    session: Session, account: PasswordSubject, password: str, *, refused: str
) -> User:
    """Lock and return the user whose password was proved, and forget the wrong tries before.

    Proving takes a while. Raises SignInRefused when the password changed or the user was disabled
    meanwhile.
    """
    user = session.scalar(
        select(User)
        .where(User.id == account.user_id, User.disabled_at.is_(None))
        .with_for_update(key_share=True)
    )
    if user is None:
        raise SignInRefused(refused)
    # A different hash may be the same password with new parameters: only then is it computed again.
    stands = hmac.compare_digest(user.password_hash, account.password_hash or "")
    if not stands and not password_hashes.verify(user.password_hash, password):
        raise SignInRefused(refused)
    throttle.clear(session, throttle.PASSWORD_PER_ACCOUNT, account.key)
    return user


@repeated
def _note_refusal(account: PasswordSubject, peer: Peer, at: datetime) -> None:
    with writing() as session:
        audit.record(
            session,
            AuditKind.USER_SIGN_IN_REFUSED,
            at=at,
            actor="browser",
            subject=account.user_id or _stand_in(account.key),
            user_id=account.user_id,
            address=peer.address,
        )


def _stand_in(name: str) -> str:
    """Return what the log shows for an unknown name, which may be a password typed into the wrong field.

    The same text gives the same stand-in, so repeated tries can be recognised.
    """
    # A digest without a key can be guessed. Only 32 bits are shown, so many guesses fit.
    return f"unknown:{digest(f'unknown name {name}')[:8]}"
