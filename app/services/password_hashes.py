"""Password hashes: argon2id, bounded so that a storm of sign-ins cannot take the machine."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.domain.credentials.passwords import canonical_password
from app.domain.credentials.secrets import random_base62

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
AT_ONCE = threading.BoundedSemaphore(2)
_dummy: list[str] = []


def hash_password(text: str) -> str:
    """Return the argon2id hash of a password."""
    with AT_ONCE:
        return HASHER.hash(canonical_password(text))


def verify(kept: str | None, text: str) -> bool:
    """Say whether the password fits; without a hash the same work is done, so time tells nothing."""
    if kept is None and not _dummy:
        _dummy.append(hash_password(random_base62(43)))
    try:
        with AT_ONCE:
            HASHER.verify(kept or _dummy[0], canonical_password(text))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Say whether the hash was made with other parameters than today's."""
    return HASHER.check_needs_rehash(kept)
