"""Which passwords are accepted, and how a name is compared (NIST SP 800-63B-4 section 3.1.1.2)."""

import unicodedata

from app.domain.errors import Invalid

MIN_LENGTH = 15
MAX_LENGTH = 1_024
MAX_RAW_LENGTH = 4 * MAX_LENGTH  # normalising takes time that grows with the square
COMMON = frozenset(
    {
        "passwordpassword",
        "password12345678",
        "123456789012345",
        "1234567890123456",
        "qwertyuiopasdfgh",
        "qwertyuiopasdfghjkl",
        "correcthorsebatterystaple",
        "correct horse battery staple",
        "aaaaaaaaaaaaaaa",
        "letmeinletmein123",
        "iloveyouiloveyou",
        "administratoradministrator",
        "administrator123",
        "changemechangeme",
        "thisismypassword",
        "mypasswordispassword",
    }
)


def canonical_password(text: str) -> str:
    """Return the form that is hashed: NFC, so that one password is the same on every keyboard.

    Raises Invalid for an absurdly long text before it does any work.
    """
    if len(text) > MAX_RAW_LENGTH:
        raise Invalid(f"A password may have at most {MAX_LENGTH} characters.")
    return unicodedata.normalize("NFC", text)


def canonical_name(text: str) -> str:
    """Return the form in which names and e-mail addresses are compared and counted."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()


def check_password(text: str, *, username: str, email: str) -> None:
    """Raise Invalid with a sentence when the password may not be used."""
    password = canonical_password(text)
    if len(password) < MIN_LENGTH:
        raise Invalid(f"A password needs at least {MIN_LENGTH} characters; a sentence works well.")
    if len(password) > MAX_LENGTH:
        raise Invalid(f"A password may have at most {MAX_LENGTH} characters.")
    folded = canonical_name(password)
    own = {canonical_name(username), canonical_name(email)}
    if folded in COMMON or folded in own or len(set(folded)) == 1:
        raise Invalid("This password is among the first that an attacker tries; choose another.")
