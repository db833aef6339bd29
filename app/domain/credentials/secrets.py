"""Secrets as text: how they are made, recognised without a database, and reduced to a digest.

Form: `<prefix>_<43 base62 characters><6 base62 characters of CRC32>`. The checksum lets scanners find
leaked secrets and lets us refuse a mangled one before any look-up.
"""

import hashlib
import hmac
import re
import secrets
import zlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BODY_LENGTH = 43
CHECK_LENGTH = 6
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
# The character of each byte. The last 8 bytes are dropped, so that each character is as likely.
CHARACTERS = bytes(ord(ALPHABET[byte % 62]) for byte in range(256))
SURPLUS = bytes(range(4 * 62, 256))
SESSION_LENGTH = 11
SEAL_LENGTH = 11
REFRESH_SECRET_LENGTH = BODY_LENGTH - SESSION_LENGTH - SEAL_LENGTH


IN_TEXT = re.compile(r"(mdt[a-z]_)[0-9A-Za-z]{20,}")  # also one that was cut or mangled


class Prefix(StrEnum):
    """What a secret is for; it is the first four characters of its text."""

    ACCESS_TOKEN = "mdta"  # noqa: S105 - a prefix, no secret
    REFRESH_TOKEN = "mdtr"  # noqa: S105 - a prefix, no secret
    API_KEY = "mdtk"
    CLIENT_SECRET = "mdts"  # noqa: S105 - a prefix, no secret
    AUTHORIZATION_CODE = "mdtc"
    DEVICE_CODE = "mdtd"
    REGISTRATION_TOKEN = "mdtg"  # noqa: S105 - a prefix, no secret
    BROWSER_SESSION = "mdtb"
    PASSWORD_LINK = "mdtp"  # noqa: S105 - a prefix, no secret
    SET_UP_LINK = "mdtu"


def base62(number: int, length: int) -> str:
    """Return the last `length` base62 digits of a non-negative integer."""
    pairs = []
    for _ in range(0, length, 2):
        number, rest = divmod(number, len(PAIRS))
        pairs.append(PAIRS[rest])
    return "".join(reversed(pairs))[-length:]


def random_base62(length: int) -> str:
    """Return `length` unpredictable base62 characters (5.95 bits each)."""
    characters = b""
    while len(characters) < length:
        characters += secrets.token_bytes(length + 8).translate(CHARACTERS, SURPLUS)
    return characters[:length].decode()


def _text(prefix: Prefix, body: str) -> str:
    head = f"{prefix}_{body}"
    return head + base62(zlib.crc32(head.encode()), CHECK_LENGTH)


def new_secret(prefix: Prefix) -> str:
    """Return a new secret of 256 unpredictable bits."""
    return _text(prefix, random_base62(BODY_LENGTH))


def without_secrets(value: Any) -> Any:
    """Return a JSON value in which every text of a secret of ours is cut off behind its prefix."""
    if isinstance(value, str):
        return IN_TEXT.sub(r"\1…", value) if "mdt" in value else value
    if isinstance(value, Mapping):
        return {without_secrets(name): without_secrets(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(each) for each in value]
    return value


def is_well_formed(text: str, prefix: Prefix) -> bool:
    """Say whether the text has the form and the checksum of such a secret."""
    if len(text) != len(prefix) + 1 + BODY_LENGTH + CHECK_LENGTH or not text.isascii():
        return False
    head, check = text[:-CHECK_LENGTH], text[-CHECK_LENGTH:]
    return (
        head.startswith(f"{prefix}_") and base62(zlib.crc32(head.encode()), CHECK_LENGTH) == check
    )


def prefix_of(text: str) -> Prefix | None:
    """Return the kind of a well-formed secret, or None for any other text."""
    for prefix in Prefix:
        if text.startswith(f"{prefix}_"):
            return prefix if is_well_formed(text, prefix) else None
    return None


def digest(text: str) -> str:
    """Return the SHA-256 of a secret in hex: the only form that is stored.

    A fast hash is right here: the secrets are random and of 125 bits or more.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def matches(text: str, kept: str | None) -> bool:
    """Compare a presented secret with a stored digest in constant time; no digest never matches."""
    return hmac.compare_digest(digest(text), kept or "-" * 64) and kept is not None


def new_refresh_token(session_id: str, seal_key: str) -> str:
    """Return a refresh token: it names its session, adds 125 unpredictable bits and a seal."""
    return _refresh_token(session_id, random_base62(REFRESH_SECRET_LENGTH), seal_key)


def succeeding_refresh_token(presented: str, salt: str, seal_key: str) -> str:
    """Return the refresh token that follows `presented` under the salt of one rotation.

    The same inputs give the same successor, so that two processes which refresh together within the
    grace both receive it. Neither the database (it has no token text) nor the old token alone yields
    the new one.
    """
    mixed = int.from_bytes(hmac.digest(presented.encode(), salt.encode(), "sha256"))
    return _refresh_token(
        session_of(presented) or "", base62(mixed, REFRESH_SECRET_LENGTH), seal_key
    )


def _refresh_token(session_id: str, secret: str, seal_key: str) -> str:
    return _text(Prefix.REFRESH_TOKEN, session_id + secret + _seal(session_id + secret, seal_key))


def _seal(text: str, seal_key: str) -> str:
    return base62(
        int.from_bytes(hmac.digest(seal_key.encode(), text.encode(), "sha256")), SEAL_LENGTH
    )


def session_of(refresh_text: str) -> str | None:
    """Return the id of the session that a refresh token names, or None for any other text."""
    if not is_well_formed(refresh_text, Prefix.REFRESH_TOKEN):
        return None
    return _body(refresh_text)[:SESSION_LENGTH]


def is_sealed(refresh_text: str, seal_key: str) -> bool:
    """Say whether a refresh token was issued for its session, however long ago.

    A made-up token that names somebody's session must not count as a replay and end it.
    """
    body = _body(refresh_text)
    return hmac.compare_digest(_seal(body[:-SEAL_LENGTH], seal_key), body[-SEAL_LENGTH:])


def _body(text: str) -> str:
    start = len(Prefix.REFRESH_TOKEN) + 1
    return text[start : start + BODY_LENGTH]


def new_id(kind: str) -> str:
    """Return an identifier that is no secret and cannot be guessed, such as `usr_…` (131 bits)."""
    return f"{kind}_{random_base62(22)}"


def derived_id(kind: str, *parts: str) -> str:
    """Return an identifier in the form of `new_id` that the same parts always give."""
    mixed = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
    return f"{kind}_{base62(int.from_bytes(mixed), 22)}"


def new_session_id() -> str:
    """Return the id of a Session: short, because each refresh token carries it."""
    return random_base62(SESSION_LENGTH)
